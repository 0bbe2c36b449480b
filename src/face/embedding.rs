//! Whose face it is: a direction in a space where one person's pictures lie close together.

use super::FaceError;
use super::frame::{Picture, RGB};
use super::geometry::{Affine, Point};
use super::network::Network;

/// A face's direction, of length 1. Comparable only with others of the same model.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedding(Vec<f32>);

impl Embedding {
    /// Scales `values` to length 1; `None` where they are all zero or not finite.
    pub fn new(values: Vec<f32>) -> Option<Self> {
        let length = libm::sqrtf(values.iter().map(|v| v * v).sum());
        (length.is_finite() && length > 0.0).then(|| Self(values.iter().map(|v| v / length).collect()))
    }

    /// The numbers.
    pub fn values(&self) -> &[f32] {
        &self.0
    }

    /// Cosine, -1 to 1; 1 is the same picture.
    pub fn similarity(&self, other: &Self) -> f32 {
        self.0.iter().zip(&other.0).map(|(a, b)| a * b).sum()
    }
}

/// Which network makes the embedding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// SFace (opencv_zoo, Apache-2.0): RGB 0..255, 128 numbers. For telling people apart.
    SFace,
    /// MobileFaceNet (MIT): RGB -1..1, NHWC, 192 numbers. An eighth of the bytes: for seeing that a face stays
    /// the same from frame to frame.
    MobileFaceNet,
}

pub(super) struct Embedder {
    network: Network,
    kind: Kind,
}

impl Embedder {
    pub(super) fn new(kind: Kind, onnx: &[u8]) -> Result<Self, FaceError> {
        let network = match kind {
            Kind::SFace => Network::load("identity", onnx, &[1, 3, SIZE, SIZE])?,
            Kind::MobileFaceNet => Network::load("continuity", onnx, &[1, SIZE, SIZE, 3])?,
        };
        Ok(Self { network, kind })
    }

    /// Of the face with these five points.
    pub(super) fn embed(&self, picture: &Picture<'_>, points: &[Point; 5]) -> Result<Embedding, FaceError> {
        let map = aligned(points);
        match self.kind {
            Kind::SFace => self.embed_both_ways(picture, &map),
            Kind::MobileFaceNet => self.run(&picture.pixels(&map, SIZE, |c| (c - 127.5) / 128.0)),
        }
    }

    /// The mean over the face and its mirror image, which says the same of a person and differs in noise.
    fn embed_both_ways(&self, picture: &Picture<'_>, map: &Affine) -> Result<Embedding, FaceError> {
        let seen = picture.planes(map, SIZE, RGB);
        let mut mirrored = seen.clone();
        mirrored.chunks_exact_mut(SIZE).for_each(<[f32]>::reverse);
        let (mut sum, mirrored) = (self.run(&seen)?.0, self.run(&mirrored)?.0);
        sum.iter_mut().zip(mirrored).for_each(|(s, m)| *s += m);
        Embedding::new(sum).ok_or_else(no_direction)
    }

    fn run(&self, input: &[f32]) -> Result<Embedding, FaceError> {
        let output = self.network.run(input)?.into_iter().next().unwrap_or_default();
        Embedding::new(output).ok_or_else(no_direction)
    }
}

fn no_direction() -> FaceError {
    FaceError::Inference { role: "identity", what: "the output has no direction".into() }
}

/// From the template's px to the picture's.
pub(super) fn aligned(points: &[Point; 5]) -> Affine {
    Affine::similarity(&TEMPLATE, points)
}

/// Side of an aligned face, px.
pub(super) const SIZE: usize = 112;

/// Where ArcFace's training puts eyes, nose and corners of the mouth in 112 x 112 px.
const TEMPLATE: [Point; 5] = [
    Point::new(38.2946, 51.6963),
    Point::new(73.5318, 51.5014),
    Point::new(56.0252, 71.7366),
    Point::new(41.5493, 92.3655),
    Point::new(70.7299, 92.2041),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similarity_is_the_cosine() {
        let of = |v: &[f32]| Embedding::new(v.to_vec()).unwrap();
        assert!((of(&[1.0, 0.0]).similarity(&of(&[5.0, 0.0])) - 1.0).abs() < 1e-6);
        assert!(of(&[1.0, 0.0]).similarity(&of(&[0.0, 2.0])).abs() < 1e-6);
        assert_eq!(Embedding::new(vec![0.0; 4]), None);
        assert_eq!(Embedding::new(vec![f32::NAN; 4]), None);
    }

    #[test]
    fn a_face_on_the_template_is_not_moved() {
        let map = aligned(&TEMPLATE);
        assert!((map.scale() - 1.0).abs() < 1e-5);
        assert!(map.apply(Point::new(7.0, 9.0)).distance(Point::new(7.0, 9.0)) < 1e-3);
    }
}
