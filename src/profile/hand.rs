//! One way of moving a mouse: a person has one for each device.

use super::facts::{FACTS, Facts};
use super::reader::Reader;
use super::{Centroid, Forest, Signature};
use crate::behavior::stats;
use std::collections::VecDeque;

/// What was learnt of it. The anchor is what it was enrolled with and never changes; what came later counts for half
/// at most, and only what the anchor itself recognises is let in. So a hand can drift as people do, and nobody can
/// lead it away step by step.
#[derive(Clone, Debug, Default)]
pub(super) struct Hand {
    anchor: Vec<Signature>,
    later: VecDeque<Signature>,
    facts: Vec<Facts>,
    judges: Option<Judges>,
}

/// Made from what was learnt, anew when that changes.
#[derive(Clone, Debug)]
struct Judges {
    anchor: Centroid,
    both: Centroid,
    usual: Option<Usual>,
}

/// How unusual blocks are for forests of this hand's own.
#[derive(Clone, Debug)]
struct Usual {
    forests: [Forest; 2],
    own: Spread,
}

/// Mean and standard deviation.
#[derive(Clone, Copy, Debug)]
struct Spread {
    mean: f64,
    deviation: f64,
}

impl Hand {
    /// Takes a block while enrolling.
    pub(super) fn enrol(&mut self, signature: Signature) {
        if self.anchor.len() < ANCHOR_BLOCKS {
            self.anchor.push(signature);
            if self.anchor.len() >= LEAST_BLOCKS {
                self.prepare();
            }
        }
    }

    pub(super) fn enrol_facts(&mut self, facts: Facts) {
        if self.facts.len() < MOST_FACTS {
            self.facts.push(facts);
        }
    }

    /// 0 to 1: how much of what judging takes is there.
    pub(super) fn enrolled(&self) -> f64 {
        (self.anchor.len() as f64 / LEAST_BLOCKS as f64).min(1.0)
    }

    /// Blocks learnt.
    pub(super) fn blocks(&self) -> usize {
        self.anchor.len() + self.later.len()
    }

    pub(super) fn is_anchored(&self) -> bool {
        self.anchor.len() >= ANCHOR_BLOCKS
    }

    /// Lets a block in, if the anchor recognises it; `seen` is its centroid.
    pub(super) fn adapt(&mut self, signature: Signature, seen: &Centroid) {
        let Some(judges) = self.judges.as_mut().filter(|judges| f64::from(judges.anchor.score(seen)) >= LEAST_TO_ADAPT)
        else {
            return;
        };
        self.later.push_back(signature);
        if self.later.len() > self.anchor.len() {
            self.later.pop_front();
        }
        if let Some(both) = Centroid::new(self.anchor.iter().chain(&self.later)) {
            judges.both = both;
        }
    }

    /// How much more alike than strangers, in standard deviations; `None` before there is enough.
    pub(super) fn score(&self, seen: &Centroid) -> Option<f64> {
        let judges = self.judges.as_ref()?;
        let anchored = f64::from(judges.anchor.score(seen));
        Some(f64::from(judges.both.score(seen)).min(anchored + MOST_DRIFT))
    }

    /// How much more unusual than this hand's own, in standard deviations.
    pub(super) fn unusual(&self, facts: &Facts) -> Option<f64> {
        let usual = self.judges.as_ref()?.usual.as_ref()?;
        let score = usual.forests.iter().map(|forest| forest.score(facts)).sum::<f64>() / 2.0;
        Some((score - usual.own.mean) / usual.own.deviation)
    }

    /// After the anchor changed.
    fn prepare(&mut self) {
        let Some(anchor) = Centroid::new(&self.anchor) else { return };
        let Some(both) = Centroid::new(self.anchor.iter().chain(&self.later)) else { return };
        // Growing a forest takes longest: every so often will do.
        let due = (self.anchor.len() - LEAST_BLOCKS).is_multiple_of(GROWN_EVERY);
        let kept = self.judges.take().filter(|_| !due);
        let usual = kept.map_or_else(|| Usual::of(&self.facts), |judges| judges.usual);
        self.judges = Some(Judges { anchor, both, usual });
    }

    pub(super) fn write(&self, bytes: &mut Vec<u8>) {
        for count in [self.anchor.len(), self.later.len(), self.facts.len()] {
            bytes.extend((count as u16).to_le_bytes());
        }
        for signature in self.anchor.iter().chain(&self.later) {
            bytes.extend(signature.to_bytes());
        }
        bytes.extend(self.facts.iter().flatten());
    }

    pub(super) fn read(bytes: &mut Reader) -> Option<Self> {
        let (anchor, later, facts) = (bytes.number()?, bytes.number()?, bytes.number()?);
        if anchor > ANCHOR_BLOCKS || later > anchor || facts > MOST_FACTS {
            return None;
        }
        let mut signature = || Signature::from_bytes(bytes.take(Signature::BYTES)?.try_into().ok()?);
        let anchor: Vec<Signature> = (0..anchor).map(|_| signature()).collect::<Option<_>>()?;
        let later = (0..later).map(|_| signature()).collect::<Option<_>>()?;
        let facts = (0..facts).map(|_| bytes.take(FACTS)?.try_into().ok()).collect::<Option<_>>()?;
        let mut hand = Self { anchor, later, facts, judges: None };
        if hand.anchor.len() >= LEAST_BLOCKS {
            hand.prepare();
        }
        Some(hand)
    }
}

impl Usual {
    fn of(facts: &[Facts]) -> Option<Self> {
        if facts.len() < LEAST_FACTS {
            return None;
        }
        // Each half judged by the forest that has not seen it: its own would flatter.
        let halves = facts.split_at(facts.len() / 2);
        let samples = |half: &[Facts]| half.iter().map(|facts| facts.to_vec()).collect::<Vec<_>>();
        let forests = [Forest::new(&samples(halves.0), SEED)?, Forest::new(&samples(halves.1), SEED)?];
        let first = halves.0.iter().map(|facts| forests[1].score(facts));
        let second = halves.1.iter().map(|facts| forests[0].score(facts));
        let own = Spread::of(&first.chain(second).collect::<Vec<_>>());
        Some(Self { forests, own })
    }
}

impl Spread {
    fn of(values: &[f64]) -> Self {
        let (mean, deviation) = (stats::mean(values), stats::deviation(values));
        Self { mean: mean.unwrap_or(0.0), deviation: deviation.unwrap_or(0.0).max(1e-3) }
    }
}

/// Blocks that make a hand known: 2,048 moves, about a minute of steady use.
const LEAST_BLOCKS: usize = 16;
/// Blocks in an anchor: 6,144 moves, as many as three minutes of steady use have.
const ANCHOR_BLOCKS: usize = 48;
/// Blocks enrolled from one forest to the next.
const GROWN_EVERY: usize = 8;
/// Fewer blocks make no forest; they overlap.
const LEAST_FACTS: usize = 40;
const MOST_FACTS: usize = 128;
/// A block the anchor finds less alike than this changes nothing, in standard deviations over strangers.
const LEAST_TO_ADAPT: f64 = 1.5;
/// What came later adds at most this to how alike the anchor finds somebody.
const MOST_DRIFT: f64 = 0.5;
/// Cuts need not be secret: what they cut is.
const SEED: u64 = 1;
