//! The cost of one event, one score of 60 s of events, one sign, one verify, one look for a repeat.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use vouchsafe::behavior::{Evidence, Family};
use vouchsafe::decision::Policy;
use vouchsafe::trace::{Buffer, Event, Kind, Pointer, Trace, codec};
use vouchsafe::voucher::{
    Challenge, ChallengeKey, Draft, Expectation, NoveltyFilter, PUZZLES, SolvedChallenge, Solver, Terms, Verifier,
    VisitorKey,
};

const NOW: u64 = 1_800_000_000;

/// Recorded people's traces of the corpus, one after the other, until 60 s are full.
fn minute() -> Trace {
    let corpus = include_str!("../tests/corpus/traces.jsonl");
    let mut minute = Trace { viewport: [1280.0, 720.0], ..Trace::default() };
    let mut t = 0.0;
    for trace in corpus.lines().map(|line| codec::decode(line).unwrap().trace).cycle() {
        if !trace.id.starts_with("human-pointer") && !trace.id.starts_with("human-typing") {
            continue;
        }
        minute.events.extend(trace.events.iter().map(|event| Event { t: t + event.t, ..*event }));
        t = minute.events.last().unwrap().t + 400.0;
        if t > 60_000.0 {
            minute.events.retain(|event| event.t <= 60_000.0);
            return minute;
        }
    }
    unreachable!("the corpus is not empty")
}

/// Movement that nobody made: each number of the corpus' people's in turn, no two visits the same.
fn strangers() -> impl Iterator<Item = Evidence> {
    let corpus = include_str!("../tests/corpus/traces.jsonl").lines().map(|line| codec::decode(line).unwrap().trace);
    let people: Vec<Evidence> =
        corpus.filter(|t| t.id.starts_with("human-pointer")).map(|t| Evidence::of(&t, None)).collect();
    let mut state = 1_u64;
    std::iter::repeat_with(move || {
        let pointer = (0..Family::Pointer.specs().len()).map(|i| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            people[(state >> 33) as usize % people.len()].family(Family::Pointer).unwrap()[i]
        });
        let families = [Some(pointer.collect()), None, None, None, None, None, None];
        Evidence::from_parts(families, 9000).unwrap()
    })
}

fn bench(c: &mut Criterion) {
    let minute = minute();
    c.bench_function("one event into the buffer", |b| {
        let mut buffer = Buffer::new(Buffer::DEFAULT_CAPACITY);
        let mut t = 0.0;
        b.iter(|| {
            t += 16.7;
            buffer.push(Event { t, kind: Kind::Move(Pointer::mouse(t as f32, 1.0)), trusted: true });
        });
    });
    c.bench_function(&format!("score of 60 s ({} events)", minute.events.len()), |b| {
        b.iter(|| Policy::default().decide(&Evidence::of(black_box(&minute), None)));
    });
    let line = codec::encode(&minute);
    c.bench_function(&format!("decode 60 s ({} bytes)", line.len()), |b| b.iter(|| codec::decode(black_box(&line))));

    let server = ChallengeKey::new(&[1; 32]).unwrap();
    let terms = Terms {
        v: 1,
        nonce: "AAAAAAAAAAAAAAAAAAAAAA".into(),
        sitekey: "bench".into(),
        hostname: "localhost".into(),
        action: None,
        iat: NOW - 120,
        exp: NOW + 1800,
        difficulty: 12,
        require: Vec::new(),
        step_up: None,
    };
    let challenge = Challenge::read(&server.issue(&terms)).unwrap();
    let key = VisitorKey::from_seed([2; 32]);
    c.bench_function("1000 hashes of work", |b| b.iter(|| Solver::new(&challenge, &key.thumbprint()).step(1000)));
    let mut solver = Solver::new(&challenge, &key.thumbprint());
    while solver.step(10_000) < PUZZLES {}
    let solved = SolvedChallenge::new(challenge, &key, &solver.answer().unwrap()).unwrap();
    let evidence = Evidence::of(&minute, None);
    let decision = Policy::default().decide(&evidence);
    let sign = || {
        let draft = Draft { hostname: "localhost".into(), now: NOW, ..Draft::default() };
        solved.sign(&key, &evidence, &decision, draft)
    };
    c.bench_function("sign", |b| b.iter(sign));
    let (voucher, verifier) = (sign(), Verifier::new(server));
    let expected = Expectation { sitekey: Some("bench"), ..Expectation::default() };
    c.bench_function(&format!("verify ({} bytes)", voucher.len()), |b| {
        b.iter(|| verifier.dangerous_skip_replay_check(black_box(&voucher), &expected, NOW).unwrap());
    });
    let (filter, mut strangers) = (NoveltyFilter::new(16_384), strangers());
    for stranger in strangers.by_ref().take(16_384) {
        assert!(filter.admit(&stranger, &[0; 32]));
    }
    c.bench_function("novelty among 16,384", |b| {
        b.iter_batched(|| strangers.next().unwrap(), |next| filter.admit(&next, &[0; 32]), BatchSize::SmallInput);
    });
}

criterion_group!(benches, bench);
criterion_main!(benches);
