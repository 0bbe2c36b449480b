use super::{Kind, Signals, VerifiedVoucher, VerifyError};
use crate::decision::Verdict;
use crate::presence::Presence;
use serde::Serialize;

/// What a host's server is told about a voucher, in the words of the services it may come from: the
/// union of the fields that reCAPTCHA, hCaptcha and Turnstile clients read.
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs, reason = "docs/protocol.md says what each field is")]
pub struct Answer {
    pub success: bool,
    #[serde(flatten)]
    pub voucher: Option<Accepted>,
    #[serde(rename = "error-codes")]
    pub error_codes: Vec<&'static str>,
    /// [`VerifyError::code`] of the check that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The server's word for other services ([`super::ReceiptKey`]).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
}

/// What a good voucher says. Empty text where the page said nothing, as clients expect.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs, reason = "docs/protocol.md says what each field is")]
pub struct Accepted {
    pub score: f64,
    pub verdict: Verdict,
    pub action: String,
    pub cdata: String,
    pub challenge_ts: String,
    pub hostname: String,
    pub signals: Signals,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub face: Option<Presence>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub challenge: Option<Kind>,
    pub reasons: Vec<String>,
}

impl Answer {
    /// For a voucher that was verified, and may fall short of what its site wants; or for one that was not.
    pub fn of(outcome: &Result<VerifiedVoucher, VerifyError>, min_score: f32) -> Self {
        match outcome {
            Ok(voucher) => {
                let shortfall = voucher.shortfall(min_score);
                let (success, error_codes) = (shortfall.is_none(), shortfall.into_iter().collect());
                Self { success, error_codes, voucher: Some(Accepted::of(voucher)), ..Self::default() }
            }
            Err(error) => Self {
                error: Some(error.code()),
                message: Some(error.to_string()),
                ..Self::refused(error.standard_code())
            },
        }
    }

    /// For a request that brought no voucher to look at.
    pub fn refused(code: &'static str) -> Self {
        Self { error_codes: vec![code], ..Self::default() }
    }
}

impl Accepted {
    fn of(voucher: &VerifiedVoucher) -> Self {
        let claims = voucher.claims();
        Self {
            score: claims.score,
            verdict: claims.verdict,
            action: claims.action.clone().unwrap_or_default(),
            cdata: claims.cdata.clone().unwrap_or_default(),
            challenge_ts: iso_8601(voucher.terms().iat),
            hostname: claims.hostname.clone(),
            signals: claims.signals.clone(),
            face: voucher.presence().copied(),
            challenge: voucher.pass().map(|pass| pass.kind),
            reasons: voucher.reasons().iter().map(|reason| reason.text()).collect(),
        }
    }
}

impl VerifiedVoucher {
    /// What it lacks at a site that wants at least `min_score` or, where its challenges offer that, a challenge that was
    /// passed; `None` where it is good enough.
    pub fn shortfall(&self, min_score: f32) -> Option<&'static str> {
        let enough = self.score() >= min_score || self.stepped_up();
        let offered = self.terms().step_up.is_some();
        (!enough).then_some(if offered { "challenge-required" } else { "score-too-low" })
    }
}

impl VerifyError {
    /// The nearest of the codes that clients of other services know.
    pub fn standard_code(&self) -> &'static str {
        match self {
            Self::Expired { .. } | Self::ChallengeExpired { .. } | Self::Replayed => "timeout-or-duplicate",
            Self::Store(_) => "internal-error",
            _ => "invalid-input-response",
        }
    }
}

/// `2026-11-21T09:00:00Z` for seconds since 1970, in the proleptic Gregorian calendar.
pub fn iso_8601(seconds: u64) -> String {
    let (mut days, of_day) = (seconds / 86_400, seconds % 86_400);
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    // 400 years have the same number of days wherever they begin.
    let mut year = 1970 + 400 * (days / 146_097);
    days %= 146_097;
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let mut month = 0;
    let lengths = [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    while days >= lengths[month] {
        days -= lengths[month];
        month += 1;
    }
    let (hour, minute, second) = (of_day / 3600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z", month + 1, days + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_the_calendar_says() {
        // From `date -u -d @N +%FT%TZ`.
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_800_000_000, "2027-01-15T08:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (13_574_649_599, "2400-02-29T23:59:59Z"),
        ] {
            assert_eq!(iso_8601(seconds), text);
        }
    }

    #[test]
    fn a_refusal_has_no_score() {
        let json = serde_json::to_string(&Answer::of(&Err(VerifyError::Replayed), 0.4)).unwrap();
        let expected = r#"{"success":false,"error-codes":["timeout-or-duplicate"],"error":"replayed","message":"voucher was redeemed before"}"#;
        assert_eq!(json, expected);
    }
}
