//! Listeners on the page, its shadow trees and its same-origin frames.

use super::environment;
use crate::behavior::EnvironmentFacts;
use crate::trace::{Buffer, Event, KeyClass, Kind, Pointer, PointerDevice};
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    AddEventListenerOptions, Document, Element, EventTarget, HtmlIFrameElement, KeyboardEvent, MouseEvent,
    PointerEvent, UiEvent, VisibilityState, WheelEvent, Window,
};

/// Watches a page from [`Recorder::attach`] to [`Recorder::detach`] or drop.
pub(super) struct Recorder {
    shared: Rc<RefCell<Shared>>,
    listener: Closure<dyn FnMut(web_sys::Event)>,
}

struct Shared {
    window: Window,
    buffer: Buffer,
    facts: EnvironmentFacts,
    /// Where the listener is attached; attaching twice to one target is one listener.
    targets: Vec<EventTarget>,
    listener: Option<js_sys::Function>,
    /// Where the pointer was last seen, in px and their fractions.
    last_move: [f64; 2],
    last_scroll: f64,
    /// The last press was assistive software's.
    assisted: bool,
    /// An event passes the window and then the root it is in; it counts once.
    last_event: Option<web_sys::Event>,
}

impl Recorder {
    pub(super) fn new(window: Window) -> Self {
        let shared = Rc::new(RefCell::new(Shared {
            facts: environment::facts(&window),
            window,
            buffer: Buffer::new(Buffer::DEFAULT_CAPACITY),
            targets: Vec::new(),
            listener: None,
            last_move: [f64::INFINITY; 2],
            last_scroll: f64::NEG_INFINITY,
            assisted: false,
            last_event: None,
        }));
        let weak = Rc::downgrade(&shared);
        let listener = Closure::new(move |event: web_sys::Event| {
            // A listener that makes the page fire another event must not find the recorder borrowed.
            if let Some(shared) = weak.upgrade()
                && let Ok(mut shared) = shared.try_borrow_mut()
            {
                shared.take(&event);
            }
        });
        shared.borrow_mut().listener = Some(listener.as_ref().unchecked_ref::<js_sys::Function>().clone());
        Self { shared, listener }
    }

    /// Starts watching the window, its document and the same-origin frames in it. Twice is once.
    pub(super) fn attach(&self) {
        let mut shared = self.shared.borrow_mut();
        let window = shared.window.clone();
        shared.watch(&window);
        let Some(document) = window.document() else { return };
        if let Ok(frames) = document.query_selector_all("iframe") {
            for i in 0..frames.length() {
                if let Some(frame) = frames.get(i).and_then(|node| node.dyn_into::<HtmlIFrameElement>().ok()) {
                    shared.watch_frame(&frame);
                }
            }
        }
    }

    /// Also watches `root`, such as a shadow root whose scrolling does not leave it.
    #[cfg(feature = "web")]
    pub(super) fn observe(&self, root: &EventTarget) {
        self.shared.borrow_mut().watch(root);
    }

    /// Stops watching. What was recorded stays.
    pub(super) fn detach(&self) {
        let mut shared = self.shared.borrow_mut();
        let function = self.listener.as_ref().unchecked_ref();
        for target in std::mem::take(&mut shared.targets) {
            for name in EVENTS {
                // A frame that has gone away refuses; then there is nothing to remove.
                let _ = target.remove_event_listener_with_callback_and_bool(name, function, true);
            }
        }
    }

    #[cfg(feature = "web")]
    pub(super) fn clear(&self) {
        let mut shared = self.shared.borrow_mut();
        shared.buffer.clear();
        shared.facts = environment::facts(&shared.window);
    }

    #[cfg(feature = "web")]
    pub(super) fn events(&self) -> usize {
        self.shared.borrow().buffer.len()
    }

    #[cfg(feature = "web")]
    pub(super) fn attached_to(&self) -> usize {
        self.shared.borrow().targets.len()
    }

