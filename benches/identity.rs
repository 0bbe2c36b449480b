//! Whether somebody else is noticed: takeovers, false alarms, replays, other mice, typing, cost. Prints the tables of
//! `models/identity.md`. Needs the recorded people of `../shared/data`.
//!
//! Log-odds were fixed on SapiMouse users 61 to 70 and on BKSD's Arabic, `models/habits.bin` counted on the first
//! eighteen people of BKSD; who is asked here is somebody else, but for the Arabic.

#[path = "../tests/shared/mod.rs"]
mod shared;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;
use vouchsafe::profile::{FACTS, Forest, Group, Movements, Observation, Observer, Profile};
use vouchsafe::session::{Policy, Session, State};
use vouchsafe::trace::{Event, Kind, Trace, codec};

fn main() {
    let read = |name: &str| -> Option<Vec<Trace>> {
        let text = shared::data_set(name)?;
        Some(text.lines().map(|line| codec::decode(line).expect("a trace").trace).collect())
    };
    let Some(people) = read("human-pointer").map(|traces| mice(&traces, 71..=80)) else { return };
    if let Some(file) = std::env::args().skip_while(|argument| argument != "--facts").nth(1) {
        std::fs::write(file, forests(&people)).expect("the file for the peer is written");
        return;
    }
    takeovers(&people);
    other_mice(&people);
    if let Some(traces) = read("human-pointer-freihaut") {
        another_task(&traces);
    }
    if let Some(traces) = read("human-typing-bksd") {
        typing("BKSD, all but the first eighteen people, two languages each", &bksd(&traces));
    }
    if let Some(traces) = read("human-typing") {
        typing("Aalto (evaluation only)", &typists(&traces));
    }
    cost(&people[0]);
}

/// Somebody's two sessions.
struct Person {
    name: String,
    enrolled: Vec<Event>,
    probe: Vec<Event>,
}

fn mice(traces: &[Trace], users: std::ops::RangeInclusive<u32>) -> Vec<Person> {
    let session = |user: u32, length: &str| {
        let id = format!("sapimouse-user{user}-{length}");
        traces.iter().find(|trace| trace.id == id).map(|trace| trace.events.clone())
    };
    let person = |user| {
        Some(Person { name: format!("user{user}"), enrolled: session(user, "3min")?, probe: session(user, "1min")? })
    };
    users.filter_map(person).collect()
}

/// A visit that only evidence ends.
fn visit(profile: Profile) -> Session {
    Session::new(profile, Policy { idle_after: 0.0, ..Policy::default() }, 0.0)
}

/// A session that has learnt `events`, gone through `times` over.
fn enrol(events: &[Event], times: usize) -> Session {
    let mut session = visit(Profile::default());
    feed_again(&mut session, events, times, 0.0);
    session
}

/// Moves until the session asked for a challenge, if it did, and the time at the end, ms.
fn feed(session: &mut Session, events: &[Event], from: f64) -> (Option<u64>, f64) {
    let before = session.moves();
    let origin = events.first().map_or(0.0, |event| event.t);
    for event in events {
        session.take(&Event { t: event.t - origin + from, ..*event });
        if session.state() == State::Challenge {
            return (Some(session.moves() - before), event.t - origin + from);
        }
    }
    (None, from + events.last().map_or(0.0, |event| event.t - origin) + 500.0)
}

/// `times` over.
fn feed_again(session: &mut Session, events: &[Event], times: usize, mut from: f64) -> (Option<u64>, f64) {
    let before = session.moves();
    for _ in 0..times {
        let (noticed, end) = feed(session, events, from);
        if noticed.is_some() {
            return (Some(session.moves() - before), end);
        }
        from = end;
    }
    (None, from)
}

/// A new visit of somebody known.
fn again(session: &Session) -> Session {
    visit(Profile::from_bytes(&session.profile().to_bytes()).expect("what was written"))
}

