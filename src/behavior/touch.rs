//! Fingers on glass.

use super::path::{Paths, Press};
use super::stats::{ln_floor, mean, median, variation};
use super::{Direction, FeatureSpec, Finding};
use crate::trace::{Event, Kind, PointerDevice};

/// Facts of touches; `None` without a finished one.
pub(super) fn features(paths: &Paths, events: &[Event]) -> Option<Vec<Option<f64>>> {
    let taps: Vec<&Press> = paths.presses.iter().filter(|p| p.device == PointerDevice::Touch).collect::<Vec<_>>();
    let holds: Vec<f64> = taps.iter().filter_map(|p| p.hold).filter(|h| *h < 3000.0).collect::<Vec<_>>();
    if holds.is_empty() {
        return None;
    }
    let pressures: Vec<f64> = events
        .iter()
        .filter_map(|e| match e.kind {
            Kind::Move(p) | Kind::Down(p) if p.device == PointerDevice::Touch => p.pressure.map(f64::from),
            _ => None,
        })
        .collect::<Vec<_>>();
    let swipes: Vec<f64> = paths
        .strokes
        .iter()
        .filter(|s| s.device == PointerDevice::Touch)
        .map(|s| s.chord() / s.length)
        .collect::<Vec<_>>();
    let repeats = taps.iter().enumerate().filter(|(i, p)| taps[..*i].iter().any(|q| q.at == p.at)).count();
    Some(vec![
        Some(ln_floor(taps.len() as f64, 1.0)),
        median(&mut holds.clone()).map(|m| ln_floor(m, 1.0)),
        variation(&holds).filter(|_| holds.len() >= 3).map(|v| ln_floor(v, 1e-3)),
        variation(&pressures).filter(|_| pressures.len() >= 5).map(|v| ln_floor(v, 1e-3)),
        mean(&swipes),
        Some(repeats as f64 / taps.len() as f64),
    ])
}

pub(super) const SPECS: [FeatureSpec; 6] = [
    FeatureSpec::new(0.0, 6.0),
    FeatureSpec::new(0.0, 8.0),
    FeatureSpec::new(-7.0, 2.0),
    FeatureSpec::new(-7.0, 2.0),
    FeatureSpec::new(0.0, 1.0),
    FeatureSpec::new(0.0, 1.0),
];

/// What each of [`SPECS`] is, with its unit.
pub(super) const NAMES: [&str; SPECS.len()] = [
    "touches, ln",
    "contact time, median, ln ms",
    "contact time, coefficient of variation, ln",
    "pressure, coefficient of variation, ln",
    "swipe straightness, mean",
    "touches at a place touched before, share",
];

/// No recordings of touch were at hand, so only what no finger does counts, softly. Weights chosen.
pub(super) fn judge(value: &dyn Fn(usize) -> Option<f64>) -> Vec<Finding> {
    let taps = value(0).map_or(0.0, libm::exp);
    let mut findings = Vec::new();
    if value(1).is_some_and(|h| h < 1.8) && taps > 1.5 {
        findings.push(Finding::new("touch-too-short", Direction::Bot, 1.5));
    }
    if value(2).is_some_and(|v| v < -4.0) {
        findings.push(Finding::new("touch-constant", Direction::Bot, 1.5));
    } else if value(2).is_some_and(|v| v > -3.0) && findings.is_empty() {
        findings.push(Finding::new("touch-varies", Direction::Human, 0.6));
    }
    findings
}
