//! Facts about the browser, read once. The core judges them.

use crate::behavior::EnvironmentFacts;
use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Window;

pub(super) fn facts(window: &Window) -> EnvironmentFacts {
    let navigator = window.navigator();
    let size = |value: Result<JsValue, JsValue>| value.ok().and_then(|v| v.as_f64()).unwrap_or(1.0);
    EnvironmentFacts {
        webdriver: truthy(&navigator, "webdriver"),
        headless_agent: navigator
            .user_agent()
            .is_ok_and(|agent| agent.as_bytes().windows(8).any(|part| part == b"Headless")),
        no_languages: navigator.languages().length() == 0,
        no_outer_size: size(window.outer_width()) == 0.0 || size(window.outer_height()) == 0.0,
        driver_globals: DRIVER_GLOBALS.iter().any(|name| has(window, name))
            || window.document().is_some_and(|document| has(&document, "$cdc_asdjflasutopfhvcZLmcfl_")),
        ..EnvironmentFacts::default()
    }
}

fn truthy(object: &impl JsCast, name: &str) -> bool {
    Reflect::get(object.unchecked_ref(), &name.into()).is_ok_and(|value| value.is_truthy())
}

fn has(object: &impl JsCast, name: &str) -> bool {
    Reflect::has(object.unchecked_ref(), &name.into()).unwrap_or(false)
}

/// Left in the page by PhantomJS, Nightmare, Selenium IDE and older drivers, Playwright's bindings.
const DRIVER_GLOBALS: [&str; 9] = [
    "callPhantom",
    "_phantom",
    "__nightmare",
    "_selenium",
    "_Selenium_IDE_Recorder",
    "__webdriver_evaluate",
    "__driver_evaluate",
    "__playwright__binding__",
    "domAutomation",
];
