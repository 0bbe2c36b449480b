//! Whether eyes are open, from their pixels: the mesh follows lids only loosely when they close.

use super::Mesh;
use super::frame::Picture;
use super::geometry::{Affine, Point};

/// How much darker the middle of the eyes (iris and pupil) is than the skin under them: share of the skin's
/// luma, mean of both eyes. On the clips' face open eyes have 0.63, closed ones 0.20; a person's own open eyes are the scale.
pub(super) fn iris_contrast(picture: &Picture<'_>, mesh: &Mesh) -> f32 {
    let across = mesh.across();
    let contrasts = mesh.eye_corners().map(|(one, other)| {
        let (middle, width) = (one.middle(other), one.distance(other));
        let under = Point::new(middle.x - across.y * width * 0.75, middle.y + across.x * width * 0.75);
        let (iris, skin) = (mean_luma(picture, middle, width * 0.3), mean_luma(picture, under, width * 0.4));
        ((skin - iris) / skin.max(1.0)).clamp(0.0, 1.0)
    });
    contrasts.iter().sum::<f32>() / 2.0
}

/// Of a square patch, 0 to 255.
fn mean_luma(picture: &Picture<'_>, center: Point, side: f32) -> f32 {
    let luma = picture.luma(&Affine::square(center, side, 0.0, SAMPLES), SAMPLES);
    luma.iter().sum::<f32>() / luma.len() as f32
}

const SAMPLES: usize = 6;
