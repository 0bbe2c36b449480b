//! The voucher's half of the browser: a key for the page, work for a challenge, a signature under claims. A module of
//! its own, fetched when a check begins; watching and judging are `web`'s.

#![allow(unsafe_code, reason = "wasm-bindgen's generated glue")]

use crate::voucher::{PUZZLES, Solver, Suspicion, VisitorKey};
use wasm_bindgen::prelude::*;

/// The page's key: kept from challenge to challenge, so that a server can tell a form sent again from evidence that
/// was copied. Gone with the page.
#[wasm_bindgen]
pub struct Key {
    key: VisitorKey,
}

#[wasm_bindgen]
impl Key {
    /// A new key, from the browser's random bytes.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::new_without_default, reason = "fails where there are no random bytes")]
    pub fn new() -> Result<Key, JsError> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|_| JsError::new("the browser gives no random bytes"))?;
        Ok(Self { key: VisitorKey::from_seed(seed) })
    }

    /// The key's thumbprint, which work is bound to: 32 bytes.
    #[wasm_bindgen(getter)]
    pub fn thumbprint(&self) -> Vec<u8> {
        self.key.thumbprint().to_vec()
    }

    /// The voucher: a JWS over claims as JSON.
    pub fn seal(&self, claims: &str) -> String {
        self.key.seal(claims.as_bytes())
    }
}

/// Proof of work, in a worker.
#[wasm_bindgen]
pub struct Work {
    solver: Solver,
}

#[wasm_bindgen]
impl Work {
    /// Work on `challenge` for the key with this thumbprint.
    #[wasm_bindgen(constructor)]
    pub fn new(challenge: &str, difficulty: u8, thumbprint: &[u8]) -> Result<Work, JsError> {
        let thumbprint = thumbprint.try_into().map_err(|_| JsError::new("a thumbprint has 32 bytes"))?;
        Ok(Self { solver: Solver::of_token(challenge, difficulty, &thumbprint) })
    }

    /// Tries up to `hashes` numbers; the share of the work done, 0 to 1.
    pub fn step(&mut self, hashes: u32) -> f64 {
        self.solver.step(hashes) as f64 / PUZZLES as f64
    }

    /// The answer once the share is 1.
    pub fn answer(&self) -> Option<Vec<u8>> {
        self.solver.answer().map(|bytes| bytes.to_vec())
    }
}

/// How much a site that asks more below `below` hundredths doubts a score: 0 not at all, 1 mildly, 2 markedly,
/// 3 strongly.
#[wasm_bindgen]
pub fn doubt(score: f32, below: u8) -> u8 {
    Suspicion::of(score, below).map_or(0, |suspicion| suspicion as u8 + 1)
}
