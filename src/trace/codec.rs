//! The JSONL trace format: one JSON object a line, UTF-8.
//!
//! ```text
//! {"id":"a","source":"demo","viewport":[1280,720],"events":[[0,"move",10,20],[16,"keydown","letter"]]}
//! ```
//!
//! Fields: `id`, `source`, `viewport` and `events` must be there, `user` and `label` may be. An
//! event is `[t_ms, kind, ...]`; [`Kind`] lists the kinds. A field or kind that is not known is
//! skipped and counted ([`Decoded::skipped`]); everything else that departs from the table is a
//! [`CodecError`].

use super::{Dropped, Event, KeyClass, Kind, Label, Pointer, PointerDevice, Trace};
use serde::de::{self, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::fmt::{self, Write as _};

/// A trace and how many unknown fields, kinds and trailing event elements were skipped.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// What the line said.
    pub trace: Trace,
    /// How much of it was not known.
    pub skipped: usize,
}

/// Why a line is not a trace.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    /// Not JSON, or JSON that breaks the table.
    #[error("{0}")]
    Malformed(#[from] serde_json::Error),
    /// Event `index` is earlier than the one before it.
    #[error("event {index} is earlier than the one before it")]
    TimeOrder {
        /// Position in `events`, from 0.
        index: usize,
    },
    /// The viewport is not two positive numbers.
    #[error("viewport must be two positive numbers")]
    Viewport,
    /// More events than [`MAX_EVENTS`].
    #[error("more than {MAX_EVENTS} events")]
    TooManyEvents,
}

/// The most events one trace may hold.
pub const MAX_EVENTS: usize = 2_000_000;

/// Reads one line.
pub fn decode(line: &str) -> Result<Decoded, CodecError> {
    SKIPPED.with(|s| s.set(0));
    let raw: RawTrace = serde_json::from_str(line)?;
    if !raw.viewport.iter().all(|side| side.is_finite() && *side > 0.0) {
        return Err(CodecError::Viewport);
    }
    if raw.events.0.len() > MAX_EVENTS {
        return Err(CodecError::TooManyEvents);
    }
    let early = raw.events.0.windows(2).position(|pair| pair[1].t < pair[0].t);
    if let Some(index) = early {
        return Err(CodecError::TimeOrder { index: index + 1 });
    }
    let trace = Trace {
        id: raw.id,
        source: raw.source,
        user: raw.user,
        label: raw.label,
        viewport: raw.viewport,
        events: raw.events.0,
        dropped: Dropped::default(),
    };
    Ok(Decoded { trace, skipped: SKIPPED.with(Cell::get) })
}

/// Writes one line, without the newline. Reading it back gives the same trace, less `dropped`.
pub fn encode(trace: &Trace) -> String {
    let mut out = String::with_capacity(64 + trace.events.len() * 24);
    let head = Head {
        id: &trace.id,
        source: &trace.source,
        user: trace.user.as_deref(),
        label: trace.label,
        viewport: trace.viewport,
    };
    // A struct of strings and finite numbers always serialises.
    out.push_str(&serde_json::to_string(&head).unwrap_or_default());
    out.pop();
    out.push_str(",\"events\":[");
    for (i, event) in trace.events.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        encode_event(&mut out, event);
    }
    out.push_str("]}");
    out
}

#[derive(Serialize)]
struct Head<'a> {
    id: &'a str,
    source: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<Label>,
    viewport: [f32; 2],
}

