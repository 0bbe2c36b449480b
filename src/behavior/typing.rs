//! The rhythm of keys: how long each is held and how they follow one another. Key classes only.

use super::path::{Paths, Press};
use super::stats::{correlation, iqr, ln_floor, median, quantile, skewness};
use super::{Direction, FeatureSpec, Finding};
use crate::trace::{Event, KeyClass, Kind, PointerDevice};

/// Fewer keys than this have no rhythm.
pub(super) const MIN_KEYS: usize = 8;

/// Facts of the keys; `None` below [`MIN_KEYS`], and where a hand's rhythm can't show: most releases were not seen, or
/// keys on a screen were meant, which press and release at once. One value for each of [`SPECS`].
pub(super) fn features(paths: &Paths, events: &[Event]) -> Option<Vec<Option<f64>>> {
    let keys = strokes(events);
    if keys.len() < MIN_KEYS {
        return None;
    }
    let dwells: Vec<f64> = keys.iter().filter_map(|k| k.dwell).collect::<Vec<_>>();
    let pairs: Vec<[&Key; 2]> =
        keys.windows(2).map(|w| [&w[0], &w[1]]).filter(|w| w[1].down - w[0].down < PAUSE_MS).collect::<Vec<_>>();
    let intervals: Vec<f64> = pairs.iter().map(|w| w[1].down - w[0].down).collect::<Vec<_>>();
    if intervals.len() < MIN_KEYS / 2 {
        return None;
    }
    let logs: Vec<f64> = intervals.iter().map(|i| ln_floor(*i, 1.0)).collect::<Vec<_>>();
    let middle = median(&mut intervals.clone())?.max(1.0);
    let dwell = median(&mut dwells.clone());
    let at_once = dwell.is_some_and(|dwell| dwell < AT_ONCE_MS);
    if dwells.len() * 2 < keys.len() || (at_once && (middle > LETTER_BY_LETTER_MS || is_touched(paths))) {
        return None;
    }
    let rolled = pairs.iter().filter(|w| w[0].dwell.is_some_and(|d| w[0].down + d > w[1].down)).count() as f64;
    let rolled = rolled / pairs.len() as f64;
    let corrections = keys.iter().filter(|k| k.class == KeyClass::Backspace).count();
    let dwell_pairs: Vec<(f64, f64)> = keys
        .windows(2)
        .filter_map(|w| Some((ln_floor(w[0].dwell?, 1.0), ln_floor(w[1].dwell?, 1.0))))
        .collect::<Vec<_>>();
    // Of the usual ones: a few hesitations, or keys that come in one, would hide how the others go.
    let usual = 0.5 * middle..1.5 * middle;
    let dwell_interval: Vec<(f64, f64)> = pairs
        .iter()
        .filter(|w| usual.contains(&(w[1].down - w[0].down)))
        .filter_map(|w| Some((ln_floor(w[0].dwell?, 1.0), ln_floor(w[1].down - w[0].down, 1.0))))
        .collect::<Vec<_>>();
    let mut flights: Vec<f64> =
        pairs.iter().filter_map(|w| Some(w[1].down - w[0].down - w[0].dwell?)).collect::<Vec<_>>();
    let flight = median(&mut flights);
    let (mut words, mut quick) = (0.0, USUALLY_QUICK);
    for [space, letter] in &pairs {
        if space.class == KeyClass::Space && letter.class == KeyClass::Letter {
            words += 1.0;
            if letter.down - space.down < middle {
                quick += 1.0;
            }
        }
    }
    let quickest = quantile(&mut flights, 0.1);
    let shortest = quickest.zip(flight).map(|(q, f)| q / f.max(1.0));
    let even = quickest.zip(flight).is_some_and(|(q, f)| q > 0.5 && q + ROUNDED_MS > 0.5 * (f + ROUNDED_MS));
    let held = dwell.map(|d| ln_floor(d.max(1.0) / middle, 1e-3));
    let follows = correlation(&dwell_interval);
    // Limits chosen: people seldom meet both of the first two, one in fifteen sentences the others.
    let in_turn = held.zip(shortest).map(|(held, shortest)| {
        let touching = held > -0.3 && even;
        let waiting = held > -1.2 && shortest > 0.3 && follows.is_some_and(|follows| follows > 0.2);
        if rolled >= 0.02 {
            0.0
        } else if touching {
            1.0
        } else {
            f64::from(waiting) / 2.0
        }
    });
    let log_dwells: Vec<f64> = dwells.iter().map(|d| ln_floor(*d, 1.0)).collect::<Vec<_>>();
    let spread = |values: &[f64], low: f64, high: f64| -> Option<f64> {
        let mut sorted = values.to_vec();
        Some(ln_floor(quantile(&mut sorted, high)?, 1.0) - ln_floor(quantile(&mut sorted, low)?, 1.0))
    };
    let share = |of: &dyn Fn(f64) -> bool| -> Option<f64> {
        Some(intervals.iter().filter(|i| of(**i)).count() as f64 / intervals.len() as f64)
    };
    Some(vec![
        Some(ln_floor(keys.len() as f64, 1.0)),
        dwell.map(|d| ln_floor(d, 1.0)),
        iqr(&mut dwells.clone()).zip(dwell).map(|(i, d)| ln_floor(i / d.max(1.0), 1e-3)),
        spread(&dwells, 0.05, 0.95),
        spread(&dwells, 0.05, 0.5),
        correlation(&dwell_pairs),
        Some(ln_floor(middle, 1.0)),
        iqr(&mut intervals.clone()).map(|i| ln_floor(i / middle, 1e-3)),
        spread(&intervals, 0.1, 0.5),
        spread(&intervals, 0.5, 0.9),
        correlation(&logs.windows(2).map(|w| (w[0], w[1])).collect::<Vec<_>>()),
        Some(rolled),
        follows,
        share(&|interval| interval < 0.5 * middle),
        share(&|interval| interval > 2.5 * middle),
        Some(corrections as f64 / keys.len() as f64),
        held,
        shortest,
        skewness(&log_dwells),
        (words >= MIN_WORDS).then(|| quick / (words + 4.0 * USUALLY_QUICK)),
        in_turn,
    ])
}

