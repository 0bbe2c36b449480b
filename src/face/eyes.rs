//! Whether eyes are open, from their pixels: the mesh follows lids only loosely when they close.

use super::Mesh;
use super::frame::Picture;
use super::geometry::{Affine, Point};

/// How much darker the middle of the eyes (iris and pupil) is than the skin under them: share of the skin's
/// luma, mean of both eyes. Open eyes have about 0.5, closed ones near 0; a person's own open eyes are the scale.
pub(super) fn iris_contrast(picture: &Picture<'_>, mesh: &Mesh) -> f32 {
    let one = |outer: usize, inner: usize, down: Point| {
        let (outer, inner) = (mesh.at(outer), mesh.at(inner));
        let (middle, width) = (outer.middle(inner), outer.distance(inner));
        let iris = luma(picture, middle, width * 0.3);
        let skin =
            luma(picture, Point::new(middle.x + down.x * width * 0.75, middle.y + down.y * width * 0.75), width * 0.4);
        ((skin - iris) / skin.max(1.0)).clamp(0.0, 1.0)
    };
    let (right, left) = (mesh.at(33), mesh.at(263));
    let span = right.distance(left).max(f32::EPSILON);
    // Down in the head's own turn.
    let down = Point::new(-(left.y - right.y) / span, (left.x - right.x) / span);
    (one(33, 133, down) + one(263, 362, down)) / 2.0
}

/// Mean luma of a square patch, 0 to 255 (ITU-R BT.601 weights).
fn luma(picture: &Picture<'_>, center: Point, side: f32) -> f32 {
    let mut sum = 0.0;
    picture.sample(&Affine::square(center, side, 0.0, SAMPLES), SAMPLES, SAMPLES, |_, [r, g, b]| {
        sum += 0.299 * r + 0.587 * g + 0.114 * b;
    });
    sum / (SAMPLES * SAMPLES) as f32
}

const SAMPLES: usize = 6;
