//! The same session on another screen, at another sampling rate, later in the day, or with other pauses
//! to think between its movements scores the same: those are accidents of the recording, not behaviour.
#![cfg(not(target_arch = "wasm32"))]

use vouchsafe::behavior::Evidence;
use vouchsafe::decision::{Decision, Policy, Verdict};
use vouchsafe::trace::{Event, Kind, Pointer, Trace, codec};

fn corpus() -> impl Iterator<Item = Trace> {
    include_str!("corpus/traces.jsonl").lines().map(|line| codec::decode(line).unwrap().trace)
}

/// Recorded movement: people first, then programs in a real browser.
fn movements() -> Vec<Trace> {
    let starts = ["human-pointer", "human-circle", "chromium-bot"];
    corpus().filter(|trace| starts.iter().any(|start| trace.id.starts_with(start))).collect()
}

fn decide(trace: &Trace) -> Decision {
    Policy::default().decide(&Evidence::of(trace, None))
}

/// Log-odds of a score, inside what the policy can reach.
fn log_odds(score: f32) -> f32 {
    let score = score.clamp(0.001, 0.999);
    (score / (1.0 - score)).ln()
}

fn mapped(trace: &Trace, map: impl Fn(Pointer) -> Pointer) -> Trace {
    let kind = |kind| match kind {
        Kind::Move(p) => Kind::Move(map(p)),
        Kind::Down(p) => Kind::Down(map(p)),
        Kind::Up(p) => Kind::Up(map(p)),
        other => other,
    };
    let events = trace.events.iter().map(|event| Event { kind: kind(event.kind), ..*event }).collect();
    Trace { events, ..trace.clone() }
}

/// Positions as a screen of another size or pixel ratio reports them: whole pixels.
fn scaled(trace: &Trace, factor: f32) -> Trace {
    let viewport = trace.viewport.map(|side| side * factor);
    let scale = |p: Pointer| Pointer { x: (p.x * factor).round(), y: (p.y * factor).round(), ..p };
    Trace { viewport, ..mapped(trace, scale) }
}

/// At most one move in every `1 / hz`, the last of each; where there were fewer, straight lines between.
fn resampled(trace: &Trace, hz: f64) -> Trace {
    let step = 1000.0 / hz;
    let mut events: Vec<Event> = Vec::new();
    for event in &trace.events {
        let previous = events.last().copied();
        if let (Kind::Move(to), Some(Event { t: before, kind: Kind::Move(from), .. })) = (event.kind, previous) {
            let gap = event.t - before;
            if (before / step).floor() == (event.t / step).floor() {
                events.pop();
            } else if gap < 100.0 {
                let parts = (gap / step).round() as usize;
                for i in 1..parts {
                    let share = i as f32 / parts as f32;
                    let (x, y) = (from.x + (to.x - from.x) * share, from.y + (to.y - from.y) * share);
                    let between = Pointer { x: x.round(), y: y.round(), ..to };
                    let t = before + gap * f64::from(share);
                    events.push(Event { t, kind: Kind::Move(between), trusted: event.trusted });
                }
            }
        }
        events.push(*event);
    }
    Trace { events, ..trace.clone() }
}

/// Every pause longer than a quarter of a second drawn anew, between a quarter and three seconds.
fn repaused(trace: &Trace) -> Trace {
    let (mut shift, mut last, mut state) = (0.0, None, 0x9E37_79B9_u32);
    let mut events = Vec::new();
    for event in &trace.events {
        if let Some(gap) = last.map(|last| event.t - last).filter(|gap| *gap > 250.0) {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            shift += 250.0 + f64::from(state % 2750) - gap;
        }
        last = Some(event.t);
        events.push(Event { t: event.t + shift, ..*event });
    }
    Trace { events, ..trace.clone() }
}

/// Presses shorter than `least` ms as a finger could have held them, each for another time.
fn held(trace: &Trace, least: f64) -> Trace {
    let (mut down, mut hold, mut events) = (f64::NEG_INFINITY, 60.0, trace.events.clone());
    for event in &mut events {
        match event.kind {
            Kind::Down(_) => down = event.t,
            Kind::Up(_) if event.t - down < least => {
                event.t = down + hold;
                hold += 25.0;
            }
            _ => {}
        }
    }
    events.sort_by(|a, b| a.t.total_cmp(&b.t));
    Trace { events, ..trace.clone() }
}

/// Times as a clock tells them that moves in steps of so many milliseconds.
fn clocked(trace: &Trace, step: f64) -> Trace {
    let round = |event: &Event| Event { t: (event.t / step).floor() * step, ..*event };
    Trace { events: trace.events.iter().map(round).collect(), ..trace.clone() }
}

/// So many keys from one on.
fn typed(trace: &Trace, first: usize, keys: usize) -> Trace {
    let presses = trace.events.iter().enumerate().filter(|(_, event)| matches!(event.kind, Kind::KeyDown(_)));
    let starts: Vec<usize> = presses.map(|(at, _)| at).chain([trace.events.len()]).collect();
    Trace { events: trace.events[starts[first]..starts[first + keys]].to_vec(), ..trace.clone() }
}

