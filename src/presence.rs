//! What a passed face check leaves behind: a handful of figures, and whether they are those of one live
//! person. The page judges them before it hands them in; the server judges them again.

/// Prompts in one face check.
pub const PROMPTS: usize = 3;

/// Cosine from which two SFace embeddings are held to be of one person: the threshold opencv_zoo publishes
/// with the model, fixed on LFW.
pub const SAME_PERSON_SIMILARITY: f32 = 0.363;

/// What a face check was decided on.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Presence {
    /// Which attempt at the challenge, from 0: the prompts depend on it.
    pub attempt: u8,
    /// From each prompt to its answer, ms.
    pub responses: [u16; PROMPTS],
    /// Frames looked at.
    pub frames: u16,
    /// Departure from a plane while turning, over the eye span.
    #[serde(serialize_with = "short")]
    pub parallax: f32,
    /// The least likeness to the first face, cosine.
    #[serde(serialize_with = "short")]
    pub similarity: f32,
    /// Mean of the passive hint, 0 to 1; a half where it was not measured.
    #[serde(serialize_with = "short")]
    pub spoof: f32,
}

fn short<S: serde::Serializer>(value: &f32, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(crate::four_decimals(*value))
}

/// Why a check ended without a live person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// Nobody was seen in time.
    #[error("no face was seen")]
    NoFace,
    /// Nobody did what was asked in time.
    #[error("the movement was not seen in time")]
    TimedOut,
    /// The face left the picture.
    #[error("the face left the picture")]
    FaceLost,
    /// More than one face in view.
    #[error("more than one face was in view")]
    SeveralFaces,
    /// Another face than at the start.
    #[error("the face changed")]
    OtherFace,
    /// A cut: no head moves like this.
    #[error("the picture jumped")]
    Jump,
    /// The camera shows one picture over and over.
    #[error("the picture stood still")]
    Frozen,
    /// Pictures came again: a recording in a loop.
    #[error("pictures came twice")]
    Repeated,
    /// Other movements than those asked for: a recording of many.
    #[error("other movements were made than those asked for")]
    WrongMovement,
    /// The head turned like a flat picture.
    #[error("the face is flat")]
    Flat,
}

impl Presence {
    /// Whether these figures are those of one live person who answered in time.
    pub fn judge(&self) -> Result<(), Refusal> {
        // A face that looks like a print has to show more depth; the hint alone refuses nobody.
        let least = LEAST_PARALLAX * (1.0 + self.spoof.clamp(0.0, 1.0));
        if self.similarity.is_nan() || self.similarity < SAME_FACE {
            return Err(Refusal::OtherFace);
        }
        if self.parallax.is_nan() || self.parallax < least {
            return Err(Refusal::Flat);
        }
        if self.responses.iter().any(|response| *response < LEAST_RESPONSE_MS) || self.frames < LEAST_FRAMES {
            return Err(Refusal::WrongMovement);
        }
        let slow = self.responses.iter().any(|response| *response > PROMPT_MS);
        if slow { Err(Refusal::TimedOut) } else { Ok(()) }
    }

    /// All prompts together, ms.
    pub fn took_ms(&self) -> u64 {
        self.responses.iter().map(|response| u64::from(*response)).sum()
    }

    /// As rounded as a voucher carries it, so that page and server judge the same figures.
    #[must_use]
    pub fn rounded(self) -> Self {
        Self::from_bytes(&self.to_bytes()).unwrap_or(self)
    }

