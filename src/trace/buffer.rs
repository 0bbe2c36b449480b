use super::{Event, Kind, Trace};
use std::collections::VecDeque;

/// The newest events of a page, never more than a fixed number, with totals of those let go.
///
/// A page that stays open for ten hours holds as much as one open for a minute.
#[derive(Clone, Debug)]
pub struct Buffer {
    events: VecDeque<Event>,
    capacity: usize,
    dropped: Dropped,
    last_move_frame: Option<i64>,
}

/// Totals of the events a [`Buffer`] let go.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Dropped {
    /// Time of the oldest event let go, in ms.
    pub first_t: Option<f64>,
    /// All events let go.
    pub events: u32,
    /// Pointer moves among them.
    pub moves: u32,
    /// Button or contact presses among them.
    pub downs: u32,
    /// Key presses among them.
    pub keys: u32,
    /// Wheel turns among them.
    pub wheels: u32,
}

impl Buffer {
    /// Enough for about two minutes of steady movement with clicks and typing.
    pub const DEFAULT_CAPACITY: usize = 8192;

    /// An empty buffer that keeps at most `capacity` events (at least one).
    pub fn new(capacity: usize) -> Self {
        Self { events: VecDeque::new(), capacity: capacity.max(1), dropped: Dropped::default(), last_move_frame: None }
    }

    /// Takes `event`; of several moves within one frame of a 60 Hz screen the last one stays.
    ///
    /// An event older than the newest one is given the newest one's time: browsers stamp events by
    /// when the input happened, and two queues may overtake each other by a few milliseconds.
    pub fn push(&mut self, mut event: Event) {
        if !event.t.is_finite() {
            return;
        }
        if let Some(last) = self.events.back() {
            event.t = event.t.max(last.t);
        }
        if matches!(event.kind, Kind::Move(_)) {
            let frame = (event.t / FRAME_MS) as i64;
            let same_frame = self.last_move_frame == Some(frame);
            self.last_move_frame = Some(frame);
            if same_frame
                && let Some(last) = self.events.back_mut()
                && matches!(last.kind, Kind::Move(_))
            {
                event.trusted &= last.trusted;
                *last = event;
                return;
            }
        }
        if self.events.len() == self.capacity
            && let Some(oldest) = self.events.pop_front()
        {
            self.dropped.count(&oldest);
        }
        self.events.push_back(event);
    }

    /// How many events are held.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Totals of what was let go.
    pub fn dropped(&self) -> Dropped {
        self.dropped
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Self::new(self.capacity);
    }

    /// What happened after `from` and up to `to`, ms.
    pub fn between(&self, from: f64, to: f64) -> impl Iterator<Item = &Event> {
        let first = self.events.partition_point(|event| event.t <= from);
        self.events.range(first..).take_while(move |event| event.t <= to)
    }

    /// A copy of what is held, as a trace of a page whose viewport is `viewport` CSS px.
    pub fn to_trace(&self, viewport: [f32; 2]) -> Trace {
        Trace { viewport, events: self.events.iter().copied().collect(), dropped: self.dropped, ..Trace::default() }
    }
}

impl Dropped {
    fn count(&mut self, event: &Event) {
        self.first_t.get_or_insert(event.t);
        self.events = self.events.saturating_add(1);
        let total = match event.kind {
            Kind::Move(_) => &mut self.moves,
            Kind::Down(_) => &mut self.downs,
            Kind::KeyDown(_) => &mut self.keys,
            Kind::Wheel { .. } => &mut self.wheels,
            _ => return,
        };
        *total = total.saturating_add(1);
    }
}

/// One frame of a 60 Hz screen, in ms: the rate the training data was reduced to.
const FRAME_MS: f64 = 1000.0 / 60.0;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Pointer;
    use proptest::prelude::*;

    fn moved(t: f64, x: f32) -> Event {
        Event { t, kind: Kind::Move(Pointer::mouse(x, 0.0)), trusted: true }
    }

    #[test]
    fn the_last_of_several_moves_in_one_frame_stays() {
        let mut buffer = Buffer::new(10);
        for (t, x) in [(0.0, 1.0), (4.0, 2.0), (15.0, 3.0), (17.0, 4.0)] {
            buffer.push(moved(t, x));
        }
        let trace = buffer.to_trace([1.0, 1.0]);
        assert_eq!(trace.events, [moved(15.0, 3.0), moved(17.0, 4.0)]);
    }

    #[test]
    fn what_is_let_go_is_counted_and_time_on_page_survives() {
        let mut buffer = Buffer::new(3);
        for i in 0..10 {
            buffer.push(moved(f64::from(i) * 100.0, 0.0));
        }
        assert_eq!((buffer.len(), buffer.dropped().moves), (3, 7));
        assert_eq!(buffer.to_trace([1.0, 1.0]).duration_ms(), 900.0);
    }

    #[test]
    fn reading_on_gives_each_event_once() {
        let mut buffer = Buffer::new(10);
        (0..6).for_each(|i| buffer.push(Event { t: f64::from(i) * 50.0, kind: Kind::Focus, trusted: true }));
        let times = |from, to| buffer.between(from, to).map(|event| event.t).collect::<Vec<_>>();
        assert_eq!(times(f64::NEG_INFINITY, 100.0), [0.0, 50.0, 100.0]);
        assert_eq!(times(100.0, 1e9), [150.0, 200.0, 250.0]);
        assert!(times(250.0, 1e9).is_empty());
    }

    proptest! {
        #[test]
        fn a_buffer_never_grows_past_its_capacity_and_stays_in_time_order(
            times in proptest::collection::vec(-1e4f64..1e4, 0..200), capacity in 0usize..50,
        ) {
            let mut buffer = Buffer::new(capacity);
            for t in &times {
                buffer.push(Event { t: *t, kind: Kind::Focus, trusted: true });
            }
            prop_assert!(buffer.len() <= capacity.max(1));
            prop_assert_eq!(buffer.len() + buffer.dropped().events as usize, times.len());
            let trace = buffer.to_trace([1.0, 1.0]);
            prop_assert!(trace.events.windows(2).all(|w| w[0].t <= w[1].t));
        }
    }
}
