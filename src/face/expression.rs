//! What a face shows. A read-out and a prompt, never a judgement.

use super::FaceError;
use super::frame::Picture;
use super::geometry::{Affine, Point};
use super::network::Network;

/// Names of [`Expression::shares`], in order.
pub const EXPRESSIONS: [&str; 7] = ["neutral", "happy", "sad", "angry", "fearful", "disgusted", "surprised"];

/// How much of each expression a face shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expression {
    /// In the order of [`EXPRESSIONS`]; they add up to 1.
    pub shares: [f32; 7],
}

impl Expression {
    /// The strongest.
    pub fn dominant(&self) -> &'static str {
        let strongest = self.shares.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
        EXPRESSIONS[strongest.map_or(0, |(i, _)| i)]
    }
}

/// The expression network of face-api (MIT): RGB 0..255, NHWC.
pub(super) struct Reader {
    network: Network,
}

impl Reader {
    pub(super) fn new(onnx: &[u8]) -> Result<Self, FaceError> {
        Ok(Self { network: Network::load("expression", onnx, &[1, SIZE, SIZE, 3])? })
    }

    pub(super) fn read(&self, picture: &Picture<'_>, points: &[Point; 5]) -> Result<Expression, FaceError> {
        let map = cut(points);
        let input = picture.pixels(&map, SIZE, |c| c);
        let output = self.network.run(&input)?.into_iter().next().unwrap_or_default();
        let shares: [f32; 7] = output
            .try_into()
            .map_err(|_| FaceError::Inference { role: "expression", what: "not seven numbers".into() })?;
        Ok(Expression { shares })
    }
}

/// The square the network was trained on: from eyes to mouth is 45 % of its side, their middle lies at 50 %
/// across and 43 % down. Source: face-api's alignment after dlib. Ours is turned with the head.
fn cut(points: &[Point; 5]) -> Affine {
    let [left, right, _, mouth_left, mouth_right] = *points;
    let mouth = mouth_left.middle(mouth_right);
    let side = (left.distance(mouth) + right.distance(mouth)) / 2.0 / 0.45;
    let reference = Point::new((left.x + right.x + mouth.x) / 3.0, (left.y + right.y + mouth.y) / 3.0);
    let roll = libm::atan2f(right.y - left.y, right.x - left.x);
    let (sin, cos) = (libm::sinf(roll), libm::cosf(roll));
    let down = 0.07 * side;
    Affine::square(Point::new(reference.x - sin * down, reference.y + cos * down), side, roll, SIZE)
}

const SIZE: usize = 112;