    /// What happened after `from` and up to `to`, ms.
    #[cfg(feature = "session")]
    pub(super) fn between(&self, from: f64, to: f64) -> Vec<Event> {
        self.shared.borrow().buffer.between(from, to).copied().collect()
    }

    /// Whether the browser says that a program drives it.
    #[cfg(feature = "session")]
    pub(super) fn is_automated(&self) -> bool {
        let facts = &self.shared.borrow().facts;
        facts.webdriver || facts.driver_globals
    }

    #[cfg(feature = "web")]
    pub(super) fn snapshot(&self) -> (crate::trace::Trace, EnvironmentFacts) {
        let shared = self.shared.borrow();
        let side = |value: Result<JsValue, JsValue>| value.ok().and_then(|v| v.as_f64()).unwrap_or(1.0).max(1.0) as f32;
        let viewport = [side(shared.window.inner_width()), side(shared.window.inner_height())];
        (shared.buffer.to_trace(viewport), shared.facts)
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.detach();
    }
}

impl Shared {
    fn watch(&mut self, target: &EventTarget) {
        let Some(function) = self.listener.clone() else { return };
        let options = AddEventListenerOptions::new();
        options.set_capture(true);
        options.set_passive(true);
        for name in EVENTS {
            let _ = target.add_event_listener_with_callback_and_add_event_listener_options(name, &function, &options);
        }
        if !self.targets.contains(target) && self.targets.len() < MAX_TARGETS {
            self.targets.push(target.clone());
        }
    }

    /// A frame of another origin hides its document and is left alone.
    fn watch_frame(&mut self, frame: &HtmlIFrameElement) {
        if frame.content_document().is_some()
            && let Some(window) = frame.content_window()
        {
            self.watch(&window);
        }
    }

    fn take(&mut self, event: &web_sys::Event) {
        if self.last_event.as_ref() == Some(event) {
            return;
        }
        self.last_event = Some(event.clone());
        let name = event.type_();
        if matches!(name.as_str(), "pointerover" | "focusin") {
            // The pointer or the focus is about to enter a frame.
            if let Some(frame) = event.target().and_then(|target| target.dyn_into::<HtmlIFrameElement>().ok()) {
                self.watch_frame(&frame);
            }
            return;
        }
        let Some(kind) = self.kind(&name, event) else { return };
        let trusted = event.is_trusted();
        if self.admit(&kind, event, trusted) {
            let t = self.time(event);
            self.buffer.push(Event { t, kind, trusted });
        }
    }

    fn kind(&mut self, name: &str, event: &web_sys::Event) -> Option<Kind> {
        Some(match name {
            "pointermove" => Kind::Move(self.pointer(event)?),
            "pointerdown" => {
                self.assisted = is_assisted(event.dyn_ref()?);
                if self.assisted {
                    return None;
                }
                Kind::Down(self.pointer(event)?)
            }
            "pointerup" | "pointercancel" if self.assisted => return None,
            "pointerup" | "pointercancel" => Kind::Up(self.pointer(event)?),
            "click" => {
                let mouse = event.dyn_ref::<MouseEvent>()?;
                let (dx, dy) = self.frame_offset(mouse);
                let [x, y] = whole(place(event));
                Kind::Click { x: x as f32 + dx, y: y as f32 + dy, detail: mouse.detail().clamp(0, 255) as u8 }
            }
            "wheel" => {
                let wheel = event.dyn_ref::<WheelEvent>()?;
                // Lines and pages in the px that browsers give them.
                let unit = [1.0, 16.0, 800.0][wheel.delta_mode().min(2) as usize];
                Kind::Wheel { delta_y: (wheel.delta_y() * unit) as f32 }
            }
            "scroll" => {
                let t = event.time_stamp();
                if t - self.last_scroll < SCROLL_EVERY_MS {
                    return None;
                }
                self.last_scroll = t;
                let scrolled = scrolled_element(event)?;
                Kind::Scroll { top: scrolled.scroll_top() as f32, height: scrolled.scroll_height() as f32 }
            }
            "keydown" | "keyup" => {
                let key = event.dyn_ref::<KeyboardEvent>()?;
                let class = KeyClass::of_key(&key.key(), &key.code())?;
                match name {
                    "keydown" if key.repeat() => return None,
                    "keydown" => Kind::KeyDown(class),
                    _ => Kind::KeyUp(class),
                }
            }
            // These bubble from every field when captured; only the window's own are meant.
            "focus" | "blur" => {
                event.target()?.dyn_ref::<Window>()?;
                match name {
                    "focus" => Kind::Focus,
                    // Focus that moved into a frame of this page has not left it.
                    _ if self.focus_is_in_frame() => return None,
                    _ => Kind::Blur,
                }
            }
            "visibilitychange" => match event.target()?.dyn_ref::<Document>()?.visibility_state() {
                VisibilityState::Hidden => Kind::Hidden,
                _ => Kind::Visible,
            },
            _ => return None,
        })
    }

