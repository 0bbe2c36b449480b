//! A face check: frames of one camera, looked at by the engine and judged by [`Liveness`].

use super::liveness::{Liveness, PROMPTS, Prompt, Sighting, Signs, Step};
use super::{Ask, Embedding, Face, FaceEngine, FaceError, Frame, Role};

/// One attempt at one challenge.
#[derive(Debug)]
pub struct Check {
    liveness: Liveness,
    first: Option<Embedding>,
    /// Frames with a face so far.
    frames: u32,
    /// When the likeness was last measured, ms.
    measured: f64,
}

/// What came of a frame.
#[derive(Clone, Debug)]
pub struct Report {
    /// Where the check stands.
    pub step: Step,
    /// The face being followed, where there is one.
    pub face: Option<Face>,
}

impl Check {
    /// The check that a challenge's nonce asks for; `attempt` counts from 0.
    pub fn new(nonce: &[u8], attempt: u8) -> Self {
        Self { liveness: Liveness::new(nonce, attempt), first: None, frames: 0, measured: f64::NEG_INFINITY }
    }

    /// What will be asked, in order.
    pub fn prompts(&self) -> [Prompt; PROMPTS] {
        self.liveness.prompts()
    }

    /// Looks at the frame taken at `at` ms (any origin, growing). The models for detector and mesh must be
    /// loaded; those for continuity and spoof are used where they are.
    pub fn frame(&mut self, engine: &mut FaceEngine, frame: Frame<'_>, at: f64) -> Result<Report, FaceError> {
        // The costly looks are spread over frames, so that none takes much longer than the others.
        let likeness = engine.has(Role::Continuity) && at - self.measured >= LIKENESS_MS;
        let spoof = !likeness && engine.has(Role::Spoof) && self.frames.is_multiple_of(SPOOF_FRAMES);
        let (face, faces) = engine.follow(frame, Ask { likeness, spoof, ..Ask::default() })?;
        let mut signs = face.as_ref().and_then(|face| Signs::of(face, frame.width()));
        if let (Some(signs), Some(face)) = (&mut signs, &face) {
            self.frames += 1;
            if let Some(likeness) = &face.likeness {
                self.measured = at;
                // The first face of the attempt is the one that has to stay. A turned head looks less alike.
                let frontal = face.pose.is_some_and(|pose| pose.yaw.abs() < FRONTAL && pose.pitch.abs() < FRONTAL);
                match &self.first {
                    Some(first) if frontal => signs.similarity = Some(first.similarity(likeness)),
                    None if frontal => self.first = Some(likeness.clone()),
                    _ => {}
                }
            }
        }
        let sighting = Sighting { at, fingerprint: fingerprint(frame.rgba()), faces, face: signs };
        let step = self.liveness.observe(&sighting);
        if matches!(step, Step::Prepare(_)) && sighting.face.is_none() {
            self.first = None;
        }
        Ok(Report { step, face })
    }
}

/// FNV-1a over every eighth word: equal for equal frames, different for one camera's any two.
fn fingerprint(rgba: &[u8]) -> u64 {
    let words = rgba.chunks_exact(8).step_by(8);
    words.fold(0xcbf2_9ce4_8422_2325, |hash, word| {
        let word = u64::from_le_bytes([word[0], word[1], word[2], word[3], word[4], word[5], word[6], word[7]]);
        (hash ^ word).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Between looks at whose face it is, ms.
const LIKENESS_MS: f64 = 500.0;

/// Frames between passive looks.
const SPOOF_FRAMES: u32 = 6;

/// Degrees either way within which likenesses are compared.
const FRONTAL: f32 = 20.0;