/// What the trees do not know or were hardly shown. Limits and weight chosen: of 2971 phrases and sentences of recorded people
/// none is over either.
///
/// The typists they learn from typed no spaces; most programs that give every key its own time begin words too quickly. And
/// automation that is given a delay presses each key as the one before is let go.
pub(super) fn judge(value: &dyn Fn(usize) -> Option<f64>) -> Option<Finding> {
    let over = |feature: usize, limit: f64| value(feature).is_some_and(|value| value > limit);
    let code = if over(19, 0.65) {
        "words-quick"
    } else if over(20, 0.9) {
        "keys-in-turn"
    } else {
        return None;
    };
    Some(Finding::new(code, Direction::Bot, 4.0))
}

pub(super) const SPECS: [FeatureSpec; 21] = [
    FeatureSpec::new(2.0, 7.0),
    FeatureSpec::new(0.0, 6.5),
    FeatureSpec::new(-6.0, 2.0),
    FeatureSpec::new(0.0, 5.0),
    FeatureSpec::new(0.0, 4.0),
    FeatureSpec::new(-1.0, 1.0),
    FeatureSpec::new(0.0, 7.3),
    FeatureSpec::new(-6.0, 2.0),
    FeatureSpec::new(0.0, 4.0),
    FeatureSpec::new(0.0, 4.0),
    FeatureSpec::new(-1.0, 1.0),
    FeatureSpec::new(0.0, 1.0),
    FeatureSpec::new(-1.0, 1.0),
    FeatureSpec::new(0.0, 0.5),
    FeatureSpec::new(0.0, 0.5),
    FeatureSpec::new(0.0, 0.5),
    FeatureSpec::new(-5.0, 2.0),
    FeatureSpec::new(-2.0, 1.0),
    FeatureSpec::new(-2.0, 2.0),
    FeatureSpec::new(0.0, 1.0),
    FeatureSpec::new(0.0, 1.0),
];