    fn focus_is_in_frame(&mut self) -> bool {
        let active = self.window.document().and_then(|document| document.active_element());
        match active.and_then(|element| element.dyn_into::<HtmlIFrameElement>().ok()) {
            Some(frame) => {
                self.watch_frame(&frame);
                true
            }
            None => false,
        }
    }

    fn pointer(&self, event: &web_sys::Event) -> Option<Pointer> {
        let event = event.dyn_ref::<PointerEvent>()?;
        let (dx, dy) = self.frame_offset(event);
        let device = match event.pointer_type().as_str() {
            "touch" => PointerDevice::Touch,
            "pen" => PointerDevice::Pen,
            _ => PointerDevice::Mouse,
        };
        let [x, y] = whole(place(event));
        Some(Pointer {
            x: x as f32 + dx,
            y: y as f32 + dy,
            device,
            pressure: (device != PointerDevice::Mouse).then(|| event.pressure().clamp(0.0, 1.0)),
            button: event.button().clamp(0, 255) as u8,
        })
    }

    /// Where the frame an event comes from begins in the watched window's viewport.
    fn frame_offset(&self, event: &UiEvent) -> (f32, f32) {
        match event.view() {
            Some(view) if view != self.window => match view.frame_element() {
                Ok(Some(frame)) => {
                    let place = frame.get_bounding_client_rect();
                    (place.left() as f32, place.top() as f32)
                }
                _ => (0.0, 0.0),
            },
            _ => (0.0, 0.0),
        }
    }

    /// The event's own time; frames count from another origin, there the time of arrival serves.
    fn time(&self, event: &web_sys::Event) -> f64 {
        let foreign = event.dyn_ref::<UiEvent>().and_then(UiEvent::view).is_some_and(|view| view != self.window);
        let now = self.window.performance().map_or(0.0, |performance| performance.now());
        if foreign || event.time_stamp() <= 0.0 { now } else { event.time_stamp().min(now) }
    }

    /// Counts what the browser says about an event. False for a move within a px, as screens of high density report
    /// them: in whole px it would look like a program that sends where the pointer already is.
    fn admit(&mut self, kind: &Kind, event: &web_sys::Event, trusted: bool) -> bool {
        let facts = &mut self.facts;
        if kind.is_input() {
            facts.inputs = facts.inputs.saturating_add(1);
            facts.untrusted = facts.untrusted.saturating_add(u32::from(!trusted));
        }
        let (Kind::Move(p), Some(event)) = (kind, event.dyn_ref::<PointerEvent>()) else { return true };
        if p.device != PointerDevice::Mouse {
            return true;
        }
        let (at, last) = (place(event), self.last_move);
        let [x, y] = whole(at);
        let changed = whole(last) != [x, y];
        if !changed && at != last {
            return false;
        }
        self.last_move = at;
        facts.moves = facts.moves.saturating_add(1);
        facts.coalesced = facts.coalesced.saturating_add(u32::from(event.get_coalesced_events().length() > 1));
        let unmoved = changed && event.movement_x() == 0 && event.movement_y() == 0;
        facts.unmoved = facts.unmoved.saturating_add(u32::from(unmoved));
        // The page's px keep the grid wherever the page is magnified, the screen's also where fingers magnify it.
        let (ratio, screen) = (self.window.device_pixel_ratio(), screen_x(event));
        let coincide = screen as i32 == x && event.screen_y() == y && has_offset(&self.window);
        let on_grid = [at[0] * ratio, screen * ratio, screen].into_iter().any(is_on_grid);
        facts.injected = facts.injected.saturating_add(u32::from(coincide || !on_grid));
        true
    }
}

