//! The voucher protocol, version 1: challenge, proof of work, signed claims, verification.
//!
//! ```text
//! server                       browser                              host's server
//! ChallengeKey::issue ──token─▶ Challenge::read
//!                               Solver ─▶ SolvedChallenge
//!                               SolvedChallenge::sign ──voucher──▶ Verifier::verify ─▶ VerifiedVoucher
//! ```
//!
//! `docs/protocol.md` specifies every byte. The core reads no clock and draws no randomness: `now`
//! and seeds are arguments.

mod answer;
mod challenge;
mod claims;
mod jws;
mod measured;
mod novelty;
mod receipt;
mod replay;
mod step_up;
mod verify;
mod work;

pub use answer::{Accepted, Answer, iso_8601};
pub use challenge::{Challenge, ChallengeError, ChallengeKey, KeyError, Sealed, Terms};
pub use claims::{Claims, Draft, EvidenceClaim, Signals};
pub use jws::{JwsError, VisitorKey};
pub use measured::measured_json;
pub use novelty::{NoveltyFilter, USES_OF_ONE_KEY};
pub use receipt::{PublicKey, RECEIPT_LIFETIME_S, ReceiptKey};
pub use replay::{MemoryStore, ReplayStore, StoreError};
pub use step_up::{Kind, Pass, StepUp, Suspicion};
pub use verify::{CLOCK_SKEW_S, Expectation, VerifiedVoucher, Verifier, VerifyError};
pub use work::{PUZZLES, SolvedChallenge, Solver, Thumbprint, WorkError, check as check_work};

/// The longest voucher looked at, in bytes. One with every family measured has about 2,500.
pub const MAX_VOUCHER_BYTES: usize = 8192;
/// The longest challenge looked at, in bytes.
pub const MAX_CHALLENGE_BYTES: usize = 2048;
/// How long a voucher may be redeemed after it was signed, in seconds, as Turnstile's tokens.
pub const VOUCHER_LIFETIME_S: u64 = 300;

mod text {
    use base64ct::{Base64UrlUnpadded, Encoding};

    /// base64url without padding.
    pub(super) fn encode(bytes: &[u8]) -> String {
        Base64UrlUnpadded::encode_string(bytes)
    }

    /// Strict: no padding, no white space, no stray bits in the last character.
    pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
        Base64UrlUnpadded::decode_vec(text).ok()
    }

    /// [`decode`] to a fixed length.
    pub(super) fn decode_array<const N: usize>(text: &str) -> Option<[u8; N]> {
        decode(text)?.try_into().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn only_canonical_base64url_is_read() {
        assert_eq!(text::decode("AA").as_deref(), Some(&[0][..]));
        for bad in ["AB", "AA==", "A", "A A", "+/", "AA\n"] {
            assert_eq!(text::decode(bad), None, "{bad:?}");
        }
    }
}
