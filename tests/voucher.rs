//! Attacks on the voucher, each refused with its code; and the honest way through.

use base64ct::{Base64UrlUnpadded, Encoding};
use std::sync::Arc;
use vouchsafe::behavior::{EnvironmentFacts, Evidence};
use vouchsafe::decision::Policy;
use vouchsafe::presence::Presence;
use vouchsafe::trace::{Event, Kind, Pointer, Trace, codec};
use vouchsafe::voucher::{
    Challenge, ChallengeKey, Claims, Draft, Expectation, MemoryStore, NoveltyFilter, PUZZLES, SolvedChallenge, Solver,
    StoreError, Terms, Verifier, VisitorKey,
};

const NOW: u64 = 1_800_000_000;

fn key() -> ChallengeKey {
    ChallengeKey::new(b"a secret of the server's").unwrap()
}

fn terms() -> Terms {
    Terms {
        v: 1,
        nonce: "AAAAAAAAAAAAAAAAAAAAAA".into(),
        sitekey: "shop".into(),
        hostname: "shop.example".into(),
        action: None,
        iat: NOW - 120,
        exp: NOW + 1680,
        difficulty: 3,
        require: Vec::new(),
        step_up: None,
    }
}

/// A recorded person's trace from the corpus.
fn person() -> Trace {
    let corpus = include_str!("corpus/traces.jsonl");
    codec::decode(corpus.lines().next().unwrap()).unwrap().trace
}

struct Visit {
    challenge: Challenge,
    key: VisitorKey,
    solved: SolvedChallenge,
    evidence: Evidence,
    draft: Draft,
}

impl Visit {
    fn with(terms: &Terms, trace: &Trace) -> Self {
        Self::by([5; 32], terms, trace)
    }

    fn by(seed: [u8; 32], terms: &Terms, trace: &Trace) -> Self {
        let challenge = Challenge::read(&key().issue(terms)).unwrap();
        let visitor = VisitorKey::from_seed(seed);
        let mut solver = Solver::new(&challenge, &visitor.thumbprint());
        while solver.step(1000) < PUZZLES {}
        let solved = SolvedChallenge::new(challenge.clone(), &visitor, &solver.answer().unwrap()).unwrap();
        let draft = Draft { hostname: terms.hostname.clone(), now: NOW - 5, ..Draft::default() };
        Self { challenge, key: visitor, solved, evidence: Evidence::of(trace, None), draft }
    }

    fn honest() -> Self {
        Self::with(&terms(), &person())
    }

    fn claims(&self) -> Claims {
        let decision = Policy::default().decide(&self.evidence);
        self.solved.claims(&self.key, &self.evidence, &decision, self.draft.clone())
    }

    /// The voucher after `edit`, signed again by the visitor's own key: what an attacker can always do.
    fn forged(&self, edit: impl FnOnce(&mut Claims)) -> String {
        let mut claims = self.claims();
        edit(&mut claims);
        self.key.seal(&serde_json::to_vec(&claims).unwrap())
    }

    fn voucher(&self) -> String {
        self.forged(|_| {})
    }
}

fn verify_at(voucher: &str, now: u64) -> Result<f32, &'static str> {
    let expected = Expectation { sitekey: Some("shop"), hostnames: &["shop.example".into()], action: None };
    let outcome = Verifier::new(key()).verify(voucher, &expected, now, &MemoryStore::default());
    outcome.map(|voucher| voucher.score()).map_err(|error| error.code())
}

fn verify(voucher: &str) -> Result<f32, &'static str> {
    verify_at(voucher, NOW)
}

#[test]
fn an_honest_voucher_is_accepted_with_the_score_its_evidence_gives() {
    let visit = Visit::honest();
    let score = verify(&visit.voucher()).unwrap();
    assert_eq!(score, Policy::default().decide(&visit.evidence).score);
    assert!(score > 0.6, "{score}");
}