fn encode_event(out: &mut String, event: &Event) {
    let (name, pointer) = match event.kind {
        Kind::Move(p) => ("move", Some(p)),
        Kind::Down(p) => ("down", Some(p)),
        Kind::Up(p) => ("up", Some(p)),
        Kind::Click { .. } => ("click", None),
        Kind::Wheel { .. } => ("wheel", None),
        Kind::Scroll { .. } => ("scroll", None),
        Kind::KeyDown(_) => ("keydown", None),
        Kind::KeyUp(_) => ("keyup", None),
        Kind::Focus => ("focus", None),
        Kind::Blur => ("blur", None),
        Kind::Visible => ("visible", None),
        Kind::Hidden => ("hidden", None),
    };
    // Writing to a String cannot fail.
    let _ = write!(out, "[{},\"{name}\"", event.t);
    let mut details = String::new();
    match event.kind {
        Kind::Click { x, y, detail } => {
            let _ = write!(out, ",{x},{y}");
            let _ = write!(details, "\"detail\":{detail}");
        }
        Kind::Wheel { delta_y } => {
            let _ = write!(out, ",{delta_y}");
        }
        Kind::Scroll { top, height } => {
            let _ = write!(out, ",{top},{height}");
        }
        Kind::KeyDown(class) | Kind::KeyUp(class) => {
            let _ = write!(out, ",\"{}\"", class.name());
        }
        _ => {}
    }
    if let Some(p) = pointer {
        let _ = write!(out, ",{},{}", p.x, p.y);
        let device = match p.device {
            PointerDevice::Mouse => None,
            PointerDevice::Touch => Some("touch"),
            PointerDevice::Pen => Some("pen"),
        };
        if let Some(device) = device {
            let _ = write!(details, "\"type\":\"{device}\"");
        }
        if let Some(pressure) = p.pressure {
            let _ = write!(details, "{}\"pressure\":{pressure}", comma(&details));
        }
        if p.button != 0 {
            let _ = write!(details, "{}\"button\":{}", comma(&details), p.button);
        }
    }
    if !event.trusted {
        let _ = write!(details, "{}\"trusted\":false", comma(&details));
    }
    if !details.is_empty() {
        let _ = write!(out, ",{{{details}}}");
    }
    out.push(']');
}

fn comma(so_far: &str) -> &'static str {
    if so_far.is_empty() { "" } else { "," }
}

thread_local! {
    /// Unknown parts of the line being read; serde's visitors have nowhere else to put them.
    static SKIPPED: Cell<usize> = const { Cell::new(0) };
}

fn skip_one() {
    SKIPPED.with(|s| s.set(s.get() + 1));
}

struct RawTrace {
    id: String,
    source: String,
    user: Option<String>,
    label: Option<Label>,
    viewport: [f32; 2],
    events: Events,
}

impl<'de> Deserialize<'de> for RawTrace {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TraceVisitor;
        impl<'de> Visitor<'de> for TraceVisitor {
            type Value = RawTrace;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a trace object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawTrace, A::Error> {
                let (mut id, mut source, mut user, mut label) = (None, None, None, None);
                let (mut viewport, mut events) = (None, None);
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "id" => once(&mut id, "id", map.next_value()?)?,
                        "source" => once(&mut source, "source", map.next_value()?)?,
                        "user" => once(&mut user, "user", map.next_value::<Option<String>>()?)?,
                        "label" => once(&mut label, "label", map.next_value::<Option<Label>>()?)?,
                        "viewport" => once(&mut viewport, "viewport", map.next_value()?)?,
                        "events" => once(&mut events, "events", map.next_value()?)?,
                        _ => {
                            skip_one();
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                let missing = de::Error::missing_field;
                Ok(RawTrace {
                    id: id.ok_or_else(|| missing("id"))?,
                    source: source.ok_or_else(|| missing("source"))?,
                    user: user.flatten(),
                    label: label.flatten(),
                    viewport: viewport.ok_or_else(|| missing("viewport"))?,
                    events: events.ok_or_else(|| missing("events"))?,
                })
            }
        }
        deserializer.deserialize_map(TraceVisitor)
    }
}

fn once<T, E: de::Error>(slot: &mut Option<T>, name: &'static str, value: T) -> Result<(), E> {
    if slot.replace(value).is_some() { Err(E::duplicate_field(name)) } else { Ok(()) }
}

struct Events(Vec<Event>);

impl<'de> Deserialize<'de> for Events {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EventsVisitor;
        impl<'de> Visitor<'de> for EventsVisitor {
            type Value = Events;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array of events")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Events, A::Error> {
                let mut events = Vec::new();
                while let Some(RawEvent(event)) = seq.next_element()? {
                    match event {
                        Some(event) => events.push(event),
                        None => skip_one(),
                    }
                }
                Ok(Events(events))
            }
        }
        deserializer.deserialize_seq(EventsVisitor)
    }
}

/// `None` for a kind that is not known.
struct RawEvent(Option<Event>);

impl<'de> Deserialize<'de> for RawEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EventVisitor;
        impl<'de> Visitor<'de> for EventVisitor {
            type Value = RawEvent;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an event array [t_ms, kind, ...]")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<RawEvent, A::Error> {
                read_event(&mut seq).map(RawEvent)
            }
        }
        deserializer.deserialize_seq(EventVisitor)
    }
}

