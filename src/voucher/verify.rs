//! The server's side, in one pass: size, form, signature, challenge, times, place, work, score,
//! plausibility, single use.

use super::claims::{Claims, Signals};
use super::jws::Unverified;
use super::{
    ChallengeError, ChallengeKey, JwsError, MAX_VOUCHER_BYTES, NoveltyFilter, Pass, ReplayStore, StoreError, Suspicion,
    Terms, Thumbprint, VOUCHER_LIFETIME_S, WorkError, text, work,
};
use crate::behavior::{Evidence, EvidenceError, Family, model_digest};
use crate::decision::{Decision, Policy, Reason, Verdict};
use crate::four_decimals;
use crate::presence::{Presence, Refusal};
use std::sync::Arc;

/// Checks vouchers for the holder of a challenge key.
#[derive(Clone)]
pub struct Verifier {
    key: ChallengeKey,
    policy: Policy,
    novelty: Option<Arc<NoveltyFilter>>,
}

/// Whose voucher a site expects.
#[derive(Clone, Debug, Default)]
pub struct Expectation<'a> {
    /// The site's key; `None` accepts the challenge's, for looking at vouchers of any site.
    pub sitekey: Option<&'a str>,
    /// Host names it may come from; empty accepts the challenge's.
    pub hostnames: &'a [String],
    /// The action it must be for, where the site asks for one.
    pub action: Option<&'a str>,
}

/// A voucher that passed every check and has been redeemed. Only [`Verifier::verify`] makes one.
#[derive(Clone, Debug)]
pub struct VerifiedVoucher {
    claims: Claims,
    terms: Terms,
    evidence: Evidence,
    decision: Decision,
    presence: Option<Presence>,
    pass: Option<Pass>,
    key: Thumbprint,
}