/// An hour of moves (480 blocks) made of stretches of one session, from places a generator chooses.
fn hour(events: &[Event], random: &mut u64) -> Vec<Event> {
    let mut out: Vec<Event> = Vec::new();
    let (mut moves, mut t) = (0, 0.0);
    while moves < 480 * 128 {
        *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let start = (*random >> 33) as usize % (events.len() * 2 / 3);
        let stretch = &events[start..(start + events.len() / 3).min(events.len())];
        out.extend(stretch.iter().map(|event| Event { t: event.t - stretch[0].t + t, ..*event }));
        moves += stretch.iter().filter(|event| matches!(event.kind, Kind::Move(_))).count();
        t = out.last().map_or(0.0, |event| event.t) + 300.0;
    }
    out
}

const HOURS: usize = 10;

fn takeovers(people: &[Person]) {
    let sessions: Vec<_> = people.iter().map(|person| enrol(&person.enrolled, 1)).collect();
    let mut random = 1;
    let (mut delays, mut never, mut replays) = (Vec::new(), 0, 0);
    let mut alarms = Vec::new();
    for (owner, known) in people.iter().zip(&sessions) {
        let (at_once, _) = feed(&mut again(known), &owner.probe, 0.0);
        let rung = (0..HOURS).filter(|_| feed(&mut again(known), &hour(&owner.probe, &mut random), 0.0).0.is_some());
        alarms.push((&owner.name, at_once.is_some(), rung.count()));
        replays += usize::from(feed(&mut again(known), &owner.enrolled, 0.0).0.is_some());
        for other in people.iter().filter(|other| other.name != owner.name) {
            let mut session = again(known);
            let (early, end) = feed(&mut session, &owner.probe, 0.0);
            if early.is_some() {
                continue;
            }
            match feed_again(&mut session, &other.probe, 4, end).0 {
                Some(moves) => delays.push(moves),
                None => never += 1,
            }
        }
    }
    let count = delays.len() + never;
    delays.extend(std::iter::repeat_n(u64::MAX, never));
    delays.sort_unstable();
    let at = |share: f64| match delays[((count - 1) as f64 * share) as usize] {
        u64::MAX => "not noticed".to_owned(),
        moves => moves.to_string(),
    };
    println!(
        "| somebody else takes the mouse of | pairs | moves until a challenge: median | 75 % | 90 % | not within four minutes |"
    );
    println!("|---|---|---|---|---|---|");
    println!(
        "| {} people | {count} | {} | {} | {} | {:.1} % |",
        people.len(),
        at(0.5),
        at(0.75),
        at(0.9),
        100.0 * never as f64 / count as f64
    );
    let calm = alarms.iter().filter(|(_, _, hours)| *hours == 0).count();
    let hours: usize = alarms.iter().map(|(_, _, hours)| hours).sum();
    println!(
        "\nFalse alarms: {} of {} people in their own minute; in hours made of it {hours} of {} hours, {calm} people never; by person: {:?}",
        alarms.iter().filter(|a| a.1).count(),
        people.len(),
        people.len() * HOURS,
        alarms.iter().filter(|a| a.2 > 0).map(|a| (a.0, a.2)).collect::<Vec<_>>()
    );
    println!("The owner's own recording played back: noticed in {replays} of {}.", people.len());
}

