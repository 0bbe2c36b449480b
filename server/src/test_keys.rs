//! Keys that need no site, for the tests of whoever uses this server. They answer only where the
//! configuration says `test_keys = true`, and never look at the voucher.

use serde_json::{Value, json};

/// What a test secret answers to any voucher.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TestSecret {
    Passes,
    Fails,
    Spent,
}

impl TestSecret {
    /// Ours, and those that reCAPTCHA, hCaptcha and Turnstile publish for the same purpose.
    pub(crate) fn named(secret: &str) -> Option<Self> {
        Some(match secret {
            "test-secret-passes"
            | "1x0000000000000000000000000000000AA"
            | "6LeIxAcTAAAAAGG-vFI1TnRWxMZNFuojJ4WifJWe"
            | "0x0000000000000000000000000000000000000000" => Self::Passes,
            "test-secret-fails" | "2x0000000000000000000000000000000AA" => Self::Fails,
            "test-secret-spent" | "3x0000000000000000000000000000000AA" => Self::Spent,
            _ => return None,
        })
    }

    pub(crate) fn answer(self) -> Value {
        match self {
            Self::Passes => json!({
                "success": true, "score": 0.9, "verdict": "human", "action": "", "cdata": "",
                "challenge_ts": crate::siteverify::iso_8601(crate::now()), "hostname": "localhost",
                "signals": {}, "reasons": [], "error-codes": [],
            }),
            Self::Fails => json!({ "success": false, "error-codes": ["invalid-input-response"] }),
            Self::Spent => {
                json!({ "success": false, "error-codes": ["timeout-or-duplicate"], "error": "replayed" })
            }
        }
    }
}

/// Whether a page with this sitekey gets a challenge: `Some(false)` for the one that is always blocked.
pub(crate) fn sitekey_passes(sitekey: &str) -> Option<bool> {
    match sitekey {
        "test-passes"
        | "1x00000000000000000000AA"
        | "1x00000000000000000000BB"
        | "6LeIxAcTAAAAAJcZVRqyHh71UMIEGNQ_MXjiZKhI"
        | "10000000-ffff-ffff-ffff-000000000001" => Some(true),
        "test-blocks" | "2x00000000000000000000AB" | "2x00000000000000000000BB" => Some(false),
        _ => None,
    }
}
