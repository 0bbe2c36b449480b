//! Whether it is still the same person: how somebody moves a mouse.
//!
//! ```text
//! trace ─▶ blocks of 128 moves ─▶ Signature ─▶ Profile ─▶ how much more alike than strangers
//! ```
//!
//! A small convolutional network, trained so that people it has never seen separate, turns each block into a
//! [`Signature`]; a [`Profile`] is the mean of the enrolled ones. `models/identity.md` says how well it works.

mod block;
mod network;

use block::blocks;
use network::Network;

use crate::trace::Trace;

/// How one stretch of movement was made: a direction in a space where one person's lie close together.
#[derive(Clone, Debug, PartialEq)]
pub struct Signature {
    values: Vec<f32>,
}

/// What was learnt of one person.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    mean: Signature,
    blocks: usize,
}

impl Signature {
    /// One for each whole block of [`BLOCK_MOVES`] moves of a mouse, in order; one for all there is where
    /// there are fewer, but at least [`LEAST_MOVES`].
    pub fn of(trace: &Trace) -> Vec<Self> {
        let network = Network::shipped();
        blocks(&trace.events).iter().map(|block| Self { values: network.embed(block) }).collect()
    }

    /// Of several together; `None` of none.
    pub fn mean<'a>(signatures: impl IntoIterator<Item = &'a Self>) -> Option<Self> {
        let mut signatures = signatures.into_iter();
        let mut sum = signatures.next()?.values.clone();
        for signature in signatures {
            sum.iter_mut().zip(&signature.values).for_each(|(sum, value)| *sum += value);
        }
        Some(Self { values: sum })
    }

    /// Cosine, -1 to 1.
    pub fn similarity(&self, other: &Self) -> f32 {
        cosine(&self.values, &other.values)
    }

    /// Mean and standard deviation of the likeness to the most alike of the network's strangers: what chance
    /// gives.
    fn by_chance(&self) -> (f32, f32) {
        let mut likenesses: Vec<f32> =
            Network::shipped().strangers().map(|stranger| cosine(&self.values, stranger)).collect();
        likenesses.sort_by(|a, b| b.total_cmp(a));
        likenesses.truncate(NEAREST_STRANGERS);
        let count = likenesses.len().max(1) as f32;
        let mean = likenesses.iter().sum::<f32>() / count;
        let variance = likenesses.iter().map(|l| (l - mean) * (l - mean)).sum::<f32>() / count;
        (mean, libm::sqrtf(variance).max(f32::EPSILON))
    }
}

impl Profile {
    /// From everything enrolled; `None` of nothing.
    pub fn new(enrolled: &[Signature]) -> Option<Self> {
        Some(Self { mean: Signature::mean(enrolled)?, blocks: enrolled.len() })
    }

    /// Blocks it was learnt from.
    pub fn blocks(&self) -> usize {
        self.blocks
    }

    /// How much more alike the signatures are than strangers' are by chance, in standard deviations: the
    /// cosine of both means, seen from either side's nearest strangers (adaptive symmetric score
    /// normalisation; Matejka et al. 2017). `None` of no signatures.
    pub fn score<'a>(&self, probe: impl IntoIterator<Item = &'a Signature>) -> Option<f32> {
        let probe = Signature::mean(probe)?;
        let likeness = self.mean.similarity(&probe);
        let seen_from = |(mean, deviation): (f32, f32)| (likeness - mean) / deviation;
        Some((seen_from(self.mean.by_chance()) + seen_from(probe.by_chance())) / 2.0)
    }
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    dot(a, b) / libm::sqrtf(dot(a, a) * dot(b, b)).max(f32::EPSILON)
}

/// Moves in a block, as in the SapiMouse protocol (Antal, Fejér, Buza 2021).
pub const BLOCK_MOVES: usize = 128;

/// Fewer moves say nothing.
pub const LEAST_MOVES: usize = 32;

/// Chosen on the people the network was tuned on.
const NEAREST_STRANGERS: usize = 20;