fn read_event<'de, A: SeqAccess<'de>>(seq: &mut A) -> Result<Option<Event>, A::Error> {
    let t: f64 = need(seq, "a time in ms")?;
    let name: String = need(seq, "an event kind")?;
    let mut details = Details::default();
    let kind = match name.as_str() {
        "move" | "down" | "up" | "click" => {
            let (x, y) = (finite(seq, "x")?, finite(seq, "y")?);
            if let Some(given) = seq.next_element::<Option<Details>>()? {
                details = given.unwrap_or_default();
            }
            let pointer = details.pointer(x, y);
            match name.as_str() {
                "move" => Kind::Move(pointer),
                "down" => Kind::Down(pointer),
                "up" => Kind::Up(pointer),
                _ => Kind::Click { x, y, detail: details.detail.unwrap_or(1) },
            }
        }
        "wheel" => Kind::Wheel { delta_y: finite(seq, "delta_y")? },
        "scroll" => Kind::Scroll { top: finite(seq, "scroll_top")?, height: finite(seq, "scroll_height")? },
        "keydown" => Kind::KeyDown(need::<_, KeyName>(seq, "a key class")?.0),
        "keyup" => Kind::KeyUp(need::<_, KeyName>(seq, "a key class")?.0),
        "focus" => Kind::Focus,
        "blur" => Kind::Blur,
        "visible" => Kind::Visible,
        "hidden" => Kind::Hidden,
        _ => {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(None);
        }
    };
    while seq.next_element::<IgnoredAny>()?.is_some() {
        skip_one();
    }
    Ok(Some(Event { t, kind, trusted: details.trusted.unwrap_or(true) }))
}

fn need<'de, A: SeqAccess<'de>, T: Deserialize<'de>>(seq: &mut A, what: &'static str) -> Result<T, A::Error> {
    seq.next_element()?.ok_or_else(|| de::Error::custom(format_args!("event lacks {what}")))
}

/// A number that an `f32` holds: JSON can write larger ones.
fn finite<'de, A: SeqAccess<'de>>(seq: &mut A, what: &'static str) -> Result<f32, A::Error> {
    let number: f32 = need(seq, what)?;
    if number.is_finite() { Ok(number) } else { Err(de::Error::custom(format_args!("{what} is too large"))) }
}

struct KeyName(KeyClass);

impl<'de> Deserialize<'de> for KeyName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        KeyClass::from_name(&name)
            .map(Self)
            .ok_or_else(|| de::Error::custom(format_args!("unknown key class {name:?}")))
    }
}

#[derive(Default)]
struct Details {
    device: PointerDevice,
    pressure: Option<f32>,
    button: Option<u8>,
    detail: Option<u8>,
    trusted: Option<bool>,
}

impl Details {
    fn pointer(&self, x: f32, y: f32) -> Pointer {
        let button = self.button.unwrap_or(0);
        Pointer { x, y, device: self.device, pressure: self.pressure, button }
    }
}

