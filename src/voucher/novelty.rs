use super::Thumbprint;
use crate::behavior::{Evidence, Family};
use sha2::{Digest, Sha256};
use std::sync::{Mutex, PoisonError};

/// Remembers the evidence of the vouchers redeemed last, and tells when nearly the same comes again.
///
/// No two visits move alike: the nearest pair of strangers among 4,900 windows of recorded people, of
/// three strokes and more, lies 4.6 steps apart, on average over the pointer's bytes. A recording played
/// again lies at 0; scaled, nine of ten times under 2; at another frame rate seldom. Somebody who hands in one session's evidence under many challenges is
/// noticed, unless every copy is changed about as much as people differ.
///
/// Memory is fixed when it is made: `capacity` entries of about 280 bytes; the oldest is forgotten first.
pub struct NoveltyFilter {
    capacity: usize,
    inner: Mutex<Inner>,
}

struct Inner {
    entries: Vec<Entry>,
    next: usize,
    /// For each band, entry numbers plus one by hash; 0 is none.
    index: Vec<u32>,
}

#[derive(Clone)]
struct Entry {
    /// The bytes of [`WATCHED`], one family after the other, zeros where nothing was measured.
    bytes: [u8; BYTES],
    key: [u8; 8],
    uses: u8,
}

impl NoveltyFilter {
    /// A filter that remembers `capacity` vouchers; 0 remembers none and lets all through.
    pub fn new(capacity: usize) -> Self {
        let index = vec![0; if capacity == 0 { 0 } else { BANDS * slots(capacity) }];
        Self { capacity, inner: Mutex::new(Inner { entries: Vec::new(), next: 0, index }) }
    }

    /// Whether `evidence` is unlike what other keys have handed in. Then it is remembered.
    ///
    /// One page keeps its key, and a form that is sent again after a mistake brings much the same
    /// evidence again: the same key may do that [`USES_OF_ONE_KEY`] times.
    pub fn admit(&self, evidence: &Evidence, key: &Thumbprint) -> bool {
        let bytes = watched(evidence);
        if self.capacity == 0 || bytes.iter().all(|b| *b == 0) {
            return true;
        }
        let mut short = [0; 8];
        short.copy_from_slice(&key[..8]);
        let slots: [usize; BANDS] = std::array::from_fn(|band| slot(band, &bytes, self.capacity));
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        for slot in slots {
            let Some(at) = (inner.index[slot] as usize).checked_sub(1) else { continue };
            let entry = &mut inner.entries[at];
            if !near(&entry.bytes, &bytes) {
                continue;
            }
            if entry.key != short || entry.uses >= USES_OF_ONE_KEY {
                return false;
            }
            // The entry stays as it was first seen, so that evidence cannot creep away step by step.
            entry.uses += 1;
            return true;
        }
        inner.remember(Entry { bytes, key: short, uses: 1 }, &slots, self.capacity);
        true
    }
}

impl Inner {
    fn remember(&mut self, entry: Entry, slots: &[usize; BANDS], capacity: usize) {
        let at = self.next;
        self.next = (self.next + 1) % capacity;
        if at < self.entries.len() {
            self.entries[at] = entry;
        } else {
            self.entries.push(entry);
        }
        for slot in slots {
            self.index[*slot] = at as u32 + 1;
        }
    }
}

fn watched(evidence: &Evidence) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    for (family, start, width) in WATCHED {
        if let Some(measured) = evidence.family(family) {
            let kept = measured.iter().enumerate().filter(|(i, _)| family != Family::Pointer || !SHAKE.contains(i));
            for (to, (_, byte)) in bytes[start..start + width].iter_mut().zip(kept) {
                *to = *byte;
            }
        }
    }
    bytes
}

/// Nearly the same movement, or nearly the same typing.
fn near(a: &[u8; BYTES], b: &[u8; BYTES]) -> bool {
    WATCHED.iter().zip(NEAR).any(|((_, start, width), most)| {
        let (a, b) = (&a[*start..start + width], &b[*start..start + width]);
        let measured = a.iter().any(|x| *x != 0) && b.iter().any(|x| *x != 0);
        let apart: u32 = a.iter().zip(b).map(|(x, y)| u32::from(x.abs_diff(*y))).sum();
        measured && apart <= most * *width as u32
    })
}

/// Where in the index a band of `bytes` is: a hash of some of the features, coarsely. Evidence that lies
/// near shares at least one of the bands almost always (99.9 % at two steps apart, 8 features a band).
fn slot(band: usize, bytes: &[u8; BYTES], capacity: usize) -> usize {
    let (_, start, width) = WATCHED[usize::from(band >= POINTER_BANDS)];
    let mut hash = Sha256::new_with_prefix([band as u8]);
    for i in 0..FEATURES_OF_A_BAND {
        // Fixed pseudo-random choices of feature and of where the coarse steps begin.
        let draw = (band * 131 + i * 197 + band * i * 29) % 997;
        let byte = bytes[start + draw % width];
        hash.update([((u16::from(byte) + (draw % COARSE) as u16) / COARSE as u16) as u8]);
    }
    let digest = hash.finalize();
    let number = u32::from_le_bytes([digest[0], digest[1], digest[2], digest[3]]) as usize;
    band * slots(capacity) + number % slots(capacity)
}

fn slots(capacity: usize) -> usize {
    capacity.saturating_mul(2)
}

/// Families, where their bytes begin, and how many they are. What a browser is and how long a page was
/// open is the same for many people; movement and rhythm are not.
const WATCHED: [(Family, usize, usize); 2] = [(Family::Pointer, 0, POINTER), (Family::Typing, POINTER, TYPING)];
/// How much of the pointer's evidence, less [`SHAKE`]; what comes after is coarse or follows from it.
const POINTER: usize = 56;
/// Where the pointer's evidence has the fine shake: scaling and rounding a recording change it most.
const SHAKE: std::ops::Range<usize> = 48..52;
const TYPING: usize = 19;
const BYTES: usize = POINTER + TYPING;
/// Steps apart, on average over a family's bytes, at which evidence counts as the same.
const NEAR: [u32; 2] = [2, 1];
const BANDS: usize = 24;
const POINTER_BANDS: usize = 16;
const FEATURES_OF_A_BAND: usize = 8;
const COARSE: usize = 16;
/// How often one page may hand in nearly the same evidence.
pub const USES_OF_ONE_KEY: u8 = 5;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{Trace, codec};

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
        let mut noticed = 0;
        for (trace, key) in people().iter().zip(keys()) {
            assert!(filter.admit(&Evidence::of(trace, None), &key));
            let mut again = trace.clone();
            for (i, event) in again.events.iter_mut().enumerate() {
                event.t += 5000.0 + [0.0, 0.4, 0.2][i % 3];
            }
            noticed += u32::from(!filter.admit(&Evidence::of(&again, None), &[1; 32]));
        }
        assert_eq!(noticed as usize, people().len());
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
    fn widths_are_the_families() {
        assert!(crate::behavior::Family::Pointer.feature_names()[SHAKE].iter().all(|name| name.contains("shake")));
        assert_eq!(crate::behavior::Family::Pointer.feature_names()[POINTER + SHAKE.len() - 1], "strokes, ln");
        assert_eq!(Family::Typing.specs().len(), WATCHED[1].2);
    }
}
