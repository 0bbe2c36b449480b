//! Whether a face can be seen well enough, and what a person can do about it.

use super::embedding::{SIZE, aligned};
use super::frame::Picture;
use super::geometry::{Point, Rect};
use super::mesh::Pose;

/// How well a face can be seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Quality {
    /// Between the eyes, picture px.
    pub eye_distance: f32,
    /// Mean luma of the face, 0 black to 1 white (ITU-R BT.601 weights).
    pub brightness: f32,
    /// Standard deviation of that luma.
    pub contrast: f32,
    /// Standard deviation of the Laplacian of the face's luma over its contrast; under 0.15 is blurred.
    pub sharpness: f32,
    /// Share of the face's box inside the picture, 0 to 1.
    pub inside: f32,
    /// What to do about it, most pressing first; empty where all is well.
    pub hints: Vec<Hint>,
}

/// What a person can do so that a face is seen better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hint {
    /// The face is too small.
    ComeCloser,
    /// The face fills the picture.
    MoveBack,
    /// Part of the face is outside the picture.
    MoveIntoView,
    /// Too dark.
    MoreLight,
    /// Too bright.
    LessLight,
    /// Blurred.
    HoldStill,
    /// Turned too far away.
    FaceTheCamera,
    /// Several faces.
    OnePersonOnly,
}

impl Quality {
    pub(super) fn of(picture: &Picture<'_>, bounds: &Rect, points: &[Point; 5], pose: Option<Pose>) -> Self {
        let luma = face_luma(picture, points);
        let mean = luma.iter().sum::<f32>() / luma.len() as f32;
        let contrast = libm::sqrtf(luma.iter().map(|l| (l - mean) * (l - mean)).sum::<f32>() / luma.len() as f32);
        let frame = Rect { x: 0.0, y: 0.0, w: picture.width(), h: picture.height() };
        let mut quality = Self {
            eye_distance: points[0].distance(points[1]),
            brightness: mean,
            contrast,
            sharpness: detail(&luma) / contrast.max(0.01),
            inside: bounds.intersection(&frame) / bounds.area().max(f32::EPSILON),
            hints: Vec::new(),
        };
        quality.hints = quality.hints(bounds, &frame, pose);
        quality
    }

    fn hints(&self, bounds: &Rect, frame: &Rect, pose: Option<Pose>) -> Vec<Hint> {
        let turned = pose.is_some_and(|pose| pose.yaw.abs() > MOST_TURN || pose.pitch.abs() > MOST_TURN);
        [
            (self.eye_distance < LEAST_EYE_DISTANCE, Hint::ComeCloser),
            (bounds.w > frame.w * 0.9 || bounds.h > frame.h * 0.98, Hint::MoveBack),
            (self.inside < 0.9, Hint::MoveIntoView),
            (self.brightness < 0.2, Hint::MoreLight),
            (self.brightness > 0.85, Hint::LessLight),
            (self.sharpness < LEAST_SHARPNESS, Hint::HoldStill),
            (turned, Hint::FaceTheCamera),
        ]
        .into_iter()
        .filter_map(|(applies, hint)| applies.then_some(hint))
        .collect()
    }
}

impl Hint {
    /// In words, for the person.
    pub fn text(self) -> &'static str {
        match self {
            Self::ComeCloser => "Come closer",
            Self::MoveBack => "Move back a little",
            Self::MoveIntoView => "Bring your whole face into view",
            Self::MoreLight => "More light, please",
            Self::LessLight => "Less light, please",
            Self::HoldStill => "Hold still",
            Self::FaceTheCamera => "Look at the camera",
            Self::OnePersonOnly => "One person only, please",
        }
    }
}

/// Luma of the inner face, 0 to 1, `INNER x INNER`.
fn face_luma(picture: &Picture<'_>, points: &[Point; 5]) -> Vec<f32> {
    let luma = picture.luma(&aligned(points), SIZE);
    let rows = luma.chunks_exact(SIZE).skip(BORDER).take(INNER);
    rows.flat_map(|row| &row[BORDER..BORDER + INNER]).map(|luma| luma / 255.0).collect()
}

/// Root mean square of the Laplacian.
fn detail(luma: &[f32]) -> f32 {
    let mut sum = 0.0;
    for y in 1..INNER - 1 {
        for x in 1..INNER - 1 {
            let at = |dx: usize, dy: usize| luma[(y + dy - 1) * INNER + x + dx - 1];
            let laplacian = at(0, 1) + at(2, 1) + at(1, 0) + at(1, 2) - 4.0 * at(1, 1);
            sum += laplacian * laplacian;
        }
    }
    libm::sqrtf(sum / ((INNER - 2) * (INNER - 2)) as f32)
}

/// The aligned face without hair and background.
const BORDER: usize = 26;
const INNER: usize = SIZE - 2 * BORDER;

/// Chosen, px between the eyes.
const LEAST_EYE_DISTANCE: f32 = 24.0;

/// Chosen: the photographs have 0.3 and more, a portrait blurred by 5 px is under it.
const LEAST_SHARPNESS: f32 = 0.15;

/// Degrees either way.
const MOST_TURN: f32 = 40.0;
