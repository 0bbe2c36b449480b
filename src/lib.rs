//! Decides on the visitor's own device whether a human is there, and signs a voucher a server checks
//! with the same code.
//!
//! Events flow down, a voucher comes out:
//!
//! - [`trace`]: what a page saw of one visitor, and its JSONL codec
//! - [`behavior`]: from a trace to evidence (one byte a feature), and from evidence to judgements
//! - [`decision`]: from judgements to a score, a verdict and reasons in words
//! - `profile`, `session` (feature `profile`): whether it is still the same person, and what to do when it is not
//! - `face` (feature `face`): faces in pictures and camera frames, through tract
//! - [`voucher`]: challenge, proof of work, signed claims, verification
//! - `web` (wasm32 with feature `web` or `session`): the browser shell over all of it
//! - `seal` (wasm32 with feature `seal`): key, work and signature of the browser's voucher
//! - `camera` (wasm32 with feature `camera`): the face engine for its Worker
//! - `node` (wasm32 with feature `node`): the verifier for JavaScript servers
//!
//! A server that received a voucher:
//!
//! ```
//! use vouchsafe::voucher::{ChallengeKey, Expectation, MemoryStore, Verifier};
//!
//! let key = ChallengeKey::new(b"at least sixteen random bytes").expect("long enough");
//! let verifier = Verifier::new(key);
//! let store = MemoryStore::default();
//! let expected = Expectation { sitekey: Some("my-site"), ..Expectation::default() };
//! let now = 1_800_000_000;
//!
//! let error = verifier.verify("not a voucher", &expected, now, &store).unwrap_err();
//! assert_eq!(error.code(), "malformed");
//! // On success: verifier.verify(..)?.score(), .verdict(), .reasons()
//! ```

pub mod behavior;
mod decimals;
pub mod decision;
#[cfg(feature = "face")]
pub mod face;
#[cfg(feature = "photographs")]
pub mod photograph;
pub mod presence;
#[cfg(feature = "profile")]
pub mod profile;
#[cfg(feature = "profile")]
pub mod session;
pub mod trace;
pub mod voucher;

pub use decimals::four_decimals;

#[cfg(all(target_arch = "wasm32", any(feature = "camera", feature = "session")))]
mod js;

/// Smaller than the standard one by 2 KB gzip in each of the widget's modules.
#[cfg(all(target_arch = "wasm32", any(feature = "web", feature = "seal")))]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

#[cfg(all(target_arch = "wasm32", feature = "listeners"))]
pub mod web;

#[cfg(all(target_arch = "wasm32", feature = "seal"))]
pub mod seal;

#[cfg(all(target_arch = "wasm32", feature = "node"))]
pub mod node;

#[cfg(all(target_arch = "wasm32", feature = "camera"))]
pub mod camera;
