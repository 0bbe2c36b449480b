//! What a page saw of one visitor: events, the bounded buffer they wait in, and the JSONL codec.
//!
//! The format is the one contract between the browser, the `vouchsafe` command and the training
//! data; [`codec`] states it in full.

mod buffer;
pub mod codec;
mod event;

pub use buffer::{Buffer, Dropped};
pub use event::{Event, KeyClass, Kind, Pointer, PointerDevice};

/// One visitor's events on one page, in time order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// Unique within its file.
    pub id: String,
    /// Data set, generator or page the trace came from.
    pub source: String,
    /// The person, where a data set knows.
    pub user: Option<String>,
    /// Ground truth, where known. Never an input to scoring.
    pub label: Option<Label>,
    /// Width and height of the viewport in CSS px.
    pub viewport: [f32; 2],
    /// Events in time order.
    pub events: Vec<Event>,
    /// What the recorder saw but had no room to keep.
    pub dropped: Dropped,
}

impl Trace {
    /// What happened from `t` on: a fresh challenge is answered with what came since.
    #[must_use]
    pub fn since(mut self, t: f64) -> Self {
        let early = self.events.iter().take_while(|event| event.t < t).count();
        self.events.drain(..early);
        if self.dropped.first_t.is_some_and(|first| first < t) {
            self.dropped = Dropped::default();
        }
        self
    }

    /// Time from the first event to the last, dropped ones included, in ms.
    pub fn duration_ms(&self) -> f64 {
        let (Some(first), Some(last)) = (self.events.first(), self.events.last()) else {
            return 0.0;
        };
        last.t - self.dropped.first_t.unwrap_or(first.t).min(first.t)
    }
}

/// Ground truth of a recorded trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Label {
    /// A person.
    Human,
    /// A program.
    Bot,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_came_since_is_left() {
        let at = |t| Event { t, kind: Kind::Focus, trusted: true };
        let dropped = Dropped { first_t: Some(1.0), events: 3, ..Dropped::default() };
        let trace = Trace { events: [5.0, 10.0, 15.0].map(at).into(), dropped, ..Trace::default() };
        assert_eq!(trace.duration_ms(), 14.0);
        let later = trace.clone().since(10.0);
        assert_eq!((later.events.len(), later.duration_ms()), (2, 5.0));
        assert_eq!(trace.clone().since(0.0), trace);
    }
}
