//! The Vouchsafe server: challenges, verification, receipts, metrics, and the demo.

mod accounts;
mod admin;
mod app;
mod challenge;
mod client;
mod config;
mod dashboard;
mod demo;
mod keys;
mod metrics;
mod pressure;
mod reply;
pub mod sites;
mod siteverify;
mod step_up;
mod store;
mod test_keys;

pub use accounts::Policy as AccountPolicy;
pub use app::{App, router};
pub use config::{Config, DEMO_SITEKEY, Flags, LogFormat};
pub use sites::Site;
#[doc(hidden)]
pub use siteverify::fuzz_body;
#[doc(hidden)]
pub use step_up::fuzz_form;
pub use store::{RedisStore, SqliteStore};

use std::time::{SystemTime, UNIX_EPOCH};

/// Random bytes from the operating system.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // Without randomness no secret and no challenge can be made: there is nothing to go on with.
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    now_ms() / 1000
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64)
}
