//! What the literature begins with: how fast, how evenly and how straight a block of moves is.

use super::block::Step;
use crate::behavior::stats::{deviation, mean, quantile};

/// Facts of a block, a byte each.
pub type Facts = [u8; FACTS];

/// Five quantiles each of speed, change of speed, turning and time a move; mean and deviation of speed; shares of
/// moves straight down, straight across and after a pause.
pub const FACTS: usize = 25;

pub(super) fn facts(block: &[Step]) -> Facts {
    let mut speeds: Vec<f64> =
        block.iter().map(|[dx, dy, frames]| f64::from(libm::hypotf(*dx, *dy) / frames)).collect();
    let mut changes: Vec<f64> = speeds.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
    let angles: Vec<f32> = block.iter().map(|[dx, dy, _]| libm::atan2f(*dy, *dx)).collect();
    let mut turns: Vec<f64> = angles.windows(2).map(|pair| f64::from(turn(pair[1] - pair[0]))).collect();
    let mut frames: Vec<f64> = block.iter().map(|step| f64::from(step[2])).collect();
    let share = |of: fn(&Step) -> bool| block.iter().filter(|step| of(step)).count() as f64 / block.len().max(1) as f64;
    // px a frame up to 255, on a logarithmic scale; radians up to half a turn; frames up to twelve.
    let speed = |value: f64| libm::log1p(value) / LN_256;
    let mut shares: Vec<f64> = Vec::with_capacity(FACTS);
    let (mean, deviation) = (mean(&speeds).unwrap_or(0.0), deviation(&speeds).unwrap_or(0.0));
    shares.extend(quantiles(&mut speeds).map(speed));
    shares.extend(quantiles(&mut changes).map(speed));
    shares.extend(quantiles(&mut turns).map(|value| value / core::f64::consts::PI));
    shares.extend(quantiles(&mut frames).map(|value| value / 12.0));
    shares.extend([speed(mean), speed(deviation)]);
    shares.extend([share(|step| step[0] == 0.0), share(|step| step[1] == 0.0), share(|step| step[2] > 3.0)]);
    let mut bytes = [0; FACTS];
    bytes.iter_mut().zip(shares).for_each(|(byte, share)| *byte = libm::round(share.clamp(0.0, 1.0) * 255.0) as u8);
    bytes
}

/// Between two directions, 0 to half a turn.
fn turn(difference: f32) -> f32 {
    let around = difference.abs() % core::f32::consts::TAU;
    around.min(core::f32::consts::TAU - around)
}

/// At 10, 25, 50, 75 and 90 %.
fn quantiles(values: &mut [f64]) -> [f64; 5] {
    [0.1, 0.25, 0.5, 0.75, 0.9].map(|share| quantile(values, share).unwrap_or(0.0))
}

const LN_256: f64 = 5.545_177_444_479_562;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_say_what_they_are_named_for() {
        let steady = facts(&[[3.0, 4.0, 1.0]; 128]);
        let speed = libm::round(libm::log1p(5.0) / LN_256 * 255.0) as u8;
        assert_eq!(steady[..5], [speed; 5]);
        assert_eq!(steady[5..15], [0; 10]);
        assert_eq!(steady[15..], [21, 21, 21, 21, 21, speed, 0, 0, 0, 0]);
        let back_and_forth: Vec<Step> = (0..128).map(|i| [if i % 2 == 0 { 6.0 } else { -6.0 }, 0.0, 5.0]).collect();
        let turning = facts(&back_and_forth);
        assert_eq!((turning[12], turning[23], turning[24]), (255, 255, 255));
    }

    #[test]
    fn quantiles_lie_between_neighbours() {
        assert_eq!(quantiles(&mut [4.0, 0.0, 3.0, 1.0, 2.0]), [0.4, 1.0, 2.0, 3.0, 3.6]);
        assert_eq!(quantiles(&mut []), [0.0; 5]);
    }
}