#[test]
fn a_voucher_is_accepted_once() {
    let (store, voucher) = (MemoryStore::default(), Visit::honest().voucher());
    let verifier = Verifier::new(key());
    let expected = Expectation { sitekey: Some("shop"), ..Expectation::default() };
    assert!(verifier.verify(&voucher, &expected, NOW, &store).is_ok());
    assert_eq!(verifier.verify(&voucher, &expected, NOW, &store).unwrap_err().code(), "replayed");
}

#[test]
fn another_voucher_for_the_same_challenge_is_a_replay_too() {
    let (store, mut visit) = (MemoryStore::default(), Visit::honest());
    let verifier = Verifier::new(key());
    let expected = Expectation { sitekey: Some("shop"), ..Expectation::default() };
    assert!(verifier.verify(&visit.voucher(), &expected, NOW, &store).is_ok());
    visit.draft.jti = [9; 16];
    assert_eq!(verifier.verify(&visit.voucher(), &expected, NOW, &store).unwrap_err().code(), "replayed");
}

#[test]
fn of_a_thousand_parallel_redemptions_one_succeeds() {
    let (store, voucher, verifier) = (MemoryStore::default(), Visit::honest().voucher(), Verifier::new(key()));
    let expected = Expectation { sitekey: Some("shop"), ..Expectation::default() };
    let wins: usize = std::thread::scope(|scope| {
        let attempt = || (0..125).filter(|_| verifier.verify(&voucher, &expected, NOW, &store).is_ok()).count();
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(attempt)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(wins, 1);
}

#[test]
fn a_store_that_cannot_answer_refuses() {
    struct Broken;
    impl vouchsafe::voucher::ReplayStore for Broken {
        fn insert_if_absent(&self, _: &[u8; 16], _: u64, _: u64) -> Result<bool, StoreError> {
            Err(StoreError("disk full".into()))
        }
    }
    let expected = Expectation { sitekey: Some("shop"), ..Expectation::default() };
    let outcome = Verifier::new(key()).verify(&Visit::honest().voucher(), &expected, NOW, &Broken);
    assert_eq!(outcome.unwrap_err().code(), "store-unavailable");
}

/// What a face check of four seconds leaves.
const PRESENCE: Presence =
    Presence { attempt: 0, responses: [1200, 900, 1900], frames: 130, parallax: 0.041, similarity: 0.82, spoof: 0.1 };

fn with_face(presence: Presence) -> String {
    let face = Some(Base64UrlUnpadded::encode_string(&presence.to_bytes()));
    let honest = Visit::honest();
    Visit { draft: Draft { face, ..honest.draft.clone() }, ..honest }.voucher()
}

#[test]
fn a_passed_face_check_reaches_the_server() {
    let outcome = Verifier::new(key()).dangerous_skip_replay_check(&with_face(PRESENCE), &Expectation::default(), NOW);
    assert_eq!(outcome.unwrap().presence(), Some(&PRESENCE.rounded()));
    let without =
        Verifier::new(key()).dangerous_skip_replay_check(&Visit::honest().voucher(), &Expectation::default(), NOW);
    assert_eq!(without.unwrap().presence(), None);
}

#[test]
fn a_face_check_that_no_live_person_passed_is_refused() {
    for (name, made_up, code) in [
        ("flat", Presence { parallax: 0.0, ..PRESENCE }, "bad-face"),
        ("somebody else", Presence { similarity: 0.1, ..PRESENCE }, "bad-face"),
        ("answers before the question", Presence { responses: [0; 3], ..PRESENCE }, "bad-face"),
    ] {
        assert_eq!(verify(&with_face(made_up)), Err(code), "{name}");
    }
    let garbage = Visit::honest().forged(|claims| claims.face = Some("AAAA".into()));
    assert_eq!(verify(&garbage), Err("malformed"));
    let young = Terms { iat: NOW - 6, ..terms() };
    let face = Some(Base64UrlUnpadded::encode_string(&PRESENCE.to_bytes()));
    let still = Trace { events: Vec::new(), ..person() };
    let visit = Visit::with(&young, &still);
    let early = Visit { draft: Draft { face, ..visit.draft.clone() }, ..visit };
    assert_eq!(verify(&early.voucher()), Err("implausible-timing"), "longer than its challenge is old");
}

#[test]
fn claims_edited_and_signed_again_are_refused_by_what_they_contradict() {
    let visit = Visit::honest();
    type Edit = fn(&mut Claims);
    let attacks: [(&str, Edit, &str); 16] = [
        ("a better score", |c| c.score = 0.9999, "score-mismatch"),
        ("another verdict", |c| c.verdict = vouchsafe::decision::Verdict::Bot, "score-mismatch"),
        ("prettier signals", |c| c.signals.pointer = Some(1.0), "score-mismatch"),
        ("evidence left out", |c| c.evidence.pointer = None, "score-mismatch"),
        ("evidence of the wrong length", |c| c.evidence.pointer = Some("AQID".into()), "malformed-evidence"),
        ("evidence that is not base64url", |c| c.evidence.pointer = Some("+/+/".into()), "malformed"),
        ("a longer session than the challenge's age", |c| c.evidence.span_ms = 3_600_000, "implausible-timing"),
        ("a shorter session than its strokes need", |c| c.evidence.span_ms = 100, "inconsistent-evidence"),
        ("another site", |c| c.aud = "bank".into(), "wrong-sitekey"),
        ("another host", |c| c.hostname = "shop.example.evil.test".into(), "wrong-hostname"),
        ("another key's name", |c| c.iss = "A".repeat(43), "wrong-issuer"),
        ("no work", |c| c.work = "A".repeat(86), "insufficient-work"),
        ("short work", |c| c.work = "AAAA".into(), "insufficient-work"),
        ("a longer life", |c| c.exp = c.iat + 3600, "malformed"),
        ("a date in the future", |c| (c.iat, c.exp) = (NOW + 600, NOW + 700), "not-yet-valid"),
        ("another model", |c| c.model = "0000000000000000".into(), "unknown-model"),
    ];
    for (name, edit, code) in attacks {
        assert_eq!(verify(&visit.forged(edit)), Err(code), "{name}");
    }
}

#[test]
fn a_challenge_that_is_not_this_servers_is_refused() {
    let visit = Visit::honest();
    let other = ChallengeKey::new(b"another server's secret").unwrap().issue(&terms());
    assert_eq!(verify(&visit.forged(|c| c.challenge = other)), Err("forged-challenge"));
    let easier = Terms { difficulty: 0, ..terms() };
    let payload = visit.challenge.token().split('.').nth(1).unwrap().to_owned();
    let edited = key().issue(&easier).split('.').next().unwrap().to_owned() + "." + &payload;
    assert_eq!(verify(&visit.forged(|c| c.challenge = edited)), Err("forged-challenge"));
}

#[test]
fn work_done_for_one_key_is_worthless_to_another() {
    let visit = Visit::honest();
    let thief = VisitorKey::from_seed([6; 32]);
    let mut claims = visit.claims();
    claims.iss = thief.thumbprint_text();
    assert_eq!(verify(&thief.seal(&serde_json::to_vec(&claims).unwrap())), Err("insufficient-work"));
}

#[test]
fn work_done_for_one_challenge_is_worthless_for_another() {
    let visit = Visit::honest();
    let fresh = key().issue(&Terms { nonce: "BBBBBBBBBBBBBBBBBBBBBA".into(), ..terms() });
    assert_eq!(verify(&visit.forged(|c| c.challenge = fresh)), Err("insufficient-work"));
}

#[test]
fn another_algorithm_or_another_key_in_the_header_is_refused() {
    let voucher = Visit::honest().voucher();
    let (header, rest) = voucher.split_once('.').unwrap();
    let json = String::from_utf8(Base64UrlUnpadded::decode_vec(header).unwrap()).unwrap();
    let with = |json: String| format!("{}.{rest}", Base64UrlUnpadded::encode_string(json.as_bytes()));
    for (name, edited, code) in [
        ("none", json.replace("EdDSA", "none"), "bad-algorithm"),
        ("HMAC under the public key", json.replace("EdDSA", "HS256"), "bad-algorithm"),
        ("an algorithm array", json.replace("\"EdDSA\"", "[\"EdDSA\"]"), "malformed"),
        ("another curve", json.replace("\"Ed25519\"", "\"Ed448\""), "bad-algorithm"),
        ("another type", json.replace("vouchsafe+jws", "JWT"), "bad-algorithm"),
        ("a critical extension", json.replacen('{', "{\"crit\":[\"exp\"],", 1), "malformed"),
        ("a key from elsewhere", json.replacen('{', "{\"jku\":\"https://evil.test/\",", 1), "malformed"),
        ("a key twice", json.replacen('{', "{\"alg\":\"none\",", 1), "malformed"),
    ] {
        assert_eq!(verify(&with(edited)), Err(code), "{name}");
    }
    // The thief's key over the victim's claims, and the victim's signature.
    let thief = VisitorKey::from_seed([6; 32]).seal(b"{}");
    let (thief_header, _) = thief.split_once('.').unwrap();
    assert_eq!(verify(&format!("{thief_header}.{rest}")), Err("bad-signature"));
}

#[test]
fn encodings_that_are_not_canonical_are_refused() {
    let voucher = Visit::honest().voucher();
    let parts: Vec<&str> = voucher.split('.').collect();
    for i in 0..3 {
        for edit in [|part: &str| format!("{part}="), |part: &str| format!(" {part}"), |part: &str| format!("{part}\n")]
        {
            let mut parts: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
            parts[i] = edit(&parts[i]);
            assert_eq!(verify(&parts.join(".")), Err("malformed"));
        }
    }
    // 64 bytes leave four stray bits in the last of 86 characters: of sixteen spellings one is canonical.
    let spellings = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".chars();
    let stem = &parts[2][..85];
    let spelt = spellings
        .filter(|last| !matches!(verify(&format!("{}.{}.{stem}{last}", parts[0], parts[1])), Err("malformed")));
    assert_eq!(spelt.count(), 4);
}

#[test]
fn hosts_that_look_alike_are_other_hosts() {
    let visit = Visit::honest();
    for host in
        ["shop.example.", "SHOP.example", "sh\u{43e}p.example", "shop.example\0", "xshop.example", "shop.example:443"]
    {
        assert_eq!(verify(&visit.forged(|c| c.hostname = host.into())), Err("wrong-hostname"), "{host}");
    }
}

#[test]
fn evidence_of_another_session_counts_once() {
    let (store, filter) = (MemoryStore::default(), Arc::new(NoveltyFilter::new(100)));
    let verifier = Verifier::new(key()).with_novelty(filter);
    let expected = Expectation { sitekey: Some("shop"), ..Expectation::default() };
    let attempt = |seed: u8| {
        let nonce = Base64UrlUnpadded::encode_string(&[seed; 16]);
        let visit = Visit::by([seed; 32], &Terms { nonce, ..terms() }, &person());
        verifier.verify(&visit.voucher(), &expected, NOW, &store).map(drop).map_err(|error| error.code())
    };
    assert_eq!(attempt(1), Ok(()));
    assert_eq!(attempt(2), Err("repeated-evidence"));
    assert_eq!(attempt(2), Err("replayed"), "and its challenge is spent");
}

#[test]
fn time_runs_out_for_vouchers_and_challenges() {
    let voucher = Visit::honest().voucher();
    assert_eq!(verify_at(&voucher, NOW + 400), Err("expired"));
    assert_eq!(verify_at(&voucher, NOW + 2000), Err("challenge-expired"));
    assert_eq!(verify_at(&voucher, NOW - 500), Err("not-yet-valid"));
}

#[test]
fn what_is_not_a_voucher_is_refused_before_any_arithmetic() {
    let voucher = Visit::honest().voucher();
    let with_payload = |json: &str| VisitorKey::from_seed([5; 32]).seal(json.as_bytes());
    let nested = "[".repeat(3000);
    for (text, code) in [
        (String::new(), "malformed"),
        ("a.b".into(), "malformed"),
        (voucher.clone() + "=", "malformed"),
        (voucher.clone() + ".x", "malformed"),
        (voucher.replacen('.', "..", 1), "malformed"),
        ("A".repeat(9000), "too-large"),
        (with_payload("{}"), "malformed"),
        (with_payload("null"), "malformed"),
        (with_payload(&nested), "malformed"),
        (with_payload(r#"{"iss":"a","iss":"b"}"#), "malformed"),
    ] {
        assert_eq!(verify(&text), Err(code), "{}", &text[..text.len().min(60)]);
    }
    let claims = serde_json::to_string(&Visit::honest().claims()).unwrap();
    let doubled = claims.replacen("{", r#"{"score":1.0,"#, 1);
    assert_eq!(verify(&with_payload(&doubled)), Err("malformed"), "a member twice");
    let extended = claims.replacen("{", r#"{"admin":true,"#, 1);
    assert_eq!(verify(&with_payload(&extended)), Err("malformed"), "a member nobody knows");
}

#[test]
fn a_signature_by_nobody_is_refused() {
    let voucher = Visit::honest().voucher();
    let mut parts: Vec<&str> = voucher.split('.').collect();
    let other = Visit { draft: Draft { now: NOW - 6, ..Visit::honest().draft }, ..Visit::honest() }.voucher();
    parts[2] = other.split('.').nth(2).unwrap();
    assert_eq!(verify(&parts.join(".")), Err("bad-signature"));
    parts[2] = "";
    assert_eq!(verify(&parts.join(".")), Err("malformed"));
}

#[test]
fn an_action_the_challenge_names_must_be_the_vouchers() {
    let terms = Terms { action: Some("signup".into()), ..terms() };
    let mut visit = Visit::with(&terms, &person());
    assert_eq!(verify(&visit.voucher()), Err("wrong-action"));
    visit.draft.action = Some("signup".into());
    assert!(verify(&visit.voucher()).is_ok());
}

#[test]
fn families_the_site_requires_must_be_there() {
    let terms = Terms { require: vec![vouchsafe::behavior::Family::Typing], ..terms() };
    assert_eq!(verify(&Visit::with(&terms, &person()).voucher()), Err("missing-evidence"));
}

#[test]
fn a_driven_browser_gets_a_valid_voucher_that_says_so() {
    let mut visit = Visit::honest();
    let click = [(0.0, Kind::Down(Pointer::mouse(9.0, 9.0))), (2.0, Kind::Up(Pointer::mouse(9.0, 9.0)))];
    let events = click.map(|(t, kind)| Event { t, kind, trusted: true }).to_vec();
    let facts = EnvironmentFacts { webdriver: true, ..EnvironmentFacts::default() };
    visit.evidence = Evidence::of(&Trace { events, viewport: [9.0, 9.0], ..Trace::default() }, Some(&facts));
    assert!(verify(&visit.voucher()).unwrap() < 0.05);
}

#[test]
fn a_voucher_fits_its_size_limit_with_every_family_measured() {
    let visit = Visit::honest();
    let full = visit.forged(|claims| {
        for field in [&mut claims.evidence.typing, &mut claims.evidence.scroll, &mut claims.evidence.touch] {
            *field = Some("A".repeat(24));
        }
        claims.cdata = Some("x".repeat(255));
        claims.action = Some("x".repeat(64));
    });
    assert!(full.len() < vouchsafe::voucher::MAX_VOUCHER_BYTES / 2, "{}", full.len());
}