/// Scores may differ by rounding to pixels and frames; a verdict must not turn into its opposite, few
/// may change at all, and the typical change must be small.
fn barely_moves(what: &str, change: impl Fn(&Trace) -> Trace) {
    barely_moves_of(&movements(), what, change);
}

fn barely_moves_of(traces: &[Trace], what: &str, change: impl Fn(&Trace) -> Trace) {
    assert!(traces.len() >= 20);
    let (mut changed, mut moved) = (0, Vec::new());
    for trace in traces {
        let (before, after) = (decide(trace), decide(&change(trace)));
        let pair = [before.verdict, after.verdict];
        let opposite = pair.contains(&Verdict::Human) && pair.contains(&Verdict::Bot);
        assert!(!opposite, "{what}: {} went from {} to {}", trace.id, before.score, after.score);
        changed += u32::from(before.verdict != after.verdict);
        moved.push((log_odds(before.score) - log_odds(after.score)).abs());
    }
    moved.sort_by(f32::total_cmp);
    let typical = moved[moved.len() / 2];
    println!("{what}: {changed} of {} verdicts changed, log-odds by {typical:.2} typically", traces.len());
    assert!(changed as usize <= traces.len() / 10, "{what}: {changed} of {} verdicts changed", traces.len());
    assert!(typical < 0.5, "{what}: log-odds moved by {typical} typically");
}

#[test]
fn another_time_of_day_changes_nothing() {
    for trace in corpus() {
        let events = trace.events.iter().map(|event| Event { t: event.t + 3_600_000.0, ..*event }).collect();
        assert_eq!(decide(&Trace { events, ..trace.clone() }).score, decide(&trace).score, "{}", trace.id);
    }
}

#[test]
fn a_place_elsewhere_on_the_screen_changes_nothing() {
    for trace in movements() {
        let elsewhere = mapped(&trace, |p| Pointer { x: p.x + 100.0, y: p.y + 50.0, ..p });
        assert_eq!(decide(&elsewhere).score, decide(&trace).score, "{}", trace.id);
    }
}

#[test]
fn a_larger_screen_barely_moves_the_score() {
    barely_moves("1.5 times as large", |trace| scaled(trace, 1.5));
}

#[test]
fn a_smaller_screen_barely_moves_the_score() {
    barely_moves("0.7 times as large", |trace| scaled(trace, 0.7));
}

#[test]
fn a_mouse_at_125_hz_barely_moves_the_score() {
    barely_moves("125 Hz", |trace| resampled(trace, 125.0));
}

#[test]
fn a_screen_at_60_hz_barely_moves_the_score() {
    barely_moves("60 Hz", |trace| resampled(trace, 60.0));
}

#[test]
fn a_remote_desktop_at_30_hz_barely_moves_the_score() {
    barely_moves("30 Hz", |trace| resampled(trace, 30.0));
}

#[test]
fn a_browser_that_rounds_its_clock_barely_moves_the_score() {
    // Firefox with resistFingerprinting, so Tor Browser: whole frames of 60 Hz. How much shorter than one a
    // program's press is, such a clock cannot tell, so here none is.
    let frame = 1000.0 / 60.0;
    let traces: Vec<Trace> = movements().iter().map(|trace| held(trace, frame)).collect();
    barely_moves_of(&traces, "a clock of 60 Hz", |trace| clocked(trace, frame));
}

#[test]
fn other_pauses_to_think_barely_move_the_score() {
    barely_moves("pauses redrawn", repaused);
}

/// What sees little of a person has little to hold against them.
#[test]
fn nobody_is_a_bot_for_being_seen_ten_or_seven_times_a_second() {
    for trace in movements().iter().filter(|trace| trace.id.starts_with("human")) {
        for hz in [10.0, 1000.0 / 150.0] {
            for factor in [1.0, 0.5] {
                let decision = decide(&scaled(&resampled(trace, hz), factor));
                assert_ne!(decision.verdict, Verdict::Bot, "{} at {hz} Hz: {:?}", trace.id, decision.reasons);
            }
        }
    }
}

#[test]
fn nobody_is_a_bot_for_typing_little_or_for_a_coarse_clock() {
    let typists: Vec<Trace> = corpus().filter(|trace| trace.id.starts_with("human-typing")).collect();
    assert!(typists.len() >= 6);
    for trace in &typists {
        for (first, keys) in [(0, 9), (2, 9), (4, 9), (6, 9), (0, 12), (4, 12), (0, 16)] {
            for step in [1.0, 1000.0 / 60.0, 1000.0 / 30.0, 50.0, 100.0] {
                let decision = decide(&clocked(&typed(trace, first, keys), step));
                let part = format!("{keys} keys from {first} in steps of {step} ms");
                assert_ne!(decision.verdict, Verdict::Bot, "{}, {part}: {:?}", trace.id, decision.reasons);
            }
        }
    }
}
