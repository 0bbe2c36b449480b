//! How a mouse is moved: directions in a space where one person's lie close together.

use super::block::{Roll, Step, blocks};
use super::facts::{Facts, facts};
use super::network::Network;
use crate::trace::{Event, Trace};

/// How one stretch of movement was made: a direction in a space where one person's lie close together.
#[derive(Clone, Debug, PartialEq)]
pub struct Signature {
    values: Vec<f32>,
}

/// What signatures have in common: of somebody enrolled, or of somebody to be compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Centroid {
    /// The sum of the signatures; only its direction counts.
    direction: Vec<f32>,
    /// Mean and standard deviation of the likeness to the most alike of the network's strangers.
    by_chance: (f32, f32),
}

impl Signature {
    /// One for each whole block of [`BLOCK_MOVES`] moves of a mouse, in order; one for all there is where
    /// there are fewer, but at least [`LEAST_MOVES`].
    pub fn of(trace: &Trace) -> Vec<Self> {
        let network = Network::shipped();
        blocks(&trace.events).iter().map(|block| Self { values: network.embed(block) }).collect()
    }

    /// Its length, and where each number lies between 0 and the greatest: 36 bytes.
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let most = self.values.iter().fold(f32::MIN_POSITIVE, |most, value| most.max(value.abs()));
        let mut bytes = [0; Self::BYTES];
        bytes[..4].copy_from_slice(&most.to_le_bytes());
        let small = self.values.iter().map(|value| libm::roundf(value / most * 127.0) as i8 as u8);
        bytes[4..].iter_mut().zip(small).for_each(|(byte, value)| *byte = value);
        bytes
    }

    /// The other way; `None` for a length that no signature has.
    pub fn from_bytes(bytes: &[u8; Self::BYTES]) -> Option<Self> {
        let most = f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        let values = bytes[4..].iter().map(|byte| f32::from(*byte as i8) / 127.0 * most).collect();
        (most.is_normal() && most > 0.0 && most < LONGEST).then_some(Self { values })
    }

    /// What [`Signature::to_bytes`] takes.
    pub const BYTES: usize = 36;
}

/// A block of moves.
#[derive(Clone, Debug, PartialEq)]
pub struct Movement {
    block: Vec<Step>,
}

impl Movement {
    /// As the network sees it; takes a moment.
    pub fn signature(&self) -> Signature {
        Signature { values: Network::shipped().embed(&self.block) }
    }

    /// As an isolation forest sees it.
    pub fn facts(&self) -> Facts {
        facts(&self.block)
    }
}

/// Moves that go on coming: the last [`BLOCK_MOVES`](super::BLOCK_MOVES) of them, every [`STRIDE`].
#[derive(Clone, Debug, Default)]
pub struct Movements {
    roll: Roll,
}

impl Movements {
    /// Takes an event; not every one ends a stride.
    pub fn push(&mut self, event: &Event) -> Option<Movement> {
        Some(Movement { block: self.roll.push(event, STRIDE)? })
    }
}

impl Centroid {
    /// Of everything given; `None` of nothing.
    pub fn new<'a>(signatures: impl IntoIterator<Item = &'a Signature>) -> Option<Self> {
        let mut signatures = signatures.into_iter();
        let mut direction = signatures.next()?.values.clone();
        for signature in signatures {
            direction.iter_mut().zip(&signature.values).for_each(|(sum, value)| *sum += value);
        }
        let by_chance = by_chance(&direction);
        Some(Self { direction, by_chance })
    }

    /// How much more alike the two are than strangers are by chance, in standard deviations: the cosine, seen
    /// from either side's nearest strangers (adaptive symmetric score normalisation; Matejka et al. 2017).
    pub fn score(&self, other: &Self) -> f32 {
        let likeness = cosine(&self.direction, &other.direction);
        let seen_from = |(mean, deviation): (f32, f32)| (likeness - mean) / deviation;
        (seen_from(self.by_chance) + seen_from(other.by_chance)) / 2.0
    }
}

fn by_chance(direction: &[f32]) -> (f32, f32) {
    let mut likenesses: Vec<f32> = Network::shipped().strangers().map(|stranger| cosine(direction, stranger)).collect();
    likenesses.sort_by(|a, b| b.total_cmp(a));
    likenesses.truncate(NEAREST_STRANGERS);
    let count = likenesses.len().max(1) as f32;
    let mean = likenesses.iter().sum::<f32>() / count;
    let variance = likenesses.iter().map(|l| (l - mean) * (l - mean)).sum::<f32>() / count;
    (mean, libm::sqrtf(variance).max(f32::EPSILON))
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(a, b) / libm::sqrtf(dot(a, a) * dot(b, b)).max(f32::EPSILON)
}

/// Moves from one [`Movement`] to the next; they overlap.
pub const STRIDE: usize = 32;

/// More than any network's answer.
const LONGEST: f32 = 1e6;

/// Chosen on the people the network was tuned on.
const NEAREST_STRANGERS: usize = 20;
