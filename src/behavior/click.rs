//! When and where a visitor presses.

use super::path::{Paths, Press, distance};
use super::stats::{deviation, ln_floor, mean, median, variation};
use super::{Direction, FeatureSpec, Finding};
use crate::trace::PointerDevice;

/// Facts of a mouse's presses; `None` without any, and where no hand moved it. One value for each of [`SPECS`].
pub(super) fn features(paths: &Paths) -> Option<Vec<Option<f64>>> {
    let presses: Vec<&Press> = paths.presses.iter().filter(|p| p.device == PointerDevice::Mouse).collect::<Vec<_>>();
    // Presses without a single move anywhere: a recorder of presses only, or assistive technology.
    if presses.is_empty() || paths.moves == 0 {
        return None;
    }
    let intervals: Vec<f64> = presses.windows(2).map(|w| w[1].t - w[0].t).collect::<Vec<_>>();
    let mut holds: Vec<f64> = presses.iter().filter_map(|p| p.hold).filter(|h| *h < 2000.0).collect::<Vec<_>>();
    let mut settles: Vec<f64> = presses.iter().filter_map(|p| p.settle).filter(|s| *s < 5000.0).collect::<Vec<_>>();
    let mut drifts: Vec<f64> = presses.iter().filter(|p| p.hold.is_some()).map(|p| p.drift).collect::<Vec<_>>();
    let jumps: Vec<f64> = presses.iter().filter_map(|p| p.jumped).map(f64::from).collect::<Vec<_>>();
    let doubles = presses.windows(2).filter(|w| w[1].t - w[0].t < 500.0 && distance(w[0].at, w[1].at) < 6.0).count();
    let repeats = presses
        .iter()
        .enumerate()
        .filter(|(i, p)| presses[..*i].iter().any(|q| q.at == p.at && p.t - q.t > 1000.0))
        .count();
    let count = presses.len() as f64;
    let hold_spread = variation(&holds).filter(|v| holds.len() >= 3 && (*v > 2.0 * EQUAL || paths.fine));
    Some(vec![
        Some(ln_floor(count, 1.0)),
        mean(&intervals).map(|m| ln_floor(m, 1.0)),
        deviation(&intervals).map(|d| ln_floor(d, 1.0)),
        variation(&intervals).filter(|_| intervals.len() >= 3).map(|v| ln_floor(v, 1e-3)),
        median(&mut holds).map(|m| ln_floor(m, 1.0)),
        hold_spread.map(|v| ln_floor(v, 1e-3)),
        median(&mut settles).map(|m| ln_floor(m, 1.0)),
        median(&mut drifts).map(|d| ln_floor(d, 0.5)),
        mean(&jumps),
        Some(jumps.iter().sum()),
        Some(doubles as f64 / count),
        Some(repeats as f64 / count),
        Some(ln_floor(paths.moves as f64 / count, 0.1)),
        Some(presses.iter().filter(|p| p.rushed).count() as f64),
    ])
}

pub(super) const SPECS: [FeatureSpec; 14] = [
    FeatureSpec::new(0.0, 6.0),
    FeatureSpec::new(0.0, 12.0),
    FeatureSpec::new(0.0, 12.0),
    FeatureSpec::new(-7.0, 2.0),
    FeatureSpec::new(0.0, 7.7),
    FeatureSpec::new(-7.0, 2.0),
    FeatureSpec::new(0.0, 8.6),
    FeatureSpec::new(-0.7, 6.0),
    FeatureSpec::new(0.0, 1.0),
    FeatureSpec::new(0.0, 127.0),
    FeatureSpec::new(0.0, 1.0),
    FeatureSpec::new(0.0, 1.0),
    FeatureSpec::new(-2.4, 7.0),
    FeatureSpec::new(0.0, 127.0),
];

/// What each of [`SPECS`] is, with its unit.
pub(super) const NAMES: [&str; SPECS.len()] = [
    "presses, ln",
    "interval between presses, mean, ln ms",
    "interval between presses, standard deviation, ln ms",
    "interval between presses, coefficient of variation, ln",
    "hold, median, ln ms",
    "hold, coefficient of variation, ln",
    "last move to press, median, ln ms",
    "drift while held, median, ln px",
    "presses without approach, share",
    "presses without approach, count",
    "double clicks, share",
    "presses at a place pressed before, share",
    "moves for each press, ln",
    "presses sooner than a hand, count",
];

