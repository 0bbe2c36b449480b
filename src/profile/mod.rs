//! Whether it is still the same person: how somebody moves a mouse.
//!
//! ```text
//! trace ─▶ blocks of 128 moves ─▶ Signature ─▶ Profile ─▶ how much more alike than strangers
//! ```
//!
//! A small convolutional network, trained so that people it has never seen separate, turns each block into a
//! [`Signature`]; a [`Profile`] is what several have in common. `models/identity.md` says how well it works.

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

/// What signatures have in common: of somebody enrolled, or of somebody to be compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
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
}

impl Profile {
    /// Of everything given; `None` of nothing.
    pub fn new(signatures: &[Signature]) -> Option<Self> {
        let (first, rest) = signatures.split_first()?;
        let mut direction = first.values.clone();
        for signature in rest {
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

/// Moves in a block, as in the SapiMouse protocol (Antal, Fejér, Buza 2021).
pub const BLOCK_MOVES: usize = 128;

/// Fewer moves say nothing.
pub const LEAST_MOVES: usize = 32;

/// Chosen on the people the network was tuned on.
const NEAREST_STRANGERS: usize = 20;
