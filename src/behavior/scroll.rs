//! How the page is turned.

use super::stats::{ln_floor, mean, variation};
use super::{Direction, FeatureSpec, Finding};
use crate::trace::{Event, Kind};

/// Fewer wheel turns than this say nothing.
const MIN_TURNS: usize = 6;

/// Facts of wheel turns and scroll positions; `None` below [`MIN_TURNS`].
pub(super) fn features(events: &[Event]) -> Option<Vec<Option<f64>>> {
    let wheel: Vec<(f64, f64)> = events
        .iter()
        .filter_map(|e| match e.kind {
            Kind::Wheel { delta_y } if delta_y != 0.0 => Some((e.t, f64::from(delta_y))),
            _ => None,
        })
        .collect::<Vec<_>>();
    if wheel.len() < MIN_TURNS {
        return None;
    }
    let depth = events.iter().filter_map(|e| match e.kind {
        Kind::Scroll { top, height } if height > 0.0 => Some(f64::from(top / height)),
        _ => None,
    });
    let intervals: Vec<f64> = wheel.windows(2).map(|w| w[1].0 - w[0].0).filter(|i| *i < 1000.0).collect::<Vec<_>>();
    let sizes: Vec<f64> = wheel.iter().map(|w| w.1.abs()).collect::<Vec<_>>();
    let reversals = wheel.windows(2).filter(|w| w[0].1 * w[1].1 < 0.0).count();
    Some(vec![
        Some(ln_floor(wheel.len() as f64, 1.0)),
        depth.fold(None, |m: Option<f64>, d| Some(m.map_or(d, |m| m.max(d)))),
        mean(&intervals).map(|m| ln_floor(m, 1.0)),
        variation(&intervals).filter(|_| intervals.len() >= 5).map(|v| ln_floor(v, 1e-3)),
        variation(&sizes).map(|v| ln_floor(v, 1e-3)),
        Some(reversals as f64 / (wheel.len() - 1) as f64),
    ])
}

pub(super) const SPECS: [FeatureSpec; 6] = [
    FeatureSpec::new(0.0, 7.0),
    FeatureSpec::new(0.0, 1.0),
    FeatureSpec::new(0.0, 7.0),
    FeatureSpec::new(-7.0, 2.0),
    FeatureSpec::new(-7.0, 2.0),
    FeatureSpec::new(0.0, 1.0),
];

/// What each of [`SPECS`] is, with its unit.
pub(super) const NAMES: [&str; SPECS.len()] = [
    "wheel turns, ln",
    "greatest depth, share of the page",
    "time between turns, mean, ln ms",
    "time between turns, coefficient of variation, ln",
    "size of turns, coefficient of variation, ln",
    "reversals, share",
];

/// A finger on a wheel or a trackpad neither keeps time to a few per cent nor, keeping time, turns by
/// the same amount each time. Weights chosen.
pub(super) fn judge(value: &dyn Fn(usize) -> Option<f64>) -> Vec<Finding> {
    match (value(3), value(4)) {
        // A trackpad's inertia comes once a frame: regular in time, but its sizes fall away.
        (Some(rhythm), Some(size)) if rhythm < -3.2 && size < -4.0 => {
            vec![Finding::new("scroll-mechanical", Direction::Bot, 1.8)]
        }
        (Some(rhythm), _) if rhythm > -1.6 => vec![Finding::new("scroll-varies", Direction::Human, 0.4)],
        _ => Vec::new(),
    }
}
