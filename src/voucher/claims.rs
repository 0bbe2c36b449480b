use super::{SolvedChallenge, VOUCHER_LIFETIME_S, VisitorKey, text};
use crate::behavior::{Evidence, EvidenceError, Family};
use crate::decision::{Decision, Verdict};
use crate::four_decimals;
use serde::{Deserialize, Serialize};

/// What a voucher says. On the wire; private to the verifier until it has checked everything.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// Thumbprint of the key that signed: a voucher is issued by its own visitor.
    pub iss: String,
    /// The sitekey it is for.
    pub aud: String,
    /// Signed at, seconds since 1970 by the visitor's clock as corrected by the challenge.
    pub iat: u64,
    /// Not to be redeemed after this.
    pub exp: u64,
    /// Random, for logs.
    pub jti: String,
    /// The challenge it answers, as issued.
    pub challenge: String,
    /// Proof of work, base64url.
    pub work: String,
    /// The page's host name as the browser saw it.
    pub hostname: String,
    /// What the visitor was about to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The page's own data, returned as it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cdata: Option<String>,
    /// 0 to 1, 1 is a person.
    pub score: f64,
    /// What the score means.
    pub verdict: Verdict,
    /// Each measured family's own score.
    pub signals: Signals,
    /// What the score was computed from.
    pub evidence: EvidenceClaim,
    /// What a face check was passed on, base64url of [`crate::presence::Presence::to_bytes`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub face: Option<String>,
    /// The server's word that the visitor did what a doubting site asks, as issued ([`super::Pass`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pass: Option<String>,
    /// Version of the crate that signed.
    pub build: String,
    /// First 8 bytes of the SHA-256 of the behaviour model, hexadecimal.
    pub model: String,
}

/// A score a family; absent where nothing was measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the field is the family")]
pub struct Signals {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub click: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typing: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scroll: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub touch: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attention: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<f64>,
}

/// Evidence on the wire: base64url of one byte a feature, a field a family.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the field is the family")]
pub struct EvidenceClaim {
    /// From the first event to the last, ms.
    pub span_ms: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pointer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub click: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typing: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scroll: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub touch: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attention: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
}

/// What the page adds to a voucher.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// `location.hostname`.
    pub hostname: String,
    /// What the visitor is about to do, at most 64 characters.
    pub action: Option<String>,
    /// The page's own data, at most 255 characters.
    pub cdata: Option<String>,
    /// What a face check left, base64url; at most 64 characters.
    pub face: Option<String>,
    /// The server's word that the visitor did what was asked, as issued.
    pub pass: Option<String>,
    /// Seconds since 1970.
    pub now: u64,
    /// 16 random bytes.
    pub jti: [u8; 16],
}

impl SolvedChallenge {
    /// Signs what was measured and decided.
    pub fn sign(&self, key: &VisitorKey, evidence: &Evidence, decision: &Decision, draft: Draft) -> String {
        let claims = self.claims(key, evidence, decision, draft);
        // A struct of strings and finite numbers always serialises.
        key.seal(&serde_json::to_vec(&claims).unwrap_or_default())
    }

    /// What [`SolvedChallenge::sign`] signs.
    pub fn claims(&self, key: &VisitorKey, evidence: &Evidence, decision: &Decision, draft: Draft) -> Claims {
        Claims {
            iss: key.thumbprint_text(),
            aud: self.challenge().terms().sitekey.clone(),
            iat: draft.now,
            exp: draft.now + VOUCHER_LIFETIME_S,
            jti: text::encode(&draft.jti),
            challenge: self.challenge().token().to_owned(),
            work: self.work(),
            hostname: draft.hostname,
            action: draft.action.map(|text| shortened(text, 64)),
            cdata: draft.cdata.map(|text| shortened(text, 255)),
            score: four_decimals(decision.score),
            verdict: decision.verdict,
            signals: Signals::of(decision),
            evidence: EvidenceClaim::of(evidence),
            face: draft.face.map(|text| shortened(text, 64)),
            pass: draft.pass,
            build: env!("CARGO_PKG_VERSION").to_owned(),
            model: crate::behavior::model_digest().to_owned(),
        }
    }
}

impl Signals {
    /// The families' scores of a decision.
    pub fn of(decision: &Decision) -> Self {
        let of = |family: Family| decision.signals[family as usize].1.map(four_decimals);
        Self {
            pointer: of(Family::Pointer),
            click: of(Family::Click),
            typing: of(Family::Typing),
            scroll: of(Family::Scroll),
            touch: of(Family::Touch),
            attention: of(Family::Attention),
            environment: of(Family::Environment),
        }
    }
}

impl EvidenceClaim {
    /// What was measured, for the wire.
    pub(super) fn of(evidence: &Evidence) -> Self {
        let of = |family: Family| evidence.family(family).map(text::encode);
        Self {
            span_ms: evidence.span_ms(),
            pointer: of(Family::Pointer),
            click: of(Family::Click),
            typing: of(Family::Typing),
            scroll: of(Family::Scroll),
            touch: of(Family::Touch),
            attention: of(Family::Attention),
            environment: of(Family::Environment),
        }
    }

    /// `None` where a field is not base64url.
    pub fn read(&self) -> Option<Result<Evidence, EvidenceError>> {
        let fields =
            [&self.pointer, &self.click, &self.typing, &self.scroll, &self.touch, &self.attention, &self.environment];
        let mut families: [Option<Vec<u8>>; 7] = Default::default();
        for (slot, field) in families.iter_mut().zip(fields) {
            if let Some(field) = field {
                *slot = Some(text::decode(field)?);
            }
        }
        Some(Evidence::from_parts(families, self.span_ms))
    }
}

fn shortened(mut text: String, most: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(most) {
        text.truncate(end);
    }
    text
}
