use super::Thumbprint;
use crate::behavior::{Evidence, Family};
use std::sync::{Mutex, PoisonError};

/// Remembers the evidence of the vouchers redeemed last, and tells when nearly the same comes again.
///
/// No two visits move alike: among 7,900 windows of recorded people, of three strokes and more, the nearest
/// two strangers lie 7.9 steps apart, on average over the pointer's bytes (4.4 where they made only two
/// strokes). A recording played again through a browser's frames and timers lies 3.7 steps from the time
/// before, the median; two of three times under 5. Typing says less: two typists of 16 keys lie 2.5 steps
/// apart at the nearest, a recording played again 0.7. (`models/train/novelty.py` repeats these figures.)
///
/// Somebody who hands in one session's evidence under many challenges is noticed, unless every copy is
/// changed about as much as people differ.
///
/// Memory is fixed: `capacity` entries of 81 bytes; the oldest is forgotten first. Every visit is compared
/// with all of them: 70 µs for 16,384 (`cargo bench --bench core`).
pub struct NoveltyFilter {
    capacity: usize,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    entries: Vec<Entry>,
    next: usize,
}

struct Entry {
    bytes: Watched,
    key: [u8; 8],
    uses: u8,
}

impl NoveltyFilter {
    /// A filter that remembers `capacity` vouchers; 0 remembers none and lets all through.
    pub fn new(capacity: usize) -> Self {
        Self { capacity, inner: Mutex::default() }
    }

    /// Whether `evidence` is unlike what other keys have handed in. Then it is remembered.
    ///
    /// One page keeps its key, and a form that is sent again after a mistake brings much the same
    /// evidence again: the same key may do that [`USES_OF_ONE_KEY`] times. A page that asks every few
    /// seconds brings what it brought before and a little more, so that a key's own evidence counts as the
    /// same only when it is nearer.
    pub fn admit(&self, evidence: &Evidence, key: &Thumbprint) -> bool {
        let bytes = watched(evidence);
        let (others, own) = limits(&bytes);
        if self.capacity == 0 || others == [0; 2] {
            return true;
        }
        let mut short = [0; 8];
        short.copy_from_slice(&key[..8]);
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let allowed = |entry: &Entry| if entry.key == short { own } else { others };
        if let Some(entry) = inner.entries.iter_mut().find(|entry| near(&entry.bytes, &bytes, allowed(entry))) {
            // The entry stays as it was first seen, so that evidence cannot creep away step by step.
            let again = entry.key == short && entry.uses < USES_OF_ONE_KEY;
            entry.uses += u8::from(again);
            return again;
        }
        inner.remember(Entry { bytes, key: short, uses: 1 }, self.capacity);
        true
    }
}

impl Inner {
    fn remember(&mut self, entry: Entry, capacity: usize) {
        let at = self.next;
        self.next = (self.next + 1) % capacity;
        if at < self.entries.len() {
            self.entries[at] = entry;
        } else {
            self.entries.push(entry);
        }
    }
}

/// What is compared of the pointer's and of the typing evidence, zeros where nothing was measured. What a
/// browser is and how long a page was open is the same for many people; movement and rhythm are not.
struct Watched {
    pointer: [u8; POINTER],
    typing: [u8; TYPING],
}

fn watched(evidence: &Evidence) -> Watched {
    let mut watched = Watched { pointer: [0; POINTER], typing: [0; TYPING] };
    let both = [
        (Family::Pointer, &mut watched.pointer[..], &SHAKE[..]),
        (Family::Typing, &mut watched.typing[..], &JUMPY[..]),
    ];
    for (family, bytes, left_out) in both {
        let measured = evidence.family(family).unwrap_or_default().iter().enumerate();
        let kept = measured.filter(|(i, _)| !left_out.contains(i)).map(|(_, byte)| *byte);
        bytes.iter_mut().zip(kept).for_each(|(to, byte)| *to = byte);
    }
    watched
}

