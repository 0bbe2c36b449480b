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
