//! The Vouchsafe server: `GET /challenge`, `POST /siteverify`, `GET /healthz` and the demo.

mod app;
mod challenge;
mod config;
mod demo;
mod siteverify;
mod store;

pub use app::{App, router};
pub use config::{Config, DEMO_SITEKEY, Flags, LogFormat, Site};
pub use store::SqliteStore;

use std::time::{SystemTime, UNIX_EPOCH};

/// Random bytes from the operating system.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // Without randomness no secret and no challenge can be made: there is nothing to go on with.
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
