//! Active liveness: a person does what a challenge asks, in front of one camera, as one face.
//!
//! The prompts are drawn from the challenge's nonce, so a recording made before knows them only by luck. What
//! a photograph, a screen or a swap cannot do is looked for on the way: parallax while the head turns, one
//! continuous face, frames that are not repeated.
//!
//! Terms of ISO/IEC 30107-3: a *presentation attack* (photograph, screen, mask) that passes is counted in
//! APCER, a live person who is refused in BPCER.

use super::{Face, Hint, Mesh, Point, plane};
use crate::presence::{CALM_FRAMES, MET_FRAMES, PROMPT_MS, SAME_FACE};
pub use crate::presence::{PROMPTS, Presence, Refusal};
use sha2::{Digest, Sha256};
use std::collections::VecDeque;

/// What a person is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Prompt {
    /// Turn the head to the person's own left.
    TurnLeft,
    /// Turn the head to the person's own right.
    TurnRight,
    /// Lift the chin.
    LookUp,
    /// Close both eyes and open them again.
    Blink,
    /// Open the mouth.
    OpenMouth,
    /// Smile.
    Smile,
    /// Bring the face nearer.
    MoveCloser,
}

/// The prompts of one attempt at a challenge. One is always a turn: only a turn shows depth.
pub fn prompts(nonce: &[u8], attempt: u8) -> [Prompt; PROMPTS] {
    let mut hash = Sha256::new();
    hash.update(b"vouchsafe liveness v1\0");
    hash.update(nonce);
    hash.update([attempt]);
    let draw = hash.finalize();
    let turn = [Prompt::TurnLeft, Prompt::TurnRight][usize::from(draw[0] & 1)];
    let mut others = vec![Prompt::LookUp, Prompt::Blink, Prompt::OpenMouth, Prompt::Smile, Prompt::MoveCloser];
    let first = others.remove(usize::from(draw[1]) % others.len());
    let second = others.remove(usize::from(draw[2]) % others.len());
    match draw[3] % 3 {
        0 => [turn, first, second],
        1 => [first, turn, second],
        _ => [first, second, turn],
    }
}

/// What one frame shows, as far as liveness cares.
#[derive(Clone, Debug)]
pub struct Sighting {
    /// When the frame was taken, ms; any origin.
    pub at: f64,
    /// Changes with every bit of the picture: a digest or checksum of it.
    pub fingerprint: u64,
    /// Faces in view.
    pub faces: usize,
    /// The one being followed.
    pub face: Option<Signs>,
}

/// What one face shows in one frame.
#[derive(Clone, Debug)]
pub struct Signs {
    measures: Measures,
    /// Points that do not move with mouth or lids, picture px.
    rigid: Vec<Point>,
    center: Point,
    eye_span: f32,
    well_seen: Option<Hint>,
    /// Likeness to the first face of this check, cosine; where it was measured.
    pub similarity: Option<f32>,
    /// Looks like a print or a screen, 0 to 1; where it was measured.
    pub spoof: Option<f32>,
}

/// What prompts are measured by.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Measures {
    yaw: f32,
    pitch: f32,
    /// Mean eye aspect ratio: the smaller of both is noise.
    eyes: f32,
    iris: f32,
    mouth: f32,
    smile: f32,
    /// Eye span over the frame's width.
    size: f32,
}

impl Signs {
    /// From a face with a mesh, in a frame `width` px wide; `None` without a mesh.
    pub fn of(face: &Face, width: usize) -> Option<Self> {
        let (mesh, pose) = (face.mesh.as_ref()?, face.pose?);
        let [right, left] = mesh.eye_aspect_ratio();
        Some(Self {
            measures: Measures {
                yaw: pose.yaw,
                pitch: pose.pitch,
                eyes: (right + left) / 2.0,
                iris: face.iris_contrast.unwrap_or_default(),
                mouth: mesh.mouth_aspect_ratio(),
                smile: mesh.mouth_width() + mesh.mouth_lift(),
                size: mesh.eye_span() / width.max(1) as f32,
            },
            rigid: RIGID.iter().map(|i| mesh.at(*i)).collect(),
            center: face.bounds.center(),
            eye_span: eye_span(mesh, pose.yaw),
            well_seen: face.quality.hints.iter().copied().find(|hint| *hint != Hint::OnePersonOnly),
            similarity: None,
            spoof: face.spoof,
        })
    }
}

