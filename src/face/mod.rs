//! Faces in pictures and camera frames: where they are, how they are turned, whose they are, and whether
//! somebody live is in front of the camera.
//!
//! A picture goes one way:
//!
//! ```text
//! RGBA ─▶ Frame ─▶ detector ─▶ mesh ─▶ pose, eyes, mouth ─▶ quality
//!                                 └─▶ embedding, expression, spoof (where asked)
//! frames over time ─▶ liveness (prompts drawn from a challenge, one continuous face)
//! ```
//!
//! - [`Frame`]: a borrowed RGBA picture
//! - [`FaceEngine`]: the models, loaded one role at a time; the only part that computes with tract
//! - [`liveness`]: the state machine over frames; it computes nothing from pixels itself
//! - [`Check`]: both together, a frame at a time
//!
//! Nothing here judges anybody by age, gender or emotion: expression is a read-out and a prompt.

mod check;
mod describe;
mod detector;
mod embedding;
mod engine;
mod expression;
mod eyes;
mod frame;
mod geometry;
pub mod liveness;
mod mesh;
mod network;
mod plane;
mod quality;
mod spoof;

pub use crate::presence::SAME_PERSON_SIMILARITY;
pub use check::{Check, Report};
pub use describe::Description;
pub use detector::Detection;
pub use embedding::Embedding;
pub use engine::{Ask, Face, FaceEngine, Role};
pub use expression::{EXPRESSIONS, Expression};
pub use frame::{Frame, MAX_PIXELS};
pub use geometry::{Point, Rect};
pub use mesh::{Mesh, POINTS, Pose};
pub use quality::{Hint, Quality};

/// Why a picture or a model is refused. No face in a picture is not an error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaceError {
    /// The buffer is not `width * height * 4` bytes.
    #[error("{bytes} bytes are no {width} x {height} picture in RGBA")]
    FrameSize {
        /// Pixels a row.
        width: usize,
        /// Rows.
        height: usize,
        /// What the buffer holds.
        bytes: usize,
    },
    /// No pixels, or more than [`MAX_PIXELS`].
    #[error("a picture of {width} x {height} pixels is not looked at (1 to {MAX_PIXELS} pixels are)")]
    FrameTooLarge {
        /// Pixels a row.
        width: usize,
        /// Rows.
        height: usize,
    },
    /// A model that does not load.
    #[error("the {role} model cannot be used: {what}")]
    Model {
        /// What it was to do.
        role: &'static str,
        /// In the words of the engine.
        what: String,
    },
    /// Something was asked of a model that is not there.
    #[error("the {role} model is not loaded")]
    NotLoaded {
        /// What it would have done.
        role: &'static str,
    },
    /// A model failed on an input it should have taken.
    #[error("the {role} model failed: {what}")]
    Inference {
        /// What it was doing.
        role: &'static str,
        /// In the words of the engine.
        what: String,
    },
}
