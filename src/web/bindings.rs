//! What the page's script calls.

use super::listeners::Recorder;
use crate::behavior::Evidence;
use crate::decision::Policy;
use crate::voucher::measured_json;
use wasm_bindgen::prelude::*;
use web_sys::EventTarget;

/// Watches the page.
#[wasm_bindgen]
pub struct Watcher {
    recorder: Recorder,
}

#[wasm_bindgen]
impl Watcher {
    /// A watcher of the current window, not watching yet.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::new_without_default, reason = "fails outside a window")]
    pub fn new() -> Result<Watcher, JsError> {
        let window = web_sys::window().ok_or_else(|| JsError::new("no window to watch"))?;
        Ok(Self { recorder: Recorder::new(window) })
    }

    /// Starts listening; calling it again changes nothing.
    pub fn attach(&self) {
        self.recorder.attach();
    }

    /// What was seen since a challenge that arrived at `received` (`performance.now()`), or at all, as
    /// [`measured_json`].
    pub fn measure(&self, received: Option<f64>) -> String {
        let (trace, facts) = self.recorder.snapshot();
        let since = received.map_or(f64::NEG_INFINITY, |at| at - LEAD_MS);
        let evidence = Evidence::of(&trace.since(since), Some(&facts));
        measured_json(&evidence, &Policy::default().decide(&evidence))
    }
}

/// For who embeds the crate. The widget needs none of it, and every binding is paid for by every visitor.
impl Watcher {
    /// Also listens on a shadow root or another window of the same origin.
    pub fn observe(&self, root: &EventTarget) {
        self.recorder.observe(root);
    }

    /// Stops listening; what was recorded stays.
    pub fn detach(&self) {
        self.recorder.detach();
    }

    /// Forgets what was recorded.
    pub fn clear(&self) {
        self.recorder.clear();
    }

    /// How many events are held.
    pub fn events(&self) -> usize {
        self.recorder.events()
    }

    /// How many windows and roots are listened on.
    pub fn targets(&self) -> usize {
        self.recorder.attached_to()
    }
}

/// Events this long before the challenge arrived still count: listeners start first. Less than the
/// verifier allows.
const LEAD_MS: f64 = 25_000.0;