/// Between the eyes as if the head were not turned, px.
fn eye_span(mesh: &Mesh, yaw: f32) -> f32 {
    mesh.eye_span() / libm::cosf(yaw.to_radians()).max(0.5)
}

/// Where a check stands after a frame.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// A calm look into the camera is needed first; what to do about it where it is not one.
    Prepare(Option<Hint>),
    /// This is asked now; `done` prompts are behind.
    Prompt {
        /// What is asked.
        prompt: Prompt,
        /// Prompts answered.
        done: usize,
        /// How far the movement has come, 0 to 1.
        progress: f32,
    },
    /// Everything was done by one live face.
    Passed(Presence),
    /// Not this time.
    Refused(Refusal),
}

/// A check under way.
#[derive(Clone, Debug)]
pub struct Liveness {
    prompts: [Prompt; PROMPTS],
    attempt: u8,
    state: State,
    began: Option<f64>,
    last: Option<Last>,
    lost_since: Option<f64>,
    crowded: u8,
    baseline: Baseline,
    progress: f32,
    unasked: Vec<(usize, Prompt)>,
    prints: Prints,
    parallax: f32,
    similarity: f32,
    spoof: (f32, u16),
    frames: u16,
    responses: [u16; PROMPTS],
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Preparing,
    /// `asked` since when; the measure was seen at rest since; for how many frames it has been met.
    Asking {
        index: usize,
        asked: f64,
        rested: u8,
        met: u8,
        peaked: bool,
    },
    Ended(Outcome),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    Passed,
    Refused(Refusal),
}

#[derive(Clone, Copy, Debug)]
struct Last {
    at: f64,
    center: Point,
    eye_span: f32,
    yaw: f32,
}

/// The calm face a check starts from.
#[derive(Clone, Debug, Default)]
struct Baseline {
    seen: Vec<Measures>,
    since: f64,
    measures: Measures,
    rigid: Vec<Point>,
}

/// Fingerprints of frames with a face.
#[derive(Clone, Debug, Default)]
struct Prints {
    recent: VecDeque<u64>,
    same_since: Option<f64>,
}

impl Liveness {
    /// The check that `nonce` asks for.
    pub fn new(nonce: &[u8], attempt: u8) -> Self {
        Self {
            prompts: prompts(nonce, attempt),
            attempt,
            state: State::Preparing,
            began: None,
            last: None,
            lost_since: None,
            crowded: 0,
            baseline: Baseline::default(),
            progress: 0.0,
            unasked: Vec::new(),
            prints: Prints::default(),
            parallax: 0.0,
            similarity: 1.0,
            spoof: (0.0, 0),
            frames: 0,
            responses: [0; PROMPTS],
        }
    }

    /// What will be asked, in order.
    pub fn prompts(&self) -> [Prompt; PROMPTS] {
        self.prompts
    }

    /// Takes the next frame. Frames out of order are not looked at.
    pub fn observe(&mut self, sighting: &Sighting) -> Step {
        if let State::Ended(_) = self.state {
            return self.step(None);
        }
        let began = *self.began.get_or_insert(sighting.at);
        if self.last.is_some_and(|last| sighting.at <= last.at) || !sighting.at.is_finite() {
            return self.step(None);
        }
        self.frames = self.frames.saturating_add(1);
        match self.look(sighting, began) {
            Err(refusal) => {
                self.state = State::Ended(Outcome::Refused(refusal));
                self.step(None)
            }
            Ok(hint) => self.step(hint),
        }
    }