/// How far from `of`, all its bytes together, movement and typing count as the same, another key's and one's own; 0
/// where there is none.
fn limits(of: &Watched) -> ([u32; 2], [u32; 2]) {
    let measured = |bytes: &[u8]| bytes.iter().filter(|byte| **byte != 0).count() as u32;
    let (pointer, typing) = (measured(&of.pointer), measured(&of.typing));
    let near = if pointer > POINTER as u32 / 2 { NEAR_MOVEMENT } else { NEAR_TWO_STROKES };
    let typing = typing * NEAR_TYPING;
    ([pointer * near, typing], [pointer * NEAR_OWN, typing])
}

/// Nearly the same movement, or nearly the same typing.
fn near(a: &Watched, b: &Watched, [pointer, typing]: [u32; 2]) -> bool {
    within(&a.pointer, &b.pointer, pointer) || within(&a.typing, &b.typing, typing)
}

/// Whether the bytes lie at most `limit` apart, summed; most pairs are far apart after the first few.
fn within(a: &[u8], b: &[u8], limit: u32) -> bool {
    let mut left = limit;
    limit > 0
        && a.chunks(16).zip(b.chunks(16)).all(|(a, b)| {
            let apart: u32 = a.iter().zip(b).map(|(x, y)| u32::from(x.abs_diff(*y))).sum();
            let fits = apart <= left;
            left = left.saturating_sub(apart);
            fits
        })
}