/// What each of [`SPECS`] is, with its unit.
pub(super) const NAMES: [&str; SPECS.len()] = [
    "keys, ln",
    "dwell, median, ln ms",
    "dwell, quartile spread over median, ln",
    "dwell, 95th over 5th percentile, ln",
    "dwell, median over 5th percentile, ln",
    "dwell, correlation with the next",
    "press-to-press time, median, ln ms",
    "press-to-press time, quartile spread over median, ln",
    "press-to-press time, median over 10th percentile, ln",
    "press-to-press time, 90th percentile over median, ln",
    "press-to-press time, correlation with the next",
    "rollover (next key down before this one is up), share",
    "dwell against press-to-press time, correlation (of times between half and one and a half medians)",
    // Hands have some pairs of keys ready: programs draw times from a law with a floor.
    "quick keys under half a median, share",
    "hesitations over 2.5 medians, share",
    "corrections, share",
    "dwell over press-to-press time, ln",
    // Hands prepare the next key while they leave this one: some flights are near nothing, in people of every tempo.
    "flight (release to next press), 10th percentile over median",
    // About symmetric in people, whose dwells are nearly lognormal; a normal law in ms leans to the left in ln.
    "dwell, skewness of ln",
    // People think of a word before they write it: its first letter takes longer than those after it, in slow typists most.
    "words whose first letter comes quicker than half of the keys, share (drawn to a quarter by four words)",
    // Fingers that hold keys for a good part of the time between presses overlap now and then; programs that let each key go
    // before the next one do not, and the longer they hold a key, the later the next one comes.
    "keys in turn: half where none overlap and how long each is held delays the next, one where each comes as the one before is let go",
];

/// Which side of the rhythm a feature speaks of, in plain words.
pub(super) fn aspect(feature: usize) -> &'static str {
    match feature {
        1..=5 | 18 => "how long keys are held",
        11 | 12 | 16 | 17 | 20 => "how keys overlap",
        _ => "the time from key to key",
    }
}

struct Key {
    down: f64,
    dwell: Option<f64>,
    class: KeyClass,
}

/// Presses of keys that write, each with its release: the oldest open press of the class is the one
/// that ends. A repeat (down while the same class is down, within 60 ms, three times or more) stays
/// a press of its own; held keys are rare in forms.
fn strokes(events: &[Event]) -> Vec<Key> {
    let mut keys: Vec<Key> = Vec::new();
    let mut oldest_open = 0;
    for event in events {
        match event.kind {
            Kind::KeyDown(class) if class != KeyClass::Modifier => {
                keys.push(Key { down: event.t, dwell: None, class });
            }
            Kind::KeyUp(class) if class != KeyClass::Modifier => {
                oldest_open = oldest_open.max(keys.len().saturating_sub(MAX_OPEN));
                let open = keys[oldest_open..].iter_mut().find(|k| k.dwell.is_none() && k.class == class);
                if let Some(key) = open {
                    key.dwell = Some(event.t - key.down);
                }
            }
            _ => {}
        }
    }
    drop_stuck(keys)
}

/// Some recorders' clocks stick, and give a press, its release and the presses before it one time.
/// Such keys have no rhythm to judge.
fn drop_stuck(mut keys: Vec<Key>) -> Vec<Key> {
    let mut before = f64::NEG_INFINITY;
    keys.retain(|key| {
        let stuck = key.down == before && key.dwell.unwrap_or(0.0) == 0.0;
        before = key.down;
        !stuck
    });
    keys
}

/// Whether a finger or pen touched the page itself, for as long as they do.
fn is_touched(paths: &Paths) -> bool {
    let lasts = |press: &Press| press.hold.is_some_and(|hold| hold > AT_ONCE_MS);
    paths.presses.iter().any(|press| press.device != PointerDevice::Mouse && lasts(press))
}