/// Weights are chosen, not trained: the recorded bots' holds and intervals are accidents of the
/// scripts around them, and only what no hand does is held against anybody. Holds that vary speak for a
/// person only where `moved` is false, and no movement says more: programs that move well hold well, too.
pub(super) fn judge(value: &dyn Fn(usize) -> Option<f64>, moved: bool) -> Vec<Finding> {
    let presses = value(0).map_or(0.0, libm::exp);
    let mut findings = Vec::new();
    let (jumps, share, moves) = (value(9).unwrap_or(0.0), value(8).unwrap_or(0.0), value(12).unwrap_or(9.0));
    if share > 0.45 && jumps > 1.5 {
        findings.push(Finding::new("click-without-approach", Direction::Bot, 4.0));
    } else if presses > 1.5 && moves < 0.2 {
        // One move a press at the most: the pointer appears where it is needed.
        findings.push(Finding::new("click-without-approach", Direction::Bot, 3.0));
    } else if share > 0.9 && moves < 1.0 {
        // A single jump counts only where little else moved: a page that was busy for a moment shows one, too.
        findings.push(Finding::new("click-without-approach", Direction::Bot, 2.0));
    }
    let rushed = value(13).unwrap_or(0.0);
    if rushed > 0.5 && rushed > 0.2 * presses {
        let weight = if rushed > 1.5 { 3.0 } else { 1.0 };
        findings.push(Finding::new("approach-too-fast", Direction::Bot, weight));
    }
    if value(3).is_some_and(|v| v < -3.5) && presses > 4.5 {
        findings.push(Finding::new("click-intervals-constant", Direction::Bot, 2.5));
    }
    let (hold, hold_spread) = (value(4).map(libm::exp), value(5).map(libm::exp));
    if hold.is_some_and(|h| h < 4.5) && presses > 1.5 {
        findings.push(Finding::new("click-hold-too-short", Direction::Bot, 1.2));
    }
    if hold.is_some_and(|h| h > 15.0) && hold_spread.is_some_and(|v| v < EQUAL) {
        findings.push(Finding::new("click-hold-constant", Direction::Bot, 2.0));
    }
    if findings.is_empty()
        && !moved
        && presses > 2.5
        && hold.is_some_and(|h| (35.0..400.0).contains(&h))
        && hold_spread.is_some_and(|v| (0.05..1.5).contains(&v))
    {
        findings.push(Finding::new("click-hold-varies", Direction::Human, 0.6));
    }
    findings
}