/// How much of the pointer's evidence, less [`SHAKE`]; what comes after is coarse or follows from it.
const POINTER: usize = 56;
/// Where the pointer's evidence has the fine shake: scaling and rounding a recording change it most.
const SHAKE: [usize; 4] = [48, 49, 50, 51];
/// How much of the typing evidence, less [`JUMPY`].
const TYPING: usize = 16;
/// Where a few ms change the typing evidence most: how dwells go with tempo, the share of quick keys, the skewness of
/// dwells, the share of words that begin quickly, and whether keys come in turn.
const JUMPY: [usize; 5] = [12, 13, 18, 19, 20];
/// Steps apart, on average over what was measured, at which movement counts as the same.
const NEAR_MOVEMENT: u32 = 5;
/// The same for two strokes, of which at most half is measured: how strokes vary needs three.
const NEAR_TWO_STROKES: u32 = 3;
/// The same for movement that comes with the same key again.
const NEAR_OWN: u32 = 2;
/// The same for typing.
const NEAR_TYPING: u32 = 1;
/// How often one page may hand in nearly the same evidence.
pub const USES_OF_ONE_KEY: u8 = 5;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{Event, Kind, Trace, codec};
    use sha2::{Digest, Sha256};

    fn people() -> Vec<Trace> {
        let corpus = include_str!("../../tests/corpus/traces.jsonl").lines();
        corpus.map(|line| codec::decode(line).unwrap().trace).filter(|t| t.id.starts_with("human-pointer")).collect()
    }

    fn keys() -> impl Iterator<Item = Thumbprint> {
        (0_u32..).map(|i| Sha256::digest(i.to_le_bytes()).into())
    }

    #[test]
    fn different_visits_are_all_new() {
        let filter = NoveltyFilter::new(100);
        for (trace, key) in people().iter().zip(keys()) {
            assert!(filter.admit(&Evidence::of(trace, None), &key), "{}", trace.id);
        }
    }

    #[test]
    fn a_visit_played_again_elsewhere_is_noticed_also_when_shifted_and_jittered() {
        let filter = NoveltyFilter::new(100);
        for (trace, key) in people().iter().zip(keys()) {
            assert!(filter.admit(&Evidence::of(trace, None), &key));
            let mut again = trace.clone();
            for (i, event) in again.events.iter_mut().enumerate() {
                event.t += 5000.0 + [0.0, 0.4, 0.2][i % 3];
            }
            assert!(!filter.admit(&Evidence::of(&again, None), &[1; 32]), "{}", trace.id);
        }
    }

    /// What a page sees of a recording: the last move of each frame, at the frame's time.
    fn in_frames(trace: &Trace, phase: f64) -> Trace {
        let mut events: Vec<Event> = Vec::new();
        for event in &trace.events {
            let moved = matches!(event.kind, Kind::Move(_));
            let t = if moved { ((event.t + phase) / 16.7).ceil() * 16.7 - phase } else { event.t };
            if moved && events.last().is_some_and(|last| matches!(last.kind, Kind::Move(_)) && last.t == t) {
                events.pop();
            }
            let t = events.last().map_or(t, |last| t.max(last.t));
            events.push(Event { t, ..*event });
        }
        Trace { events, ..trace.clone() }
    }

    #[test]
    fn a_recording_whose_frames_fall_otherwise_is_mostly_noticed() {
        let filter = NoveltyFilter::new(100);
        let mut noticed = 0;
        for (trace, key) in people().iter().zip(keys()) {
            assert!(filter.admit(&Evidence::of(&in_frames(trace, 0.0), None), &key), "{}", trace.id);
            noticed += u32::from(!filter.admit(&Evidence::of(&in_frames(trace, 6.0), None), &[1; 32]));
        }
        assert!(noticed >= 8, "{noticed} of {}", people().len());
    }

    #[test]
    fn one_page_may_send_its_form_again_a_few_times() {
        let filter = NoveltyFilter::new(100);
        let evidence = Evidence::of(&people()[0], None);
        for _ in 0..USES_OF_ONE_KEY {
            assert!(filter.admit(&evidence, &[7; 32]));
        }
        assert!(!filter.admit(&evidence, &[7; 32]));
        assert!(!filter.admit(&evidence, &[8; 32]));
    }

    #[test]
    fn a_page_that_asks_every_five_seconds_is_let_through() {
        let filter = NoveltyFilter::new(100);
        let mut long = Trace::default();
        for trace in people() {
            let start = long.events.last().map_or(0.0, |event| event.t + 400.0);
            long.events.extend(trace.events.iter().map(|event| Event { t: start + event.t, ..*event }));
        }
        for seconds in (10..).step_by(5).take_while(|s| f64::from(*s) * 1000.0 < long.duration_ms()) {
            let mut so_far = long.clone();
            so_far.events.retain(|event| event.t < f64::from(seconds) * 1000.0);
            assert!(filter.admit(&Evidence::of(&so_far, None), &[7; 32]), "after {seconds} s");
        }
    }

    #[test]
    fn little_evidence_is_not_held_against_anybody() {
        let filter = NoveltyFilter::new(100);
        for key in keys().take(20) {
            assert!(filter.admit(&Evidence::default(), &key));
        }
    }

    #[test]
    fn memory_has_a_bound_and_the_oldest_goes_first() {
        let filter = NoveltyFilter::new(3);
        let visits: Vec<Evidence> = people().iter().take(5).map(|trace| Evidence::of(trace, None)).collect();
        for (evidence, key) in visits.iter().zip(keys()) {
            assert!(filter.admit(evidence, &key));
        }
        assert_eq!(filter.inner.lock().unwrap().entries.len(), 3);
        assert!(filter.admit(&visits[0], &[1; 32]), "forgotten");
        assert!(!filter.admit(&visits[4], &[1; 32]), "remembered");
    }

    #[test]
    fn what_is_left_out_is_what_its_name_says() {
        let (pointer, typing) = (Family::Pointer.feature_names(), Family::Typing.feature_names());
        assert!(SHAKE.iter().all(|i| pointer[*i].contains("shake")));
        assert_eq!(pointer[POINTER + SHAKE.len() - 1], "strokes, ln");
        assert_eq!(
            JUMPY.map(|i| typing[i].split(',').next().unwrap()),
            [
                "dwell against press-to-press time",
                "quick keys under half a median",
                "dwell",
                "words whose first letter comes quicker than half of the keys",
                "keys in turn: half where none overlap and how long each is held delays the next",
            ]
        );
        assert_eq!(typing.len(), TYPING + JUMPY.len());
    }
}