    fn look(&mut self, sighting: &Sighting, began: f64) -> Result<Option<Hint>, Refusal> {
        let at = sighting.at;
        let preparing = self.state == State::Preparing;
        if preparing && at - began > PREPARE_MS {
            return Err(if self.last.is_some() { Refusal::TimedOut } else { Refusal::NoFace });
        }
        self.crowded = if sighting.faces > 1 { self.crowded.saturating_add(1) } else { 0 };
        if self.crowded > CROWDED_FRAMES && !preparing {
            return Err(Refusal::SeveralFaces);
        }
        let Some(signs) = &sighting.face else {
            let since = *self.lost_since.get_or_insert(at);
            if preparing {
                self.baseline = Baseline::default();
                self.last = None;
                return Ok(Some(if sighting.faces == 0 { Hint::MoveIntoView } else { Hint::FaceTheCamera }));
            }
            return if at - since > LOST_MS { Err(Refusal::FaceLost) } else { Ok(None) };
        };
        self.lost_since = None;
        self.prints.take(at, sighting.fingerprint)?;
        let jumped = self.last.is_some_and(|last| last.jump(at, signs));
        self.last = Some(Last { at, center: signs.center, eye_span: signs.eye_span, yaw: signs.measures.yaw });
        if jumped {
            if !preparing {
                return Err(Refusal::Jump);
            }
            self.baseline = Baseline::default();
        }
        if let Some(similarity) = signs.similarity {
            self.similarity = self.similarity.min(similarity);
            if similarity < SAME_FACE {
                return Err(Refusal::OtherFace);
            }
        }
        if let Some(spoof) = signs.spoof {
            self.spoof = (self.spoof.0 + spoof, self.spoof.1.saturating_add(1));
        }
        match self.state {
            State::Preparing => Ok(self.prepare(at, sighting.faces, signs)),
            State::Asking { .. } => self.ask(at, signs).map(|()| None),
            State::Ended(_) => Ok(None),
        }
    }

    /// Gathers a calm look into the camera.
    fn prepare(&mut self, at: f64, faces: usize, signs: &Signs) -> Option<Hint> {
        let Measures { yaw, pitch, mouth, size, .. } = signs.measures;
        let hint = if faces > 1 {
            Some(Hint::OnePersonOnly)
        } else if size < LEAST_SIZE {
            Some(Hint::ComeCloser)
        } else if size > MOST_SIZE {
            Some(Hint::MoveBack)
        } else if yaw.abs() > CALM_YAW || pitch.abs() > CALM_PITCH || mouth > CALM_MOUTH {
            Some(Hint::FaceTheCamera)
        } else {
            signs.well_seen
        };
        if hint.is_some() {
            self.baseline = Baseline::default();
            return hint;
        }
        if self.baseline.seen.is_empty() {
            self.baseline.since = at;
        }
        if self.baseline.seen.len() < MOST_CALM_FRAMES {
            self.baseline.seen.push(signs.measures);
        }
        if self.baseline.seen.len() >= usize::from(CALM_FRAMES) && at - self.baseline.since >= CALM_MS {
            self.baseline.settle(signs);
            self.state = State::Asking { index: 0, asked: at, rested: 0, met: 0, peaked: false };
        }
        None
    }

    fn ask(&mut self, at: f64, signs: &Signs) -> Result<(), Refusal> {
        let State::Asking { index, asked, mut rested, mut met, mut peaked } = self.state else { return Ok(()) };
        if at - asked > f64::from(PROMPT_MS) {
            return Err(Refusal::TimedOut);
        }
        let prompt = self.prompts[index];
        self.parallax = self.parallax.max(self.baseline.departure(signs));
        self.notice_unasked(index, &signs.measures)?;
        let progress = self.baseline.progress(prompt, &signs.measures);
        if progress < RESTED {
            rested = rested.saturating_add(1);
        }
        // What was already so when it was asked was not done because it was asked.
        if rested >= RESTED_FRAMES && progress >= 1.0 {
            met = met.saturating_add(1);
            peaked |= met >= if prompt == Prompt::Blink { 1 } else { MET_FRAMES as u8 };
        } else if !peaked {
            met = 0;
        }
        // A blink is over when the eyes are open again; for the rest, being there is enough.
        let done = peaked && (prompt != Prompt::Blink || progress < RESTED);
        self.progress = if rested >= RESTED_FRAMES { progress.clamp(0.0, 1.0) } else { 0.0 };
        if !done {
            self.state = State::Asking { index, asked, rested, met, peaked };
            return Ok(());
        }
        self.progress = 0.0;
        self.responses[index] = (at - asked).clamp(0.0, f64::from(u16::MAX)) as u16;
        if index + 1 < PROMPTS {
            self.state = State::Asking { index: index + 1, asked: at, rested: 0, met: 0, peaked: false };
            return Ok(());
        }
        self.presence().judge()?;
        self.state = State::Ended(Outcome::Passed);
        Ok(())
    }

