//! Fingers and pens on a screen: they press where they are needed, without travelling there.

use super::path::{Paths, Press};
use super::stats::{ln_floor, mean, median, variation};
use super::{Direction, FeatureSpec, Finding};
use crate::trace::{Event, Kind, PointerDevice};

/// Facts of touches; `None` without a finished one.
pub(super) fn features(paths: &Paths, events: &[Event]) -> Option<Vec<Option<f64>>> {
    let taps: Vec<&Press> = paths.presses.iter().filter(|p| p.device != PointerDevice::Mouse).collect::<Vec<_>>();
    let holds: Vec<f64> = taps.iter().filter_map(|p| p.hold).filter(|h| *h < 3000.0).collect::<Vec<_>>();
    if holds.is_empty() {
        return None;
    }
    let pressures: Vec<f64> = events
        .iter()
        .filter_map(|e| match e.kind {
            Kind::Move(p) | Kind::Down(p) if p.device != PointerDevice::Mouse => p.pressure.map(f64::from),
            _ => None,
        })
        .collect::<Vec<_>>();
    let swipes: Vec<f64> = paths
        .strokes
        .iter()
        .filter(|s| s.device != PointerDevice::Mouse)
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

/// No recordings of touch were at hand, so only what no finger does counts, softly. Weights chosen: touches that end at
/// once do not make a program of anybody by themselves, because a phone's screen reader presses so.
pub(super) fn judge(value: &dyn Fn(usize) -> Option<f64>) -> Vec<Finding> {
    let taps = value(0).map_or(0.0, libm::exp);
    let mut findings = Vec::new();
    if value(1).is_some_and(|h| h < 1.8) {
        if taps > 1.5 {
            findings.push(Finding::new("touch-too-short", Direction::Bot, 0.4));
        }
    } else if value(2).is_some_and(|v| v < -4.0) {
        findings.push(Finding::new("touch-constant", Direction::Bot, 1.5));
    } else if value(2).is_some_and(|v| v > -3.0) {
        findings.push(Finding::new("touch-varies", Direction::Human, 0.6));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::{Policy, Verdict};
    use crate::trace::{Pointer, Trace};

    fn verdict(device: PointerDevice, holds: [f64; 4]) -> Verdict {
        let place = |x: f32| Pointer { device, ..Pointer::mouse(x, 300.0) };
        let mut trace = Trace::default();
        for (i, hold) in holds.into_iter().enumerate() {
            let (t, x) = (1000.0 * (i * i + 1) as f64, 140.0 * i as f32);
            let kinds = [Kind::Down(place(x)), Kind::Move(place(x + 1.0)), Kind::Up(place(x))];
            let times = [t, t + hold / 2.0, t + hold];
            trace.events.extend(times.into_iter().zip(kinds).map(|(t, kind)| Event { t, kind, trusted: true }));
        }
        Policy::default().decide(&crate::behavior::Evidence::of(&trace, None)).verdict
    }

    #[test]
    fn hands_vary_and_programs_do_not() {
        for device in [PointerDevice::Touch, PointerDevice::Pen] {
            assert_eq!(verdict(device, [71.0, 94.0, 60.0, 88.0]), Verdict::Human);
            assert_eq!(verdict(device, [80.0; 4]), Verdict::Bot);
        }
    }

    #[test]
    fn a_mouse_that_presses_where_it_did_not_travel_to_is_a_program() {
        assert_eq!(verdict(PointerDevice::Mouse, [71.0, 94.0, 60.0, 88.0]), Verdict::Bot);
    }

    #[test]
    fn a_phones_screen_reader_is_not_a_program() {
        assert_eq!(verdict(PointerDevice::Touch, [1.0, 2.0, 1.0, 1.0]), Verdict::Uncertain);
    }
}
