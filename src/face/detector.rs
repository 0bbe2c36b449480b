//! YuNet (opencv_zoo, MIT): boxes and five points, at any input size that is a multiple of 32.

use super::FaceError;
use super::frame::{BGR, Picture};
use super::geometry::{Affine, Point, Rect};
use super::network::Network;
use std::collections::BTreeMap;

/// A face as the detector sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detection {
    /// Around brow, chin and cheeks, picture px.
    pub bounds: Rect,
    /// 0 to 1.
    pub confidence: f32,
    /// Eye on the picture's left, eye on its right, tip of the nose, corners of the mouth, left and right.
    pub points: [Point; 5],
}

/// The network, prepared for each input size when that is first asked for.
pub(super) struct Detector {
    onnx: Vec<u8>,
    networks: BTreeMap<usize, Network>,
}

impl Detector {
    pub(super) fn new(onnx: &[u8]) -> Result<Self, FaceError> {
        let mut detector = Self { onnx: onnx.to_vec(), networks: BTreeMap::new() };
        detector.network(SIZES[0])?;
        Ok(detector)
    }

    /// Every face of `picture` at one input size (of [`SIZES`]), best first. The picture is looked at after
    /// `turns` quarter turns clockwise, and fills `share` of the input.
    pub(super) fn detect(
        &mut self,
        picture: &Picture<'_>,
        size: usize,
        turns: usize,
        share: f32,
    ) -> Result<Vec<Detection>, FaceError> {
        let k = picture.width().max(picture.height()) / (size as f32 * share);
        let [cos, sin] = [[1.0, 0.0], [0.0, -1.0], [-1.0, 0.0], [0.0, 1.0]][turns % 4].map(|v: f32| v * k);
        // Middle on middle.
        let middle = (size as f32 - 1.0) / 2.0;
        let (x, y) = ((picture.width() - 1.0) / 2.0, (picture.height() - 1.0) / 2.0);
        let map = Affine([cos, -sin, x - (cos - sin) * middle, sin, cos, y - (sin + cos) * middle]);
        let input = picture.planes(&map, size, BGR);
        let outputs = self.network(size)?.run(&input)?;
        let found = decode(&outputs, size).into_iter().map(|found| found.moved(&map)).collect();
        Ok(without_duplicates(found))
    }

    fn network(&mut self, size: usize) -> Result<&Network, FaceError> {
        match self.networks.entry(size) {
            std::collections::btree_map::Entry::Occupied(network) => Ok(network.into_mut()),
            std::collections::btree_map::Entry::Vacant(slot) => {
                Ok(slot.insert(Network::load("detector", &self.onnx, &[1, 3, size, size])?))
            }
        }
    }
}

impl Detection {
    fn moved(self, map: &Affine) -> Self {
        let Rect { x, y, w, h } = self.bounds;
        let corners = [Point::new(x, y), Point::new(x + w, y + h)].map(|p| map.apply(p));
        Self { bounds: Rect::around(corners).unwrap_or_default(), points: self.points.map(|p| map.apply(p)), ..self }
    }

    /// Turn of the line through the eyes, radians clockwise.
    pub fn roll(&self) -> f32 {
        let [left, right, ..] = self.points;
        libm::atan2f(right.y - left.y, right.x - left.x)
    }
}

/// Outputs: `cls`, `obj`, `bbox`, `kps` for strides 8, 16, 32; one row a cell, row-major.
fn decode(outputs: &[Vec<f32>], size: usize) -> Vec<Detection> {
    let mut found = Vec::new();
    for (scale, stride) in [8usize, 16, 32].into_iter().enumerate() {
        let cells = size / stride;
        let [Some(class), Some(object), Some(boxes), Some(points)] =
            [0, 3, 6, 9].map(|first| outputs.get(first + scale))
        else {
            return Vec::new();
        };
        for cell in 0..cells * cells {
            let (Some(class), Some(object)) = (class.get(cell), object.get(cell)) else { break };
            let confidence = libm::sqrtf(class.clamp(0.0, 1.0) * object.clamp(0.0, 1.0));
            if confidence.is_nan() || confidence < LEAST_CONFIDENCE {
                continue;
            }
            let (Some(b), Some(k)) = (boxes.get(cell * 4..cell * 4 + 4), points.get(cell * 10..cell * 10 + 10)) else {
                break;
            };
            let stride = stride as f32;
            let (column, row) = ((cell % cells) as f32, (cell / cells) as f32);
            let (w, h) = (libm::expf(b[2]) * stride, libm::expf(b[3]) * stride);
            let bounds = Rect { x: (column + b[0]) * stride - w / 2.0, y: (row + b[1]) * stride - h / 2.0, w, h };
            let point = |n: usize| Point::new((k[2 * n] + column) * stride, (k[2 * n + 1] + row) * stride);
            let points = [point(0), point(1), point(2), point(3), point(4)];
            if w.is_finite() && h.is_finite() {
                found.push(Detection { bounds, confidence, points });
            }
        }
    }
    found
}

/// Keeps the most confident of boxes that cover one another.
pub(super) fn without_duplicates(mut found: Vec<Detection>) -> Vec<Detection> {
    found.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    found.truncate(MOST_CANDIDATES);
    let mut kept: Vec<Detection> = Vec::new();
    for candidate in found {
        if kept.iter().all(|face| face.bounds.overlap(&candidate.bounds) < MOST_OVERLAP) {
            kept.push(candidate);
        }
    }
    kept
}

/// Input sizes: a camera frame, a portrait, a group, a crowd. Boxes come from about 10 to 300 px of each.
pub(super) const SIZES: [usize; 4] = [160, 320, 640, 1280];

/// opencv_zoo's example uses 0.6 and 0.3.
const LEAST_CONFIDENCE: f32 = 0.6;
const MOST_OVERLAP: f32 = 0.3;

/// A crowd; bounds the work on a picture made to fire everywhere.
const MOST_CANDIDATES: usize = 2000;
