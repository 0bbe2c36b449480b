//! The verifier for JavaScript servers (wasm32 with feature `node`): thin, as `web` is for pages.
//! `www/src/verify.ts` adds the store, the clock and the random bytes.

#![allow(unsafe_code, reason = "wasm-bindgen's generated glue")]

use crate::behavior::Family;
use crate::voucher::{Answer, ChallengeKey, Expectation, NoveltyFilter, Terms, VerifiedVoucher, Verifier, VerifyError};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use wasm_bindgen::prelude::*;

/// Issues challenges and checks vouchers.
#[wasm_bindgen]
pub struct Core {
    key: ChallengeKey,
    verifier: Verifier,
    novelty: Arc<NoveltyFilter>,
}

/// A voucher that was looked at and not redeemed yet.
#[wasm_bindgen]
pub struct Checked {
    outcome: Result<VerifiedVoucher, VerifyError>,
    min_score: f32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Ask {
    sitekey: String,
    hostname: String,
    action: Option<String>,
    difficulty: u8,
    lifetime: u32,
    #[serde(default)]
    require: Vec<Family>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wanted {
    sitekey: Option<String>,
    #[serde(default)]
    hostnames: Vec<String>,
    action: Option<String>,
    min_score: f32,
}

#[wasm_bindgen]
impl Core {
    /// `secrets`: base64url of at least 16 bytes each; the first signs, all are accepted.
    #[wasm_bindgen(constructor)]
    pub fn new(secrets: Vec<String>, novelty_entries: usize) -> Result<Core, JsError> {
        let key = ChallengeKey::read(&secrets)?;
        let novelty = Arc::new(NoveltyFilter::new(novelty_entries));
        Ok(Self { verifier: Verifier::new(key.clone()), key, novelty })
    }

    /// A challenge; `nonce` is 16 random bytes, `now` seconds since 1970.
    pub fn challenge(&self, ask: JsValue, nonce: &[u8], now: f64) -> Result<String, JsError> {
        let ask: Ask = serde_wasm_bindgen::from_value(ask)?;
        if nonce.len() != 16 {
            return Err(JsError::new("a nonce has 16 bytes"));
        }
        if ask.difficulty > 20 {
            return Err(JsError::new("a difficulty over 20 would keep visitors waiting for minutes"));
        }
        let now = now as u64;
        Ok(self.key.issue(&Terms {
            v: 1,
            nonce: Base64UrlUnpadded::encode_string(nonce),
            sitekey: ask.sitekey,
            hostname: ask.hostname,
            action: ask.action,
            iat: now,
            exp: now + u64::from(ask.lifetime),
            difficulty: ask.difficulty,
            require: ask.require,
            // Puzzles are drawn by `vouchsafe-server`.
            step_up: None,
        }))
    }

    /// Everything but single use and novelty.
    pub fn check(&self, voucher: &str, wanted: JsValue, now: f64) -> Result<Checked, JsError> {
        let wanted: Wanted = serde_wasm_bindgen::from_value(wanted)?;
        let expected = Expectation {
            sitekey: wanted.sitekey.as_deref(),
            hostnames: &wanted.hostnames,
            action: wanted.action.as_deref(),
        };
        let outcome = self.verifier.dangerous_skip_replay_check(voucher, &expected, now as u64);
        Ok(Checked { outcome, min_score: wanted.min_score })
    }

    /// After the store has let it through: whether nobody else handed in the same evidence.
    pub fn admit(&self, checked: &mut Checked) {
        if let Ok(voucher) = &checked.outcome
            && !self.novelty.admit(voucher.evidence(), voucher.key())
        {
            checked.outcome = Err(VerifyError::Repeated);
        }
    }
}

#[wasm_bindgen]
impl Checked {
    /// Names the challenge in the store; nothing where the voucher was refused.
    #[wasm_bindgen(getter)]
    pub fn id(&self) -> Option<String> {
        Some(self.outcome.as_ref().ok()?.terms().nonce.clone())
    }

    /// Seconds since 1970 after which a store may forget it.
    #[wasm_bindgen(getter, js_name = forgetAt)]
    pub fn forget_at(&self) -> f64 {
        self.outcome.as_ref().map_or(0.0, |voucher| voucher.forget_at() as f64)
    }

    /// The store had it already.
    pub fn replayed(&mut self) {
        self.outcome = Err(VerifyError::Replayed);
    }

    /// As `POST /siteverify` answers.
    pub fn answer(&self) -> Result<JsValue, JsError> {
        let answer = Answer::of(&self.outcome, self.min_score);
        Ok(answer.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
    }
}
