//! Moves as the network sees them.

use super::{BLOCK_MOVES, LEAST_MOVES};
use crate::trace::{Event, Kind, PointerDevice};
use std::collections::VecDeque;

/// One move: to the right and down in px, and how many frames of a 60 Hz screen it took.
pub(super) type Step = [f32; 3];

/// Whole blocks of mouse moves; one short block where there is none.
pub(super) fn blocks(events: &[Event]) -> Vec<Vec<Step>> {
    let mut steps = Steps::default();
    let steps: Vec<Step> = events.iter().filter_map(|event| steps.next(event)).collect();
    if steps.len() < BLOCK_MOVES {
        return if steps.len() < LEAST_MOVES { Vec::new() } else { vec![steps] };
    }
    steps.chunks_exact(BLOCK_MOVES).map(<[Step]>::to_vec).collect()
}

/// The last block of moves that go on coming.
#[derive(Clone, Debug, Default)]
pub(super) struct Roll {
    steps: Steps,
    block: VecDeque<Step>,
    fresh: usize,
}

impl Roll {
    /// A whole block, whenever `every` moves have come since the last one.
    pub(super) fn push(&mut self, event: &Event, every: usize) -> Option<Vec<Step>> {
        self.block.push_back(self.steps.next(event)?);
        self.fresh += 1;
        if self.block.len() > BLOCK_MOVES {
            self.block.pop_front();
        }
        if self.block.len() < BLOCK_MOVES || self.fresh < every {
            return None;
        }
        self.fresh = 0;
        Some(self.block.iter().copied().collect())
    }
}

/// From where the mouse is to how it moves.
#[derive(Clone, Debug, Default)]
struct Steps {
    last: Option<(f64, f32, f32)>,
}

impl Steps {
    fn next(&mut self, event: &Event) -> Option<Step> {
        let Kind::Move(pointer) = event.kind else { return None };
        if pointer.device != PointerDevice::Mouse {
            return None;
        }
        let (t, x, y) = self.last.replace((event.t, pointer.x, pointer.y))?;
        Some([pointer.x - x, pointer.y - y, frames(event.t - t)])
    }
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
    fn moves_that_go_on_are_seen_again_every_so_often() {
        let mut roll = Roll::default();
        let came: Vec<Vec<Step>> = moves(200).iter().filter_map(|event| roll.push(event, 32)).collect();
        // After 128, 160 and 192 steps.
        assert_eq!(came.iter().map(Vec::len).collect::<Vec<_>>(), [128; 3]);
        assert_eq!(came[0], blocks(&moves(129))[0]);
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