#[wasm_bindgen]
extern "C" {
    /// A pointer's or mouse's event, whose place `web_sys` gives in whole px only.
    type Placed;
    #[wasm_bindgen(method, getter, js_name = clientX)]
    fn client_x(this: &Placed) -> f64;
    #[wasm_bindgen(method, getter, js_name = clientY)]
    fn client_y(this: &Placed) -> f64;
    #[wasm_bindgen(method, getter, js_name = screenX)]
    fn screen_x(this: &Placed) -> f64;
}

/// Where a pointer's event happened, in px of the viewport and their fractions.
fn place(event: &web_sys::Event) -> [f64; 2] {
    let event = event.unchecked_ref::<Placed>();
    [event.client_x(), event.client_y()]
}

fn screen_x(event: &web_sys::Event) -> f64 {
    event.unchecked_ref::<Placed>().screen_x()
}

/// Whether a device can point there: systems tell whole pixels of the screen, or 256ths (macOS, Wayland). Browsers calculate
/// in single precision, which the tolerance covers to 4000 px.
fn is_on_grid(pixels: f64) -> bool {
    let steps = pixels * 256.0;
    (steps - steps.round_ties_even()).abs() < 0.05
}

fn whole(at: [f64; 2]) -> [i32; 2] {
    at.map(|v| v as i32)
}

/// Whether no pointer pressed: a screen reader was told to, or speech or a switch. Chromium then reports a mouse that
/// presses with no force and nowhere within the element. Who forges that has nothing that speaks for a person.
fn is_assisted(press: &PointerEvent) -> bool {
    let forceless = press.is_trusted() && press.pressure() == 0.0 && press.pointer_type() == "mouse";
    // Asking for the offset lays the page out: last.
    forceless && press.offset_x() == 0 && press.offset_y() == 0
}

/// Whether the viewport begins somewhere else than the screen does.
fn has_offset(window: &Window) -> bool {
    let number = |value: Result<JsValue, JsValue>| value.ok().and_then(|v| v.as_f64()).unwrap_or(0.0);
    let bars = number(window.outer_height()) - number(window.inner_height());
    number(window.screen_x()) != 0.0 || number(window.screen_y()) != 0.0 || bars > 20.0
}

/// The element a scroll event speaks of: for a document the one that scrolls it.
fn scrolled_element(event: &web_sys::Event) -> Option<Element> {
    let target = event.target()?;
    match target.dyn_into::<Element>() {
        Ok(element) => Some(element),
        Err(target) => target.dyn_into::<Document>().ok()?.scrolling_element(),
    }
}

const EVENTS: [&str; 14] = [
    "pointermove",
    "pointerdown",
    "pointerup",
    "pointercancel",
    "pointerover",
    "click",
    "wheel",
    "scroll",
    "keydown",
    "keyup",
    "focus",
    "blur",
    "focusin",
    "visibilitychange",
];
/// Scrolling fires once a frame; ten times a second tells as much.
const SCROLL_EVERY_MS: f64 = 100.0;
/// A page with more frames than this is watched in part.
const MAX_TARGETS: usize = 64;
