//! Time on the page, and whether what was done could be done by someone looking at it.

use super::stats::ln_floor;
use super::{Direction, FeatureSpec, Finding};
use crate::trace::{Kind, Trace};

/// Facts of presence; `None` for a trace without any input.
pub(super) fn features(trace: &Trace) -> Option<Vec<Option<f64>>> {
    let (mut hidden, mut switches) = (false, 0_u32);
    let (mut inputs, mut unseen) = (0_u32, 0_u32);
    // Presses of one time count once to the rate: some clocks stick for a second, and every key then has the same.
    let (mut moments, mut last_press) = (0_u32, None);
    let mut first_press = None;
    for event in &trace.events {
        match event.kind {
            Kind::Hidden => {
                hidden = true;
                switches += 1;
            }
            Kind::Blur => switches += 1,
            Kind::Visible => hidden = false,
            Kind::Focus => {}
            Kind::Scroll { .. } | Kind::Click { .. } => {}
            Kind::Move(_) | Kind::Up(_) | Kind::KeyUp(_) | Kind::Wheel { .. } => {}
            Kind::Down(_) | Kind::KeyDown(_) => {
                inputs += 1;
                unseen += u32::from(hidden);
                first_press.get_or_insert(event.t);
                moments += u32::from(last_press.replace(event.t) != Some(event.t));
            }
        }
    }
    if trace.events.is_empty() || inputs == 0 {
        return None;
    }
    let start = trace.dropped.first_t.unwrap_or(trace.events[0].t);
    let duration = trace.duration_ms();
    let total = f64::from(moments + trace.dropped.downs + trace.dropped.keys);
    Some(vec![
        Some(ln_floor(duration, 1.0)),
        first_press.map(|t| ln_floor(t - start, 1.0)),
        Some(ln_floor(total / (duration.max(1.0) / 1000.0), 1e-3)),
        Some(f64::from(unseen) / f64::from(inputs)),
        Some(f64::from(switches).min(50.0)),
        Some(ln_floor(f64::from(inputs), 1.0)),
    ])
}

pub(super) const SPECS: [FeatureSpec; 6] = [
    FeatureSpec::new(0.0, 17.0),
    FeatureSpec::new(0.0, 14.0),
    FeatureSpec::new(-7.0, 7.0),
    FeatureSpec::new(0.0, 1.0),
    FeatureSpec::new(0.0, 50.0),
    FeatureSpec::new(0.0, 8.0),
];

/// What each of [`SPECS`] is, with its unit.
pub(super) const NAMES: [&str; SPECS.len()] = [
    "time on page, ln ms",
    "first press after the first event, ln ms",
    "presses of keys and buttons at different times, ln 1/s",
    "presses while the tab was hidden, share",
    "left the page, times",
    "presses of keys and buttons, ln",
];

/// Only the impossible counts: haste no hand has, and input to a page nobody sees. Weights chosen.
pub(super) fn judge(value: &dyn Fn(usize) -> Option<f64>) -> Vec<Finding> {
    let inputs = value(5).map_or(0.0, libm::exp);
    let mut findings = Vec::new();
    // World-record typing is near 20 keys a second.
    if inputs > 7.5 && value(2).is_some_and(|rate| libm::exp(rate) > 30.0) {
        findings.push(Finding::new("faster-than-hands", Direction::Bot, 3.0));
    }
    if inputs > 2.5 && value(3).is_some_and(|share| share > 0.3) {
        findings.push(Finding::new("input-while-hidden", Direction::Bot, 2.5));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{Event, KeyClass};

    /// What [`judge`] finds in key presses at these times, ms.
    fn found(times: &[f64]) -> Vec<Finding> {
        let events = times
            .iter()
            .map(|&t| Event { t, kind: Kind::KeyDown(KeyClass::Letter), trusted: true })
            .collect::<Vec<_>>();
        let facts = features(&Trace { events, ..Trace::default() }).expect("there are presses");
        judge(&|i| facts[i])
    }

    #[test]
    fn a_clock_that_sticks_is_not_haste() {
        let mut times: Vec<f64> = (0..20).map(|i| f64::from(i) * 120.0).collect();
        times.extend([2400.0; 80]);
        assert!(found(&times).is_empty());
    }

    #[test]
    fn keys_without_delay_are_haste() {
        let times: Vec<f64> = (0..40).map(|i| f64::from(i / 2) * 2.0).collect();
        assert_eq!(found(&times).len(), 1);
    }
}