impl<'de> Deserialize<'de> for Details {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DetailsVisitor;
        impl<'de> Visitor<'de> for DetailsVisitor {
            type Value = Details;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with type, pressure or button")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Details, A::Error> {
                let mut details = Details::default();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "type" => {
                            details.device = match map.next_value::<String>()?.as_str() {
                                "touch" => PointerDevice::Touch,
                                "pen" => PointerDevice::Pen,
                                "mouse" | "" => PointerDevice::Mouse,
                                other => {
                                    let unexpected = de::Unexpected::Str(other);
                                    return Err(de::Error::invalid_value(unexpected, &"mouse, touch or pen"));
                                }
                            }
                        }
                        "pressure" => {
                            let pressure: Option<f32> = map.next_value()?;
                            if pressure.is_some_and(|p| !(0.0..=1.0).contains(&p)) {
                                return Err(de::Error::custom("pressure must be within 0 to 1"));
                            }
                            details.pressure = pressure;
                        }
                        // -1 stands for "no button" on moves.
                        "button" => details.button = u8::try_from(map.next_value::<i64>()?.max(0)).ok(),
                        "detail" => details.detail = Some(map.next_value()?),
                        "trusted" => details.trusted = Some(map.next_value()?),
                        _ => {
                            skip_one();
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(details)
            }
        }
        deserializer.deserialize_map(DetailsVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(events: &str) -> String {
        format!(r#"{{"id":"a","source":"s","viewport":[800,600],"events":{events}}}"#)
    }

    #[test]
    fn unknown_fields_kinds_and_trailing_elements_are_skipped_and_counted() {
        let text = r#"{"id":"a","source":"s","mood":[1,{}],"viewport":[8,6],
            "events":[[0,"move",1,2],[1,"sneeze",[3]],[2,"focus",9],[3,"down",1,2,{"tilt":3,"button":1}]]}"#;
        let decoded = decode(text).unwrap();
        assert_eq!(decoded.trace.events.len(), 3);
        assert_eq!(decoded.skipped, 4);
    }

    #[test]
    fn what_breaks_the_table_is_refused_with_its_reason() {
        for (text, reason) in [
            ("{", "EOF"),
            ("[]", "a trace object"),
            (r#"{"id":"a","source":"s","viewport":[1,1]}"#, "missing field `events`"),
            (r#"{"id":"a","id":"b","source":"s","viewport":[1,1],"events":[]}"#, "duplicate field `id`"),
            (r#"{"id":"a","source":"s","viewport":[0,1],"events":[]}"#, "viewport"),
            (r#"{"id":"a","source":"s","viewport":[1,1],"label":"cat","events":[]}"#, "unknown variant"),
            (&line(r#"[[0,"move",1]]"#), "event lacks y"),
            (&line(r#"[["0","move",1,2]]"#), "invalid type"),
            (&line(r#"[[0,"move",1,null]]"#), "invalid type"),
            (&line(r#"[[0,"keydown","a"]]"#), "unknown key class"),
            (&line(r#"[[0,"move",1e999,2]]"#), "number out of range"),
            (&line(r#"[[0,"move",1e99,2]]"#), "x is too large"),
            (&line(r#"[[0,"down",1,2,{"pressure":2}]]"#), "pressure"),
            (&line(r#"[[0,"down",1,2,{"type":"foot"}]]"#), "mouse, touch or pen"),
            (&line(r#"[[5,"focus"],[4,"blur"]]"#), "event 1 is earlier"),
        ] {
            let error = decode(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    fn any_event() -> impl Strategy<Value = Kind> {
        let pointer = (-1e5f32..1e5, -1e5f32..1e5, 0u8..3, proptest::option::of(0f32..=1.0), 0u8..5).prop_map(
            |(x, y, device, pressure, button)| {
                let device = [PointerDevice::Mouse, PointerDevice::Touch, PointerDevice::Pen][device as usize];
                Pointer { x, y, device, pressure, button }
            },
        );
        (0u8..12, pointer, 0usize..9).prop_map(|(kind, p, class)| {
            let class = KeyClass::NAMES[class].0;
            match kind {
                0 => Kind::Move(p),
                1 => Kind::Down(p),
                2 => Kind::Up(p),
                3 => Kind::Click { x: p.x, y: p.y, detail: p.button },
                4 => Kind::Wheel { delta_y: p.y },
                5 => Kind::Scroll { top: p.x, height: p.y },
                6 => Kind::KeyDown(class),
                7 => Kind::KeyUp(class),
                8 => Kind::Focus,
                9 => Kind::Blur,
                10 => Kind::Visible,
                _ => Kind::Hidden,
            }
        })
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_the_same(
            id in ".*", user in proptest::option::of(".*"),
            steps in proptest::collection::vec((0u32..1_000_000, any_event(), any::<bool>()), 0..40),
        ) {
            // Browsers stamp events to 5 microseconds at best.
            let mut microseconds = 0.0;
            let events = steps.into_iter().map(|(dt, kind, trusted)| {
                microseconds += f64::from(dt);
                Event { t: microseconds / 1000.0, kind, trusted }
            });
            let trace = Trace {
                id, user, source: "s".into(), label: Some(Label::Bot), viewport: [640.0, 480.5],
                events: events.collect(), dropped: Dropped::default(),
            };
            // Only moves, presses and clicks carry the trusted flag in the format.
            let mut expected = trace.clone();
            for event in &mut expected.events {
                event.trusted |= !matches!(event.kind, Kind::Move(_) | Kind::Down(_) | Kind::Up(_) | Kind::Click { .. });
            }
            let mut written = trace;
            written.events.clone_from(&expected.events);
            let decoded = decode(&encode(&written)).unwrap();
            prop_assert_eq!(decoded, Decoded { trace: expected, skipped: 0 });
        }

        #[test]
        fn no_line_whatever_it_holds_makes_the_reader_panic(text in ".*") {
            let _ = decode(&text);
        }
    }
}