/// No finger holds a key of a keyboard, or touches glass, for less, ms; chosen.
const AT_ONCE_MS: f64 = 20.0;
/// Who picks letters on a screen, by pointer, gaze, switch or screen reader, takes longer for each, ms; chosen.
const LETTER_BY_LETTER_MS: f64 = 400.0;
/// What whole ms hide of two times, one after the other.
const ROUNDED_MS: f64 = 1.0;
/// A longer wait is thinking, not rhythm, ms.
const PAUSE_MS: f64 = 1500.0;
/// Fewer words say nothing.
const MIN_WORDS: f64 = 3.0;
/// Of four words of people, about one begins quicker than half of their keys follow; few words are taken to be like it.
const USUALLY_QUICK: f64 = 1.0;
/// More keys are never down at once; bounds the search for the press a release belongs to.
const MAX_OPEN: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Pointer;

    fn features(events: &[Event]) -> Option<Vec<Option<f64>>> {
        super::features(&Paths::of(events), events)
    }

    /// Keys with the times they are pressed at and held for.
    fn pressed(keys: impl IntoIterator<Item = (f64, f64, KeyClass)>) -> Vec<Event> {
        let both = |(t, dwell, class)| [(t, Kind::KeyDown(class)), (t + dwell, Kind::KeyUp(class))];
        let events = keys.into_iter().flat_map(both);
        let mut events: Vec<Event> = events.map(|(t, kind)| Event { t, kind, trusted: true }).collect();
        events.sort_by(|a, b| a.t.total_cmp(&b.t));
        events
    }

    fn typed(count: usize, interval: f64, dwell: f64) -> Vec<Event> {
        pressed((0..count).map(|i| (i as f64 * interval, dwell, KeyClass::Letter)))
    }

    /// What the rules make of it.
    fn ruled(events: &[Event]) -> f32 {
        let facts = features(events).unwrap();
        judge(&|i| facts[i]).map_or(0.0, |finding| finding.signed())
    }

    #[test]
    fn rollover_is_seen_when_keys_overlap() {
        let share = |dwell| features(&typed(12, 100.0, dwell)).unwrap()[11].unwrap();
        assert_eq!((share(80.0), share(130.0)), (0.0, 1.0));
    }

    #[test]
    fn dwell_and_interval_are_in_ln_ms() {
        let facts = features(&typed(12, 100.0, 80.0)).unwrap();
        assert!((facts[1].unwrap() - libm::log(80.0)).abs() < 1e-9);
        assert!((facts[6].unwrap() - libm::log(100.0)).abs() < 1e-9);
    }

    #[test]
    fn short_flights_are_measured_against_the_usual_one() {
        let mut events = typed(21, 200.0, 80.0);
        // Every fifth press comes as the key before is released.
        for at in (4..20).step_by(5) {
            events[2 * at + 1].t = f64::from(at as u32 + 1) * 200.0;
        }
        let low = |events: &[Event]| features(events).unwrap()[17].unwrap();
        assert!((low(&typed(21, 200.0, 80.0)) - 1.0).abs() < 1e-9);
        assert!(low(&events).abs() < 1e-9);
    }

    #[test]
    fn quick_keys_are_counted_against_the_usual_time() {
        let mut events = typed(21, 200.0, 50.0);
        // Every fifth press comes 120 ms early, and is released as early.
        for at in (4..20).step_by(5) {
            events[2 * at].t -= 120.0;
            events[2 * at + 1].t -= 120.0;
        }
        let quick = |events: &[Event]| features(events).unwrap()[13].unwrap();
        assert_eq!((quick(&typed(21, 200.0, 50.0)), quick(&events)), (0.0, 0.2));
    }

    #[test]
    fn dwells_of_a_normal_law_lean_to_the_left_in_ln() {
        let mut events = typed(30, 300.0, 80.0);
        let mut lean = |dwell: &dyn Fn(usize) -> f64| {
            for at in 0..30 {
                events[2 * at + 1].t = events[2 * at].t + dwell(at);
            }
            features(&events).unwrap()[18].unwrap()
        };
        let even = |at: usize| (at as f64 - 14.5) / 15.0;
        assert!(lean(&|at| 80.0 + 60.0 * even(at)) < -0.4);
        assert!(lean(&|at| 80.0 * libm::exp(even(at))).abs() < 1e-6);
    }

    #[test]
    fn keys_of_a_clock_that_stuck_are_left_out() {
        let mut events = typed(12, 100.0, 80.0);
        let last = events[events.len() - 1].t;
        for _ in 0..50 {
            events.extend([KeyClass::Letter; 2].map(|class| Event {
                t: last,
                kind: Kind::KeyDown(class),
                trusted: true,
            }));
            events.extend([KeyClass::Letter; 2].map(|class| Event {
                t: last,
                kind: Kind::KeyUp(class),
                trusted: true,
            }));
        }
        let facts = features(&events).unwrap();
        assert!((facts[0].unwrap() - libm::log(13.0)).abs() < 1e-9);
    }

    #[test]
    fn keys_without_releases_have_no_rhythm() {
        let mut events = typed(12, 100.0, 80.0);
        let mut releases = 0;
        events.retain(|event| {
            releases += u32::from(matches!(event.kind, Kind::KeyUp(_)));
            !matches!(event.kind, Kind::KeyUp(_)) || releases > 7
        });
        assert!(features(&events).is_none());
    }

    #[test]
    fn keys_on_a_screen_are_not_judged_by_a_keyboards_rhythm() {
        let touched = |hold: f64, mut events: Vec<Event>| {
            let finger = Pointer { device: PointerDevice::Touch, ..Pointer::mouse(9.0, 9.0) };
            events.insert(0, Event { t: -200.0, kind: Kind::Down(finger), trusted: true });
            events.insert(1, Event { t: hold - 200.0, kind: Kind::Up(finger), trusted: true });
            features(&events)
        };
        assert!(touched(80.0, typed(20, 200.0, 1.0)).is_none(), "a phone's");
        assert!(features(&typed(20, 500.0, 1.0)).is_none(), "picked by gaze or switch");
        assert!(touched(1.0, typed(20, 200.0, 1.0)).is_some(), "a program's that pretends to be a phone");
        assert!(touched(80.0, typed(20, 200.0, 80.0)).is_some(), "a laptop's whose screen takes touches");
        assert!(features(&typed(20, 200.0, 1.0)).is_some(), "a program's");
        assert!(features(&typed(20, 800.0, 80.0)).is_some(), "one finger's on a keyboard");
    }

    #[test]
    fn words_that_begin_as_quickly_as_they_go_on_speak_for_a_program() {
        // Words of four letters, 200 ms from key to key but `start` from a space to the letter after it.
        let said = |words: usize, start: f64| {
            let mut t = 0.0;
            ruled(&pressed((0..words * 5).map(|i| {
                t += if i % 5 == 0 { start } else { 200.0 };
                (t, 80.0, if i % 5 == 4 { KeyClass::Space } else { KeyClass::Letter })
            })))
        };
        assert_eq!((said(10, 150.0), said(10, 250.0)), (-4.0, 0.0));
        assert_eq!(said(4, 150.0), 0.0, "three words could be chance");
    }

    #[test]
    fn keys_that_wait_for_each_other_speak_for_a_program() {
        // Held for 60 to 110 ms each, and each pressed `gap` to `gap` + 2 ms after the one before is let go, on a clock of
        // `steps` ms.
        let said = |gap: f64, steps: f64| {
            let clock = |t: f64| (t / steps).floor() * steps;
            let mut t = 0.0;
            let events = pressed((0..24).map(|i| {
                let (down, dwell) = (t, 60.0 + f64::from(i * 7 % 11) * 5.0);
                t += dwell + gap + f64::from(i % 3);
                (clock(down), clock(down + dwell) - clock(down), KeyClass::Letter)
            }));
            (features(&events).unwrap()[20].unwrap(), ruled(&events))
        };
        assert_eq!(
            [said(1.0, 1.0), said(2.0, 1.0), said(12.0, 1.0)],
            [(1.0, -4.0); 3],
            "as fast as the program can, with or without a wait, and over a network"
        );
        assert_eq!(said(60.0, 1.0), (0.5, 0.0), "time to reach the next key, which the trees weigh");
        assert_eq!(said(400.0, 1.0), (0.0, 0.0), "one finger's that looks for each key");
        assert_eq!(said(-20.0, 1.0), (0.0, 0.0), "fingers that overlap");
        assert_eq!(said(2.0, 50.0), (0.0, 0.0), "what a coarse clock makes of quick fingers would look like it");
    }

    #[test]
    fn seven_keys_have_no_rhythm() {
        assert!(features(&typed(7, 100.0, 80.0)).is_none());
        assert_eq!(features(&typed(8, 100.0, 80.0)).unwrap().len(), SPECS.len());
    }
}
