//! Whether it is still the same person, and what is known of that person.
//!
//! ```text
//! moves ─▶ blocks of 128 ─▶ Signature ─▶ Centroid ─┐
//!                     └▶ Facts ─────▶ Forest ─────┼─▶ Profile ─▶ how much more like this person than like others
//! keys, clicks, wheel ─▶ Habits ───────────────────┘
//! ```
//!
//! A small convolutional network, trained so that people it has never seen separate, turns each block of moves into a
//! [`Signature`]; an isolation [`Forest`] knows how fast, even and straight this person's blocks are; [`Habits`] are the
//! times and amounts of keys, clicks and wheel. `models/identity.md` says how well each works.

mod block;
mod face;
mod facts;
mod forest;
mod habit;
mod hand;
mod network;
mod person;
mod reader;
mod signature;

pub use face::FaceTemplate;
pub use facts::{FACTS, Facts};
pub use forest::Forest;
pub use habit::{Group, Habit, Habits, Observation, Observer};
pub use person::{Home, MOVEMENTS_JUDGED, Place, Profile, Summary};
pub use signature::{Centroid, Movement, Movements, STRIDE, Signature};

/// Moves in a block, as in the SapiMouse protocol (Antal, Fejér, Buza 2021).
pub const BLOCK_MOVES: usize = 128;

/// Fewer moves say nothing.
pub const LEAST_MOVES: usize = 32;
