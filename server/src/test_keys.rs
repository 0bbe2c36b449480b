//! Keys that need no site, for the tests of whoever uses this server. They answer only where the
//! configuration says `test_keys = true`, and never look at the voucher.

use vouchsafe::decision::Verdict;
use vouchsafe::voucher::{Accepted, Answer, Signals, VerifyError, iso_8601};

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

    pub(crate) fn answer(self) -> Answer {
        match self {
            Self::Passes => Answer {
                success: true,
                voucher: Some(Accepted {
                    score: 0.9,
                    verdict: Verdict::Human,
                    action: String::new(),
                    cdata: String::new(),
                    challenge_ts: iso_8601(crate::now()),
                    hostname: "localhost".into(),
                    signals: Signals::default(),
                    face: None,
                    challenge: None,
                    reasons: Vec::new(),
                }),
                ..Answer::default()
            },
            Self::Fails => Answer::refused("invalid-input-response"),
            Self::Spent => Answer::of(&Err(VerifyError::Replayed), 0.0),
        }
    }
}

/// What a page with a test sitekey gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TestSite {
    Passes,
    Blocks,
    /// A challenge that is doubtful about everybody.
    Asks,
}

impl TestSite {
    pub(crate) fn named(sitekey: &str) -> Option<Self> {
        Some(match sitekey {
            "test-passes"
            | "1x00000000000000000000AA"
            | "1x00000000000000000000BB"
            | "6LeIxAcTAAAAAJcZVRqyHh71UMIEGNQ_MXjiZKhI"
            | "10000000-ffff-ffff-ffff-000000000001" => Self::Passes,
            "test-blocks" | "2x00000000000000000000AB" | "2x00000000000000000000BB" => Self::Blocks,
            "test-asks" | "3x00000000000000000000FF" => Self::Asks,
            _ => return None,
        })
    }
}