/// Another mouse, made by scaling, before and after it was learnt.
fn other_mice(people: &[Person]) {
    println!("\n| the same person with | asked | asked again on the next visit, once passed |");
    println!("|---|---|---|");
    for factor in [0.6, 0.8, 1.25, 1.6] {
        let scaled = |events: &[Event]| -> Vec<Event> {
            let mut events = events.to_vec();
            for event in &mut events {
                if let Kind::Move(pointer) = &mut event.kind {
                    (pointer.x, pointer.y) = (libm::roundf(pointer.x * factor), libm::roundf(pointer.y * factor));
                }
            }
            events
        };
        let (mut asked, mut asked_again) = (0, 0);
        for person in people {
            let mut session = again(&enrol(&person.enrolled, 1));
            let (noticed, end) = feed_again(&mut session, &scaled(&person.probe), 3, 0.0);
            if noticed.is_none() {
                continue;
            }
            asked += 1;
            session.pass();
            // What follows the confirmation is learnt; then another visit with the same mouse.
            feed(&mut session, &scaled(&person.enrolled), end);
            asked_again += usize::from(feed(&mut again(&session), &scaled(&person.probe), 0.0).0.is_some());
        }
        println!("| a mouse {factor} times as fast | {asked} of {} | {asked_again} of {asked} |", people.len());
    }
}

/// People of another recorder, all at one task: half a minute is enrolled three times over, another compared.
fn another_task(freihaut: &[Trace]) {
    let mut by_person: BTreeMap<&str, Vec<&Trace>> = BTreeMap::new();
    for trace in freihaut {
        by_person.entry(trace.user.as_deref().unwrap_or_default()).or_default().push(trace);
    }
    let pairs: Vec<_> = by_person.values().filter(|traces| traces.len() == 2).collect();
    let known: Vec<_> = pairs.iter().map(|traces| enrol(&traces[0].events, 3)).collect();
    let noticed = |of: &Session, trace: &Trace| feed_again(&mut again(of), &trace.events, 4, 0.0).0.is_some();
    let own = pairs.iter().zip(&known).filter(|(traces, known)| noticed(known, traces[1])).count();
    let others = pairs.iter().enumerate().flat_map(|(i, traces)| {
        known.iter().enumerate().filter(move |(j, _)| *j != i).map(move |(_, known)| noticed(known, traces[1]))
    });
    let others: Vec<bool> = others.collect();
    let share = |noticed: usize, of: usize| 100.0 * noticed as f64 / of.max(1) as f64;
    println!(
        "\nFreihaut (evaluation only; half a minute each, calm enrolled, hurried compared): the same person asked {:.0} % of {}, somebody else {:.0} % of {}.",
        share(own, known.len()),
        known.len(),
        share(others.iter().filter(|n| **n).count(), others.len()),
        others.len(),
    );
}

/// What somebody typed.
struct Typist {
    person: String,
    typed: Vec<Observation>,
}

/// BKSD's people from whom nothing was learnt: S107a and S107e are one person's Arabic and English, and the phrases of
/// two typists are copies of others'.
fn bksd(traces: &[Trace]) -> Vec<Typist> {
    let mut phrases = BTreeSet::new();
    let mut typists = typists(traces.iter().filter(|trace| phrases.insert(format!("{:?}", trace.events))));
    let mut people: Vec<String> = Vec::new();
    for typist in &mut typists {
        typist.person.retain(|letter| letter.is_ascii_digit());
        if !people.contains(&typist.person) {
            people.push(typist.person.clone());
        }
    }
    typists.retain(|typist| !people[..18].contains(&typist.person));
    typists
}

/// Each typist's times of keys, in the order they came.
fn typists<'a>(traces: impl IntoIterator<Item = &'a Trace>) -> Vec<Typist> {
    let mut typists: Vec<Typist> = Vec::new();
    for trace in traces {
        let user = trace.user.as_deref().unwrap_or_default();
        let mut observer = Observer::default();
        let seen =
            trace.events.iter().flat_map(|event| observer.push(event)).filter(|one| one.habit.group() == Group::Typing);
        match typists.iter_mut().find(|typist| typist.person == user) {
            Some(typist) => typist.typed.extend(seen),
            None => typists.push(Typist { person: user.to_owned(), typed: seen.collect() }),
        }
    }
    typists
}