/// Holds that vary less than this, relative to their mean, are equal. From a coarse clock that is an accident: of 7,900
/// windows of three presses of recorded people 92 had it, 77 of those where no two events lay near each other.
const EQUAL: f64 = 0.015;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{Event, Kind, Pointer};

    fn session(clicks: &[(f64, f32)], steps: usize) -> Vec<Event> {
        let mut events = Vec::new();
        let mut x = 0.0;
        for &(t, to) in clicks {
            for i in 1..=steps {
                let at = x + (to - x) * i as f32 / steps as f32;
                let kind = Kind::Move(Pointer::mouse(at, 5.0));
                events.push(Event { t: t - (steps - i) as f64 * 17.0 - 60.0, kind, trusted: true });
            }
            x = to;
            events.push(Event { t, kind: Kind::Down(Pointer::mouse(to, 5.0)), trusted: true });
            events.push(Event { t: t + 80.0 + (t % 37.0), kind: Kind::Up(Pointer::mouse(to, 5.0)), trusted: true });
        }
        events
    }

    fn share_without_approach(events: &[Event]) -> f64 {
        features(&Paths::of(events)).unwrap()[8].unwrap()
    }

    #[test]
    fn a_press_that_jumps_to_its_place_is_without_approach() {
        let places = [(1000.0, 300.0), (2100.0, 900.0), (3700.0, 200.0), (4900.0, 700.0)];
        assert_eq!(share_without_approach(&session(&places, 1)), 1.0);
        assert_eq!(share_without_approach(&session(&places, 12)), 0.0);
    }

    #[test]
    fn what_the_pointer_does_about_its_goal_is_no_approach() {
        let mut events = session(&[(1000.0, 300.0), (2100.0, 900.0), (3700.0, 200.0)], 1);
        for (t, x) in [(1000.0, 300.0), (2100.0, 900.0), (3700.0, 200.0)] {
            events.extend((0..15).map(|i| {
                let at = Pointer::mouse(x + (i % 5) as f32 * 4.0, 5.0 + (i % 3) as f32);
                Event { t: t - 50.0 + f64::from(i) * 3.0, kind: Kind::Move(at), trusted: true }
            }));
        }
        events.sort_by(|a, b| a.t.total_cmp(&b.t));
        // All but the first, before which it was nowhere else.
        assert_eq!(features(&Paths::of(&events)).unwrap()[9], Some(2.0));
    }

    #[test]
    fn a_single_jump_counts_only_where_little_else_moved() {
        let said = |events: &[Event]| {
            let features = features(&Paths::of(events)).unwrap();
            judge(&|i| features[i], true).iter().any(|finding| finding.code == "click-without-approach")
        };
        let mut events = session(&[(1000.0, 300.0)], 1);
        events.insert(0, Event { t: 0.0, kind: Kind::Move(Pointer::mouse(0.0, 5.0)), trusted: true });
        assert!(said(&events));
        for i in 1..30 {
            let at = Pointer::mouse((i % 5) as f32 * 3.0, 5.0);
            events.insert(i, Event { t: 10.0 * i as f64, kind: Kind::Move(at), trusted: true });
        }
        assert!(!said(&events));
    }

    #[test]
    fn a_hand_seen_ten_times_a_second_is_seen_on_its_way() {
        let mut events = session(&[(1000.0, 300.0), (2100.0, 900.0), (3700.0, 200.0)], 30);
        events.retain(|event| !matches!(event.kind, Kind::Move(_)) || ((event.t / 17.0) as u32).is_multiple_of(6));
        assert_eq!(features(&Paths::of(&events)).unwrap()[9], Some(0.0));
    }

    #[test]
    fn a_hand_seen_twenty_times_a_second_is_seen_on_its_way() {
        let mut events = session(&[(1000.0, 300.0), (2100.0, 900.0), (3700.0, 200.0)], 30);
        events.retain(|event| !matches!(event.kind, Kind::Move(_)) || ((event.t / 17.0) as u32).is_multiple_of(3));
        assert_eq!(share_without_approach(&events), 0.0);
    }

    #[test]
    fn whoever_is_looked_at_five_times_a_second_is_not_said_to_jump() {
        let places = [(1000.0, 300.0), (2100.0, 900.0), (3700.0, 200.0)];
        let mut hand = session(&places, 45);
        hand.retain(|event| !matches!(event.kind, Kind::Move(_)) || ((event.t / 17.0) as u32).is_multiple_of(11));
        assert_eq!(features(&Paths::of(&hand)).unwrap()[8], None);
        // Places that lie as far apart in time, and are one or two for a press.
        let mut program = session(&places, 1);
        for (t, x) in places {
            program.push(Event { t: t - 160.0, kind: Kind::Move(Pointer::mouse(x - 3.0, 5.0)), trusted: true });
        }
        program.sort_by(|a, b| a.t.total_cmp(&b.t));
        assert_eq!(features(&Paths::of(&program)).unwrap()[9], Some(2.0));
    }

    #[test]
    fn a_mouse_is_where_it_was_however_fingers_moved_since() {
        let mut events = session(&[(1000.0, 300.0), (2100.0, 900.0), (3700.0, 890.0)], 12);
        let finger = Pointer { device: PointerDevice::Touch, ..Pointer::mouse(20.0, 500.0) };
        let touch = [2400.0, 2420.0, 2440.0, 2500.0].into_iter().zip([
            Kind::Down(finger),
            Kind::Move(Pointer { x: 24.0, ..finger }),
            Kind::Move(Pointer { x: 27.0, ..finger }),
            Kind::Up(finger),
        ]);
        events.retain(|event| !(2300.0..3690.0).contains(&event.t));
        events.extend(touch.map(|(t, kind)| Event { t, kind, trusted: true }));
        events.sort_by(|a, b| a.t.total_cmp(&b.t));
        assert_eq!(share_without_approach(&events), 0.0);
    }

    #[test]
    fn movements_faster_than_a_hand_are_counted() {
        let rushed = |events: &[Event]| features(&Paths::of(events)).unwrap()[13].unwrap();
        // 17 ms from step to step: six steps over 500 px are too fast, thirty are not.
        let places = [(1000.0, 500.0), (2100.0, 0.0), (3700.0, 500.0)];
        assert_eq!(rushed(&session(&places, 6)), 3.0);
        assert_eq!(rushed(&session(&places, 30)), 0.0);
        let short = [(1000.0, 60.0), (2100.0, 0.0), (3700.0, 60.0)];
        assert_eq!(rushed(&session(&short, 6)), 0.0, "a small correction may be quick");
    }

    #[test]
    fn a_hand_takes_longer_to_come_back_from_beyond_its_goal() {
        let rushed = |back: i32, still: usize| {
            // Beyond the goal at 500 px, a while there, and back in so many steps.
            let beyond = (0..30).map(|i| 20.0 + 20.0 * i as f32);
            let home = (1..=back).map(|i| 600.0 - 100.0 * i as f32 / back as f32);
            let mut events: Vec<Event> = beyond
                .chain(std::iter::repeat_n(600.0, still))
                .chain(home)
                .enumerate()
                .map(|(i, x)| {
                    let kind = Kind::Move(Pointer::mouse(x, 5.0));
                    Event { t: 17.0 * i as f64, kind, trusted: true }
                })
                .collect();
            let t = 17.0 * events.len() as f64 + 60.0;
            events.push(Event { t, kind: Kind::Down(Pointer::mouse(500.0, 5.0)), trusted: true });
            features(&Paths::of(&events)).unwrap()[13].unwrap()
        };
        assert_eq!(rushed(3, 0), 1.0);
        assert_eq!(rushed(3, 5), 1.0, "also after it stood there");
        assert_eq!(rushed(6, 0), 0.0);
    }

    #[test]
    fn a_tap_on_a_touchpad_comes_a_while_after_the_pointer() {
        // Thirty steps over 500 px, `still` ms there, and a press of `hold` ms.
        let rushed = |still: f64, hold: f64| {
            let mut events: Vec<Event> = (0..=30)
                .map(|i| Event {
                    t: 17.0 * f64::from(i),
                    kind: Kind::Move(Pointer::mouse(500.0 * i as f32 / 30.0, 5.0)),
                    trusted: true,
                })
                .collect();
            let at = Pointer::mouse(500.0, 5.0);
            events.push(Event { t: 510.0 + still, kind: Kind::Down(at), trusted: true });
            events.push(Event { t: 510.0 + still + hold, kind: Kind::Up(at), trusted: true });
            features(&Paths::of(&events)).unwrap()[13].unwrap()
        };
        assert_eq!(rushed(20.0, 2.0), 1.0);
        assert_eq!(rushed(20.0, 60.0), 0.0, "a button");
        assert_eq!(rushed(300.0, 2.0), 0.0, "a tap");
        assert_eq!(rushed(20.0, 0.0), 0.0, "a recorder that knows only clicks");
    }

    #[test]
    fn pressing_again_in_the_same_place_is_not_a_jump() {
        let places = [(1000.0, 300.0), (1400.0, 300.0), (1900.0, 300.0)];
        assert_eq!(share_without_approach(&session(&places, 12)), 0.0);
    }

    #[test]
    fn equal_holds_from_a_coarse_clock_say_nothing() {
        let places = [(1000.0, 300.0), (2110.0, 900.0), (3220.0, 200.0)];
        let mut events = session(&places, 12);
        for i in 1..events.len() {
            if let Kind::Up(_) = events[i].kind {
                events[i].t = events[i - 1].t + 93.0;
            }
        }
        let equal = |events: &[Event]| {
            let features = features(&Paths::of(events)).unwrap();
            judge(&|i| features[i], true).iter().any(|finding| finding.code == "click-hold-constant")
        };
        assert!(!equal(&events), "moves come every 17 ms, and nothing lies nearer");
        events.insert(0, Event { t: events[0].t - 1.0, ..events[0] });
        assert!(equal(&events), "a clock of a millisecond");
    }

    #[test]
    fn holds_that_vary_speak_for_a_person_only_where_no_movement_says_more() {
        let events = session(&[(1000.0, 300.0), (2120.0, 900.0), (3235.0, 200.0)], 12);
        let features = features(&Paths::of(&events)).unwrap();
        let said = |moved| judge(&|i| features[i], moved).iter().map(|finding| finding.code).collect::<Vec<_>>();
        assert_eq!((said(false), said(true)), (vec!["click-hold-varies"], vec![]));
    }

    #[test]
    fn presses_alone_say_nothing() {
        let down = |t| Event { t, kind: Kind::Down(Pointer::mouse(t as f32, 0.0)), trusted: true };
        assert!(features(&Paths::of(&[down(0.0), down(900.0)])).is_none());
    }
}
