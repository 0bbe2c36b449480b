//! A hint whether a face is a print or a screen. Soft: on real people it errs for one in ten, so it never
//! decides alone.

use super::FaceError;
use super::frame::{BGR, Picture};
use super::geometry::{Affine, Rect};
use super::network::Network;

/// A passive presentation-attack detector (MIT, origin of the weights undocumented; optional): BGR 0..255.
pub(super) struct SpoofDetector {
    network: Network,
}

impl SpoofDetector {
    pub(super) fn new(onnx: &[u8]) -> Result<Self, FaceError> {
        Ok(Self { network: Network::load("spoof", onnx, &[1, 3, SIZE, SIZE])? })
    }

    /// 0 to 1; 1 looks like a presentation attack.
    pub(super) fn suspicion(&self, picture: &Picture<'_>, bounds: &Rect) -> Result<f32, FaceError> {
        let map = surroundings(picture, bounds);
        let input = picture.planes(&map, SIZE, BGR);
        let logits = self.network.run(&input)?.into_iter().next().unwrap_or_default();
        let [live, ..] = logits[..] else {
            return Err(FaceError::Inference { role: "spoof", what: "no output".into() });
        };
        let most = logits.iter().copied().fold(f32::MIN, f32::max);
        let sum: f32 = logits.iter().map(|logit| libm::expf(logit - most)).sum();
        Ok(1.0 - libm::expf(live - most) / sum)
    }
}

/// The box 2.7 times as large, moved inside the picture, and smaller where the picture is.
fn surroundings(picture: &Picture<'_>, bounds: &Rect) -> Affine {
    let (width, height) = (picture.width(), picture.height());
    let times = (width / bounds.w.max(1.0)).min(height / bounds.h.max(1.0)).min(2.7);
    let (w, h) = (bounds.w.max(1.0) * times, bounds.h.max(1.0) * times);
    let center = bounds.center();
    let left = (center.x - w / 2.0).clamp(0.0, (width - w).max(0.0));
    let top = (center.y - h / 2.0).clamp(0.0, (height - h).max(0.0));
    let (kx, ky) = (w / SIZE as f32, h / SIZE as f32);
    Affine([kx, 0.0, left + kx / 2.0 - 0.5, 0.0, ky, top + ky / 2.0 - 0.5])
}

const SIZE: usize = 128;
