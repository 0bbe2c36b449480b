//! What the literature begins with: how fast, how evenly and how straight a block of moves is.

use super::block::Step;

/// Facts of a block, a byte each.
pub type Facts = [u8; FACTS];

/// Five quantiles each of speed, change of speed, turning and time a move; mean and deviation of speed; shares of
/// moves straight down, straight across and after a pause.
pub const FACTS: usize = 25;

pub(super) fn facts(block: &[Step]) -> Facts {
    let speeds: Vec<f32> = block.iter().map(|[dx, dy, frames]| libm::hypotf(*dx, *dy) / frames).collect();
    let changes = speeds.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
    let angles: Vec<f32> = block.iter().map(|[dx, dy, _]| libm::atan2f(*dy, *dx)).collect();
    let turns = angles.windows(2).map(|pair| turn(pair[1] - pair[0])).collect();
    let frames = block.iter().map(|step| step[2]).collect();
    let count = block.len().max(1) as f32;
    let mean = speeds.iter().sum::<f32>() / count;
    let variance = speeds.iter().map(|speed| (speed - mean) * (speed - mean)).sum::<f32>() / count;
    let share = |of: fn(&Step) -> bool| block.iter().filter(|step| of(step)).count() as f32 / count;
    // px a frame up to 255, on a logarithmic scale; radians up to half a turn; frames up to twelve.
    let speed = |value: f32| libm::log1pf(value) / LN_256;
    let mut shares: Vec<f32> = Vec::with_capacity(FACTS);
    shares.extend(quantiles(speeds).map(speed));
    shares.extend(quantiles(changes).map(speed));
    shares.extend(quantiles(turns).map(|value| value / core::f32::consts::PI));
    shares.extend(quantiles(frames).map(|value| value / 12.0));
    shares.extend([speed(mean), speed(libm::sqrtf(variance))]);
    shares.extend([share(|step| step[0] == 0.0), share(|step| step[1] == 0.0), share(|step| step[2] > 3.0)]);
    let mut bytes = [0; FACTS];
    bytes.iter_mut().zip(shares).for_each(|(byte, share)| *byte = libm::roundf(share.clamp(0.0, 1.0) * 255.0) as u8);
    bytes
}

/// Between two directions, 0 to half a turn.
fn turn(difference: f32) -> f32 {
    let around = difference.abs() % core::f32::consts::TAU;
    around.min(core::f32::consts::TAU - around)
}

/// At 10, 25, 50, 75 and 90 %, linear between neighbours.
fn quantiles(mut values: Vec<f32>) -> [f32; 5] {
    values.sort_by(f32::total_cmp);
    [0.1, 0.25, 0.5, 0.75, 0.9].map(|share| {
        let place = share * values.len().saturating_sub(1) as f32;
        let (low, part) = (place as usize, place % 1.0);
        let at = |i: usize| values.get(i).or(values.last()).copied().unwrap_or(0.0);
        at(low) + part * (at(low + 1) - at(low))
    })
}

const LN_256: f32 = 5.545_177_5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_say_what_they_are_named_for() {
        let steady = facts(&[[3.0, 4.0, 1.0]; 128]);
        let speed = libm::roundf(libm::log1pf(5.0) / LN_256 * 255.0) as u8;
        assert_eq!(steady[..5], [speed; 5]);
        assert_eq!(steady[5..15], [0; 10]);
        assert_eq!(steady[15..], [21, 21, 21, 21, 21, speed, 0, 0, 0, 0]);
        let back_and_forth: Vec<Step> = (0..128).map(|i| [if i % 2 == 0 { 6.0 } else { -6.0 }, 0.0, 5.0]).collect();
        let turning = facts(&back_and_forth);
        assert_eq!((turning[12], turning[23], turning[24]), (255, 255, 255));
    }

    #[test]
    fn quantiles_lie_between_neighbours() {
        assert_eq!(quantiles(vec![4.0, 0.0, 3.0, 1.0, 2.0]), [0.4, 1.0, 2.0, 3.0, 3.6]);
        assert_eq!(quantiles(Vec::new()), [0.0; 5]);
    }
}