    /// Counts movements nobody asked for: a recording of everything makes them, a person rarely. Smiles,
    /// blinks and nods are nobody's business.
    fn notice_unasked(&mut self, index: usize, measures: &Measures) -> Result<(), Refusal> {
        for other in [Prompt::TurnLeft, Prompt::TurnRight, Prompt::OpenMouth, Prompt::MoveCloser] {
            // What was asked last may still be on its way back.
            let expected = self.prompts[index.saturating_sub(1)..=index].contains(&other);
            let made = self.baseline.progress(other, measures) >= 1.0;
            if !expected && made && !self.unasked.contains(&(index, other)) {
                self.unasked.push((index, other));
            }
        }
        if self.unasked.len() > MOST_UNASKED { Err(Refusal::WrongMovement) } else { Ok(()) }
    }

    fn presence(&self) -> Presence {
        let (sum, count) = self.spoof;
        let presence = Presence {
            attempt: self.attempt,
            responses: self.responses,
            frames: self.frames,
            parallax: self.parallax,
            similarity: self.similarity,
            spoof: if count == 0 { 0.5 } else { sum / f32::from(count) },
        };
        presence.rounded()
    }

    fn step(&self, hint: Option<Hint>) -> Step {
        match self.state {
            State::Preparing => Step::Prepare(hint),
            State::Asking { index, .. } => {
                Step::Prompt { prompt: self.prompts[index], done: index, progress: self.progress }
            }
            State::Ended(Outcome::Passed) => Step::Passed(self.presence()),
            State::Ended(Outcome::Refused(refusal)) => Step::Refused(refusal),
        }
    }
}

impl Baseline {
    /// Medians of the calm frames; the points of the last.
    fn settle(&mut self, signs: &Signs) {
        let median = |of: fn(&Measures) -> f32| {
            let mut values: Vec<f32> = self.seen.iter().map(of).collect();
            values.sort_by(f32::total_cmp);
            values[values.len() / 2]
        };
        self.measures = Measures {
            yaw: median(|m| m.yaw),
            pitch: median(|m| m.pitch),
            eyes: median(|m| m.eyes),
            iris: median(|m| m.iris),
            mouth: median(|m| m.mouth),
            smile: median(|m| m.smile),
            size: median(|m| m.size),
        };
        self.rigid = signs.rigid.clone();
    }

    /// How far a movement has come: 0 at rest, 1 done.
    fn progress(&self, prompt: Prompt, now: &Measures) -> f32 {
        let calm = &self.measures;
        match prompt {
            Prompt::TurnLeft => (calm.yaw - now.yaw) / TURN_DEGREES,
            Prompt::TurnRight => (now.yaw - calm.yaw) / TURN_DEGREES,
            Prompt::LookUp => (calm.pitch - now.pitch) / LIFT_DEGREES,
            Prompt::Blink => {
                // Lids that meet, or irises that are gone.
                let fallen = |calm: f32, now: f32, share: f32| (calm - now) / (calm * share).max(f32::EPSILON);
                let lids = fallen(calm.eyes, now.eyes, CLOSED_SHARE);
                let irises = fallen(calm.iris, now.iris, HIDDEN_SHARE);
                if calm.iris < LEAST_IRIS { lids } else { lids.max(irises) }
            }
            Prompt::OpenMouth => (now.mouth - calm.mouth) / OPENED,
            Prompt::Smile => (now.smile - calm.smile) / SMILED,
            Prompt::MoveCloser => (now.size / calm.size.max(f32::EPSILON) - 1.0) / NEARED,
        }
    }