fn typing(name: &str, typists: &[Typist]) {
    let judged = Group::Typing.judged();
    let known: Vec<Profile> = typists
        .iter()
        .map(|Typist { typed, .. }| {
            let mut profile = Profile::default();
            typed[..typed.len() / 2].chunks(judged).for_each(|seen| profile.learn_habits(Group::Typing, seen));
            profile
        })
        .collect();
    print!("\nTyping, {name} ({} sets of text, half of each enrolled): ", typists.len());
    for groups in [1, 3] {
        let (mut same, mut other, mut language) = (Vec::new(), Vec::new(), Vec::new());
        for (i, typist) in typists.iter().enumerate() {
            for seen in typist.typed[typist.typed.len() / 2..].chunks_exact(judged * groups) {
                for (j, profile) in known.iter().enumerate() {
                    let weighed = seen.chunks(judged).filter_map(|seen| profile.weigh_habits(Group::Typing, seen));
                    let scores = match (i == j, typist.person == typists[j].person) {
                        (true, _) => &mut same,
                        (false, true) => &mut language,
                        (false, false) => &mut other,
                    };
                    scores.push(weighed.sum::<f64>());
                }
            }
        }
        let asked = |scores: &[f64]| scores.iter().filter(|s| **s < 0.0).count() as f64 / scores.len().max(1) as f64;
        print!(
            "after {} keys EER {:.1} %, against the person {:.1} %, against others {:.1} %; ",
            judged * groups / 2,
            100.0 * equal_error(&same, &other),
            100.0 * asked(&same),
            100.0 * asked(&other)
        );
        if !language.is_empty() {
            print!("against the person in another language {:.1} %; ", 100.0 * asked(&language));
        }
    }
    println!();
}

fn equal_error(same: &[f64], other: &[f64]) -> f64 {
    let share =
        |scores: &[f64], least: f64| scores.iter().filter(|s| **s >= least).count() as f64 / scores.len() as f64;
    same.iter().map(|least| (1.0 - share(same, *least)).max(share(other, *least))).fold(1.0, f64::min)
}

/// Facts of everybody's blocks, and what our forest says of each: for scikit-learn's on the same.
fn forests(people: &[Person]) -> String {
    let facts = |events: &[Event]| -> Vec<Vec<u8>> {
        let mut movements = Movements::default();
        events.iter().filter_map(|event| movements.push(event)).map(|m| m.facts().to_vec()).collect()
    };
    let probes: Vec<_> = people.iter().map(|person| facts(&person.probe)).collect();
    let enrolled: Vec<_> = people.iter().map(|person| facts(&person.enrolled)).collect();
    let start = Instant::now();
    let forests: Vec<_> = enrolled.iter().filter_map(|facts| Forest::new(facts, 1)).collect();
    let fitted = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let of = |forest: &Forest| probes.iter().map(|probe| probe.iter().map(|f| forest.score(f)).collect()).collect();
    let scores: Vec<Vec<Vec<f64>>> = forests.iter().map(of).collect();
    let scored = start.elapsed().as_secs_f64();
    serde_json::json!({ "features": FACTS, "enrolled": enrolled, "probes": probes, "scores": scores, "fitted": fitted, "scored": scored }).to_string()
}

fn cost(person: &Person) {
    let start = Instant::now();
    let session = enrol(&person.enrolled, 1);
    let whole = start.elapsed();
    let bytes = session.profile().to_bytes();
    let start = Instant::now();
    let read = Profile::from_bytes(&bytes);
    let opened = start.elapsed();
    let mut visit = again(&session);
    let mut slowest = std::time::Duration::ZERO;
    for event in &person.probe {
        let start = Instant::now();
        visit.take(event);
        slowest = slowest.max(start.elapsed());
    }
    println!(
        "\nCost, native: three minutes enrolled in {:.0} ms over {} events; profile {} bytes, read in {:.1} ms ({}); slowest event {:.2} ms.",
        whole.as_secs_f64() * 1e3,
        person.enrolled.len(),
        bytes.len(),
        opened.as_secs_f64() * 1e3,
        read.is_some(),
        slowest.as_secs_f64() * 1e3
    );
}