    /// As a voucher carries it: [`Presence::BYTES`] bytes, numbers big-endian.
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let share = |value: f32| libm::roundf(value.clamp(0.0, 1.0) * 255.0) as u8;
        let mut bytes = [0; Self::BYTES];
        (bytes[0], bytes[1]) = (Self::VERSION, self.attempt);
        let parallax = libm::roundf(self.parallax.clamp(0.0, 1.0) * PARALLAX_STEPS) as u16;
        let [first, second, third] = self.responses;
        for (at, number) in [first, second, third, self.frames, parallax].into_iter().enumerate() {
            bytes[2 + at * 2..4 + at * 2].copy_from_slice(&number.to_be_bytes());
        }
        (bytes[12], bytes[13]) = (share(self.similarity), share(self.spoof));
        bytes
    }

    /// The other way; `None` for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; Self::BYTES] = bytes.try_into().ok()?;
        let share = |byte: u8| f32::from(byte) / 255.0;
        let number = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
        (bytes[0] == Self::VERSION).then(|| Self {
            attempt: bytes[1],
            responses: [number(2), number(4), number(6)],
            frames: number(8),
            parallax: f32::from(number(10)) / PARALLAX_STEPS,
            similarity: share(bytes[12]),
            spoof: share(bytes[13]),
        })
    }

    /// Of [`Presence::to_bytes`].
    pub const BYTES: usize = 14;
    const VERSION: u8 = 1;
}

/// Steps of [`Presence::parallax`] on the wire, from 0 to 1.
const PARALLAX_STEPS: f32 = 10_000.0;

/// Over the eye span; doubled for what looks like a print.
const LEAST_PARALLAX: f32 = 0.03;

/// No person hears, reads and moves faster, ms.
const LEAST_RESPONSE_MS: u16 = 150;

/// Cosine of the likeness to the first face.
pub(crate) const SAME_FACE: f32 = 0.5;

/// Time for each prompt, ms: long, for people who need it.
pub(crate) const PROMPT_MS: u16 = 15_000;

/// A calm look needs this many frames.
pub(crate) const CALM_FRAMES: u16 = 5;

/// A movement has to be seen in this many frames running.
pub(crate) const MET_FRAMES: u16 = 2;

const LEAST_FRAMES: u16 = CALM_FRAMES + PROMPTS as u16 * MET_FRAMES;

#[cfg(test)]
mod tests {
    use super::*;

    const LIVE: Presence = Presence {
        attempt: 1,
        responses: [900, 1400, 15_000],
        frames: 240,
        parallax: 0.0445,
        similarity: 0.8,
        spoof: 0.2,
    };

    #[test]
    fn figures_survive_the_wire_and_are_judged_alike() {
        let rounded = LIVE.rounded();
        assert_eq!(rounded.rounded(), rounded);
        assert_eq!(rounded.to_bytes(), LIVE.to_bytes());
        for steps in 0..=10_000 {
            let presence = Presence { parallax: steps as f32 / PARALLAX_STEPS, ..LIVE }.rounded();
            assert_eq!(presence.rounded(), presence, "{steps}");
        }
        assert_eq!(rounded.responses, LIVE.responses);
        assert!((rounded.parallax - LIVE.parallax).abs() < 1e-4);
        assert_eq!((LIVE.judge(), rounded.judge()), (Ok(()), Ok(())));
    }

    #[test]
    fn what_no_live_person_leaves_is_refused() {
        for (made_up, refusal) in [
            (Presence { parallax: 0.01, ..LIVE }, Refusal::Flat),
            (Presence { parallax: 0.0445, spoof: 0.9, ..LIVE }, Refusal::Flat),
            (Presence { parallax: f32::NAN, ..LIVE }, Refusal::Flat),
            (Presence { similarity: 0.4, ..LIVE }, Refusal::OtherFace),
            (Presence { responses: [900, 20, 900], ..LIVE }, Refusal::WrongMovement),
            (Presence { frames: 3, ..LIVE }, Refusal::WrongMovement),
            (Presence { responses: [900, 900, 15_001], ..LIVE }, Refusal::TimedOut),
        ] {
            assert_eq!(made_up.judge(), Err(refusal), "{made_up:?}");
        }
    }

    #[test]
    fn other_bytes_are_no_presence() {
        let bytes = LIVE.to_bytes();
        assert_eq!(Presence::from_bytes(&bytes[1..]), None);
        assert_eq!(Presence::from_bytes(&[2; Presence::BYTES]), None);
        assert_eq!(Presence::from_bytes(&[]), None);
    }
}