/// Why a voucher is refused. [`VerifyError::code`] is stable and part of the protocol.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the message says it")]
pub enum VerifyError {
    #[error("voucher is longer than {MAX_VOUCHER_BYTES} bytes")]
    TooLarge,
    #[error(transparent)]
    Jws(#[from] JwsError),
    #[error("voucher's claims are malformed")]
    Claims,
    #[error("voucher was signed by another key than it says")]
    Issuer,
    #[error(transparent)]
    Challenge(#[from] ChallengeError),
    #[error("voucher expired {by_s} s ago")]
    Expired { by_s: u64 },
    #[error("challenge expired {by_s} s ago")]
    ChallengeExpired { by_s: u64 },
    #[error("voucher is from {by_s} s in the future")]
    NotYetValid { by_s: u64 },
    #[error("voucher is for another site")]
    Sitekey,
    #[error("voucher is from host {found:?}")]
    Hostname { found: String },
    #[error("voucher is for another action")]
    Action,
    #[error(transparent)]
    Work(#[from] WorkError),
    #[error("voucher was scored by model {found}, this server has {expected}")]
    Model { found: String, expected: String },
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
    #[error("voucher claims score {claimed}, its evidence gives {computed}")]
    Score { claimed: f64, computed: f64 },
    #[error("voucher's verdict or signals do not follow from its evidence")]
    Signals,
    #[error("evidence spans {span_ms} ms, the challenge is only {age_ms} ms old")]
    Timing { span_ms: u64, age_ms: u64 },
    #[error("evidence contradicts itself")]
    Inconsistent,
    #[error("evidence lacks the {} family the site requires", .0.name())]
    Missing(Family),
    #[error("voucher's face check did not pass: {0}")]
    Face(Refusal),
    #[error("voucher's pass is not for its challenge")]
    Pass,
    #[error("voucher was redeemed before")]
    Replayed,
    #[error("voucher's evidence was handed in before, under another challenge")]
    Repeated,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl VerifyError {
    /// Stable name for logs, tests and clients.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "too-large",
            Self::Jws(JwsError::Malformed) | Self::Claims => "malformed",
            Self::Jws(JwsError::Algorithm) => "bad-algorithm",
            Self::Jws(JwsError::Signature) => "bad-signature",
            Self::Issuer => "wrong-issuer",
            Self::Challenge(ChallengeError::Forged) => "forged-challenge",
            Self::Challenge(_) => "malformed-challenge",
            Self::Expired { .. } => "expired",
            Self::ChallengeExpired { .. } => "challenge-expired",
            Self::NotYetValid { .. } => "not-yet-valid",
            Self::Sitekey => "wrong-sitekey",
            Self::Hostname { .. } => "wrong-hostname",
            Self::Action => "wrong-action",
            Self::Work(_) => "insufficient-work",
            Self::Model { .. } => "unknown-model",
            Self::Evidence(_) => "malformed-evidence",
            Self::Score { .. } | Self::Signals => "score-mismatch",
            Self::Timing { .. } => "implausible-timing",
            Self::Inconsistent => "inconsistent-evidence",
            Self::Missing(_) => "missing-evidence",
            Self::Face(_) => "bad-face",
            Self::Pass => "bad-pass",
            Self::Replayed => "replayed",
            Self::Repeated => "repeated-evidence",
            Self::Store(_) => "store-unavailable",
        }
    }
}

impl Verifier {
    /// A verifier with the default policy.
    pub fn new(key: ChallengeKey) -> Self {
        Self { key, policy: Policy::default(), novelty: None }
    }

    /// Also refuses evidence that `filter` has seen before, from whoever shares it.
    #[must_use]
    pub fn with_novelty(mut self, filter: Arc<NoveltyFilter>) -> Self {
        self.novelty = Some(filter);
        self
    }

    /// Checks `voucher` at `now` (seconds since 1970) and redeems it in `store`.
    ///
    /// Cheap checks come before dear ones and the store is asked after all that look at the voucher
    /// alone, so that whatever fails those leaves no trace.
    pub fn verify(
        &self,
        voucher: &str,
        expected: &Expectation<'_>,
        now: u64,
        store: &dyn ReplayStore,
    ) -> Result<VerifiedVoucher, VerifyError> {
        let verified = self.check(voucher, expected, now)?;
        if !store.insert_if_absent(&verified.id()?, verified.forget_at(), now)? {
            return Err(VerifyError::Replayed);
        }
        // After the store, so that a voucher shown twice is called what it is.
        if self.novelty.as_ref().is_some_and(|filter| !filter.admit(&verified.evidence, &verified.key)) {
            return Err(VerifyError::Repeated);
        }
        Ok(verified)
    }

    /// [`Verifier::verify`] without redeeming: the same voucher passes again and again. For looking at
    /// a voucher, never for letting somebody in.
    pub fn dangerous_skip_replay_check(
        &self,
        voucher: &str,
        expected: &Expectation<'_>,
        now: u64,
    ) -> Result<VerifiedVoucher, VerifyError> {
        self.check(voucher, expected, now)
    }

    fn check(&self, voucher: &str, expected: &Expectation<'_>, now: u64) -> Result<VerifiedVoucher, VerifyError> {
        if voucher.len() > MAX_VOUCHER_BYTES {
            return Err(VerifyError::TooLarge);
        }
        let jws = Unverified::parse(voucher)?;
        let claims: Claims = serde_json::from_slice(&jws.payload).map_err(|_| VerifyError::Claims)?;
        let thumbprint = jws.verify()?;
        if claims.iss != text::encode(&thumbprint) {
            return Err(VerifyError::Issuer);
        }
        let terms = self.key.check(&claims.challenge)?;
        check_times(&claims, &terms, now)?;
        check_place(&claims, &terms, expected)?;
        let answer = text::decode(&claims.work).ok_or(WorkError::Malformed)?;
        work::check(&claims.challenge, terms.difficulty, &thumbprint, &answer)?;
        let (evidence, decision) = self.recompute(&claims)?;
        check_plausible(&evidence, &terms, &claims)?;
        let presence = check_face(&terms, &claims)?;
        let pass = self.check_pass(&terms, &claims)?;
        Ok(VerifiedVoucher { claims, terms, evidence, decision, presence, pass, key: thumbprint })
    }

    /// What the visitor did besides, where the voucher says so: this server's word, for this challenge.
    fn check_pass(&self, terms: &Terms, claims: &Claims) -> Result<Option<Pass>, VerifyError> {
        let Some(token) = &claims.pass else { return Ok(None) };
        let pass = Pass::open(&self.key, token).map_err(|_| VerifyError::Pass)?;
        if pass.of == terms.nonce { Ok(Some(pass)) } else { Err(VerifyError::Pass) }
    }

    /// The decision that follows from the voucher's evidence; it must be the one it claims.
    fn recompute(&self, claims: &Claims) -> Result<(Evidence, Decision), VerifyError> {
        let expected = model_digest();
        if claims.model != expected {
            let found = claims.model.chars().take(16).collect();
            return Err(VerifyError::Model { found, expected: expected.to_owned() });
        }
        let evidence = claims.evidence.read().ok_or(VerifyError::Claims)??;
        let decision = self.policy.decide(&evidence);
        let computed = four_decimals(decision.score);
        if claims.score != computed {
            return Err(VerifyError::Score { claimed: claims.score, computed });
        }
        if claims.verdict != decision.verdict || claims.signals != Signals::of(&decision) {
            return Err(VerifyError::Signals);
        }
        Ok((evidence, decision))
    }
}

fn check_times(claims: &Claims, terms: &Terms, now: u64) -> Result<(), VerifyError> {
    if terms.exp < now {
        return Err(VerifyError::ChallengeExpired { by_s: now - terms.exp });
    }
    if claims.exp < now {
        return Err(VerifyError::Expired { by_s: now - claims.exp });
    }
    let newest = claims.iat.max(terms.iat);
    if newest > now.saturating_add(CLOCK_SKEW_S) {
        return Err(VerifyError::NotYetValid { by_s: newest - now });
    }
    // A voucher cannot be older than its challenge nor give itself more time than the protocol does.
    let lifetime = claims.exp.checked_sub(claims.iat).ok_or(VerifyError::Claims)?;
    if lifetime > VOUCHER_LIFETIME_S || claims.iat.saturating_add(CLOCK_SKEW_S) < terms.iat {
        return Err(VerifyError::Claims);
    }
    Ok(())
}

fn check_place(claims: &Claims, terms: &Terms, expected: &Expectation<'_>) -> Result<(), VerifyError> {
    if claims.aud != terms.sitekey || expected.sitekey.is_some_and(|sitekey| terms.sitekey != sitekey) {
        return Err(VerifyError::Sitekey);
    }
    let allowed = expected.hostnames.is_empty() || expected.hostnames.contains(&claims.hostname);
    if claims.hostname != terms.hostname || !allowed {
        return Err(VerifyError::Hostname { found: claims.hostname.chars().take(253).collect() });
    }
    let action_fits = terms.action.is_none() || claims.action == terms.action;
    if !action_fits || expected.action.is_some_and(|action| claims.action.as_deref() != Some(action)) {
        return Err(VerifyError::Action);
    }
    Ok(())
}

fn check_plausible(evidence: &Evidence, terms: &Terms, claims: &Claims) -> Result<(), VerifyError> {
    check_span(u64::from(evidence.span_ms()), SPAN_SLACK_S, terms, claims)?;
    if !evidence.is_consistent() {
        return Err(VerifyError::Inconsistent);
    }
    match terms.require.iter().find(|family| evidence.family(**family).is_none()) {
        Some(family) => Err(VerifyError::Missing(*family)),
        None => Ok(()),
    }
}

/// A face check, where there was one: passed, and within the life of its challenge.
fn check_face(terms: &Terms, claims: &Claims) -> Result<Option<Presence>, VerifyError> {
    let Some(claim) = &claims.face else { return Ok(None) };
    let bytes = text::decode(claim).ok_or(VerifyError::Claims)?;
    let presence = Presence::from_bytes(&bytes).ok_or(VerifyError::Claims)?;
    presence.judge().map_err(VerifyError::Face)?;
    // It cannot begin before its challenge is there; whole seconds may lose one.
    check_span(presence.took_ms(), 1, terms, claims)?;
    Ok(Some(presence))
}

/// Nothing takes longer than the challenge is old when the voucher is signed.
fn check_span(span_ms: u64, slack_s: u64, terms: &Terms, claims: &Claims) -> Result<(), VerifyError> {
    let age_ms = claims.iat.saturating_sub(terms.iat).saturating_add(slack_s) * 1000;
    if span_ms > age_ms { Err(VerifyError::Timing { span_ms, age_ms }) } else { Ok(()) }
}

impl VerifiedVoucher {
    /// 0 to 1, 1 is a person. Recomputed by this server.
    pub fn score(&self) -> f32 {
        self.decision.score
    }

    /// What the score means.
    pub fn verdict(&self) -> Verdict {
        self.decision.verdict
    }

    /// Why, strongest first.
    pub fn reasons(&self) -> &[Reason] {
        &self.decision.reasons
    }

    /// Each family's own score.
    pub fn signals(&self) -> &[(Family, Option<f32>); 7] {
        &self.decision.signals
    }

    /// What a face check was passed on, where the visitor passed one.
    pub fn presence(&self) -> Option<&Presence> {
        self.presence.as_ref()
    }

    /// What the visitor did because the site doubted, where anything was done.
    pub fn pass(&self) -> Option<&Pass> {
        self.pass.as_ref()
    }

    /// Whether the visitor did what the challenge asks of somebody with this score. False where it asks nothing.
    pub fn stepped_up(&self) -> bool {
        self.terms.step_up.as_ref().is_some_and(|step_up| {
            Suspicion::of(self.score(), step_up.below).is_some()
                && step_up.is_met(self.score(), self.pass.as_ref(), self.presence.is_some())
        })
    }

    /// Everything it says.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// Names the redeemed challenge: the key of its entry in a [`ReplayStore`].
    pub fn id(&self) -> Result<[u8; 16], ChallengeError> {
        text::decode_array(&self.terms.nonce).ok_or(ChallengeError::Malformed)
    }

    /// When a [`ReplayStore`] may forget it, seconds since 1970.
    pub fn forget_at(&self) -> u64 {
        self.terms.exp.saturating_add(CLOCK_SKEW_S)
    }

    /// The challenge it answers.
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// Thumbprint of the key that signed.
    pub fn key(&self) -> &Thumbprint {
        &self.key
    }

    /// What was measured.
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }
}

/// How far clocks may differ, seconds. Browsers correct theirs by the challenge's `iat`.
pub const CLOCK_SKEW_S: u64 = 60;
/// Listeners start before the challenge arrives (page load, slow networks), seconds.
const SPAN_SLACK_S: u64 = 30;
