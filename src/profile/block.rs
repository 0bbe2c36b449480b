//! Moves as the network sees them.

use super::{BLOCK_MOVES, LEAST_MOVES};
use crate::trace::{Event, Kind, PointerDevice};

/// One move: to the right and down in px, and how many frames of a 60 Hz screen it took.
pub(super) type Step = [f32; 3];

/// Whole blocks of mouse moves; one short block where there is none.
pub(super) fn blocks(events: &[Event]) -> Vec<Vec<Step>> {
    let mut steps: Vec<Step> = Vec::new();
    let mut last: Option<(f64, f32, f32)> = None;
    for event in events {
        let Kind::Move(pointer) = event.kind else { continue };
        if pointer.device != PointerDevice::Mouse {
            continue;
        }
        if let Some((t, x, y)) = last {
            steps.push([pointer.x - x, pointer.y - y, frames(event.t - t)]);
        }
        last = Some((event.t, pointer.x, pointer.y));
    }
    if steps.len() < BLOCK_MOVES {
        return if steps.len() < LEAST_MOVES { Vec::new() } else { vec![steps] };
    }
    steps.chunks_exact(BLOCK_MOVES).map(<[Step]>::to_vec).collect()
}

/// Time in whole frames: what a clock says between them is the browser's doing and not the hand's. A pause counts
/// as [`MOST_FRAMES`].
fn frames(ms: f64) -> f32 {
    libm::round(ms / FRAME_MS).clamp(1.0, MOST_FRAMES) as f32
}

const FRAME_MS: f64 = 16.667;
const MOST_FRAMES: f64 = 12.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Pointer;

    fn moves(count: usize) -> Vec<Event> {
        let at = |i: usize| Pointer::mouse(i as f32 * 2.0, 5.0);
        (0..count).map(|i| Event { t: i as f64 * 17.0, kind: Kind::Move(at(i)), trusted: true }).collect()
    }

    #[test]
    fn whole_blocks_count_and_a_short_one_only_alone() {
        for (count, sizes) in [(0, vec![]), (20, vec![]), (60, vec![59]), (129, vec![128]), (400, vec![128; 3])] {
            assert_eq!(blocks(&moves(count)).iter().map(Vec::len).collect::<Vec<_>>(), sizes, "{count}");
        }
    }

    #[test]
    fn time_is_counted_in_frames() {
        assert_eq!(blocks(&moves(60))[0][0], [2.0, 0.0, 1.0]);
        assert_eq!([3.0, 24.0, 26.0, 5000.0].map(frames), [1.0, 1.0, 2.0, 12.0]);
    }

    #[test]
    fn fingers_and_pens_are_not_mixed_with_a_mouse() {
        let mut events = moves(60);
        for event in &mut events {
            if let Kind::Move(pointer) = &mut event.kind {
                pointer.device = PointerDevice::Touch;
            }
        }
        assert!(blocks(&events).is_empty());
    }
}
