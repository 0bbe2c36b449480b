//! The browser shell: listeners, facts about the browser, bindings. Thin: it converts and calls.

#![allow(unsafe_code, reason = "wasm-bindgen's generated glue")]

#[cfg(feature = "web")]
mod bindings;
mod environment;
mod listeners;
#[cfg(feature = "session")]
mod session;

#[cfg(feature = "web")]
pub use bindings::Watcher;
#[cfg(feature = "session")]
pub use session::{Companion, derive};