    /// How far the face's points are from where a flat picture's would be: the residual of the best
    /// projective map from the calm face, over the eye span.
    fn departure(&self, signs: &Signs) -> f32 {
        if (signs.measures.yaw - self.measures.yaw).abs() < TURN_DEGREES * 0.8 || self.rigid.len() != signs.rigid.len()
        {
            return 0.0;
        }
        plane::residual(&self.rigid, &signs.rigid) / signs.eye_span.max(1.0)
    }
}

impl Last {
    /// Whether no head gets from there to here in the time between.
    fn jump(&self, at: f64, signs: &Signs) -> bool {
        let seconds = ((at - self.at) / 1000.0).clamp(0.02, 1.0) as f32;
        let moved = self.center.distance(signs.center) / self.eye_span.max(1.0);
        let grown = (signs.eye_span / self.eye_span.max(1.0)).max(self.eye_span / signs.eye_span.max(1.0)) - 1.0;
        let turned = (signs.measures.yaw - self.yaw).abs();
        moved > 0.5 + MOST_SPEED * seconds
            || grown > 0.25 + MOST_GROWTH * seconds
            || turned > 25.0 + MOST_TURN_SPEED * seconds
    }
}

impl Prints {
    fn take(&mut self, at: f64, print: u64) -> Result<(), Refusal> {
        if self.recent.back() == Some(&print) {
            let since = *self.same_since.get_or_insert(at);
            return if at - since > FROZEN_MS { Err(Refusal::Frozen) } else { Ok(()) };
        }
        self.same_since = None;
        // A camera's noise makes no picture twice.
        if self.recent.contains(&print) {
            return Err(Refusal::Repeated);
        }
        if self.recent.len() == MOST_PRINTS {
            self.recent.pop_front();
        }
        self.recent.push_back(print);
        Ok(())
    }
}

/// Mesh points on bone: brow, temples, cheekbones, bridge and tip of the nose, corners of the eyes.
const RIGID: [usize; 20] = [10, 151, 9, 8, 168, 6, 197, 195, 5, 4, 33, 133, 362, 263, 234, 454, 127, 356, 116, 345];

// Chosen on warped photographs (`tests/e2e/face.test.mjs`) and the photographs' own spread.
const TURN_DEGREES: f32 = 15.0;
const LIFT_DEGREES: f32 = 11.0;
const CLOSED_SHARE: f32 = 0.35;
const HIDDEN_SHARE: f32 = 0.55;
const LEAST_IRIS: f32 = 0.2;
const OPENED: f32 = 0.13;
const SMILED: f32 = 0.08;
const NEARED: f32 = 0.2;

/// Under this progress a movement counts as not begun.
const RESTED: f32 = 0.5;
const RESTED_FRAMES: u8 = 2;

/// Time for a calm look: long, for people who need it.
const PREPARE_MS: f64 = 60_000.0;

const CALM_MS: f64 = 500.0;
const MOST_CALM_FRAMES: usize = 120;
const CALM_YAW: f32 = 15.0;
const CALM_PITCH: f32 = 25.0;
const CALM_MOUTH: f32 = 0.3;

/// Eye span over the frame's width.
const LEAST_SIZE: f32 = 0.08;
const MOST_SIZE: f32 = 0.4;

const LOST_MS: f64 = 700.0;
const CROWDED_FRAMES: u8 = 2;
const MOST_UNASKED: usize = 1;

/// Eye spans a second, growth a second, degrees a second.
const MOST_SPEED: f32 = 6.0;
const MOST_GROWTH: f32 = 2.0;
const MOST_TURN_SPEED: f32 = 400.0;

const FROZEN_MS: f64 = 1500.0;
const MOST_PRINTS: usize = 2048;
