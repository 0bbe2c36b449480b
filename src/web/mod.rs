//! The browser shell: listeners, facts about the browser, bindings. Thin: it converts and calls.

#![allow(unsafe_code, reason = "wasm-bindgen's generated glue")]

mod bindings;
mod environment;
mod listeners;

pub use bindings::{Ticket, Watcher, Work};
