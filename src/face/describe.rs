//! Faces as the command and the page tell of them.

use super::{EXPRESSIONS, Embedding, Face, Hint, Rect};
use crate::four_decimals;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

/// A face in plain numbers: what `vouchsafe face analyze` prints and the page gets. Numbers have four decimals.
#[derive(Debug, Serialize)]
pub struct Description {
    /// `[x, y, width, height]`, picture px.
    #[serde(rename = "box")]
    pub bounds: [f64; 4],
    /// The detector's, 0 to 1.
    pub confidence: f64,
    /// `[468][3]`, picture px; empty where the mesh does not fit.
    pub landmarks: Vec<[f64; 3]>,
    /// Eyes, nose, corners of the mouth: `[5][2]`, picture px.
    pub points: [[f64; 2]; 5],
    /// Degrees.
    pub pose: Option<PoseDescription>,
    /// Eye aspect ratios, right and left.
    pub eyes: Option<[f64; 2]>,
    /// Mouth aspect ratio.
    pub mouth: Option<f64>,
    /// Shares of seven expressions and the dominant one's name.
    pub expression: Option<ExpressionDescription>,
    /// Looks like a print or a screen, 0 to 1.
    pub spoof: Option<f64>,
    /// How well it is seen.
    pub quality: QualityDescription,
    /// 128 numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub embedding: Option<Vec<f64>>,
    /// 192 numbers, comparable only with their kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub likeness: Option<Vec<f64>>,
}

/// Turn of the head, degrees; see [`super::Pose`].
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "as in Pose")]
pub struct PoseDescription {
    pub yaw: f64,
    pub pitch: f64,
    pub roll: f64,
}

/// See [`super::Expression`].
#[derive(Debug)]
pub struct ExpressionDescription(super::Expression);

/// See [`super::Quality`].
#[derive(Debug, Serialize)]
#[allow(missing_docs, reason = "as in Quality")]
pub struct QualityDescription {
    pub eye_distance: f64,
    pub brightness: f64,
    pub contrast: f64,
    pub sharpness: f64,
    pub inside: f64,
    pub hints: Vec<HintDescription>,
}

/// What a person can do about it.
#[derive(Debug, Serialize)]
pub struct HintDescription {
    /// A code that does not change.
    pub code: Hint,
    /// In words.
    pub text: &'static str,
}

impl Face {
    /// In plain numbers.
    pub fn describe(&self) -> Description {
        let Rect { x, y, w, h } = self.bounds;
        let quality = &self.quality;
        let numbers = |embedding: &Embedding| embedding.values().iter().copied().map(four_decimals).collect();
        Description {
            bounds: [x, y, w, h].map(four_decimals),
            confidence: four_decimals(self.confidence),
            landmarks: self.mesh.iter().flat_map(|mesh| &mesh.points).map(|p| p.map(four_decimals)).collect(),
            points: self.points.map(|p| [p.x, p.y].map(four_decimals)),
            pose: self.pose.map(|pose| PoseDescription {
                yaw: four_decimals(pose.yaw),
                pitch: four_decimals(pose.pitch),
                roll: four_decimals(pose.roll),
            }),
            eyes: self.mesh.as_ref().map(|mesh| mesh.eye_aspect_ratio().map(four_decimals)),
            mouth: self.mesh.as_ref().map(|mesh| four_decimals(mesh.mouth_aspect_ratio())),
            expression: self.expression.map(ExpressionDescription),
            spoof: self.spoof.map(four_decimals),
            quality: QualityDescription {
                eye_distance: four_decimals(quality.eye_distance),
                brightness: four_decimals(quality.brightness),
                contrast: four_decimals(quality.contrast),
                sharpness: four_decimals(quality.sharpness),
                inside: four_decimals(quality.inside),
                hints: quality.hints.iter().map(|hint| HintDescription { code: *hint, text: hint.text() }).collect(),
            },
            embedding: self.embedding.as_ref().map(numbers),
            likeness: self.likeness.as_ref().map(numbers),
        }
    }
}

impl Serialize for ExpressionDescription {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(EXPRESSIONS.len() + 1))?;
        for (name, share) in EXPRESSIONS.iter().zip(self.0.shares) {
            map.serialize_entry(name, &four_decimals(share))?;
        }
        map.serialize_entry("dominant", self.0.dominant())?;
        map.end()
    }
}
