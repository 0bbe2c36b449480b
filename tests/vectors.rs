//! Committed test vectors of the protocol, for whoever writes another implementation.
//!
//! `VOUCHSAFE_BLESS=1 cargo test --test vectors` writes them anew after a change of features or model.
#![cfg(not(target_arch = "wasm32"))]

use base64ct::{Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};
use vouchsafe::behavior::{Evidence, Family};
use vouchsafe::decision::Policy;
use vouchsafe::presence::Presence;
use vouchsafe::trace::codec;
use vouchsafe::voucher::{
    Answer, Challenge, ChallengeKey, Claims, Draft, Expectation, MemoryStore, PUZZLES, SolvedChallenge, Solver, Terms,
    Verifier, VisitorKey,
};

const PATH: &str = "tests/vectors/vouchers.json";
const SECRET: &[u8] = b"a secret for test vectors";
const NOW: u64 = 1_800_000_000;

fn vectors() -> Value {
    let key = ChallengeKey::new(SECRET).unwrap();
    let terms = Terms {
        v: 1,
        nonce: "AAECAwQFBgcICQoLDA0ODw".into(),
        sitekey: "vectors".into(),
        hostname: "vectors.example".into(),
        action: Some("signup".into()),
        iat: NOW - 300,
        exp: NOW + 1500,
        difficulty: 6,
        require: vec![Family::Pointer],
        step_up: None,
    };
    let token = key.issue(&terms);
    let challenge = Challenge::read(&token).unwrap();
    let seed: [u8; 32] = std::array::from_fn(|i| i as u8);
    let visitor = VisitorKey::from_seed(seed);
    let mut solver = Solver::new(&challenge, &visitor.thumbprint());
    while solver.step(1000) < PUZZLES {}
    let solved = SolvedChallenge::new(challenge, &visitor, &solver.answer().unwrap()).unwrap();
    let trace = codec::decode(include_str!("corpus/traces.jsonl").lines().next().unwrap()).unwrap().trace;
    let evidence = Evidence::of(&trace, None);
    let draft = Draft {
        hostname: terms.hostname.clone(),
        action: terms.action,
        cdata: Some("order \u{201c}7\u{201d}".into()),
        face: None,
        pass: None,
        now: NOW - 10,
        jti: [9; 16],
    };
    let claims = solved.claims(&visitor, &evidence, &Policy::default().decide(&evidence), draft);
    let seal = |edit: fn(&mut Claims)| {
        let mut claims = claims.clone();
        edit(&mut claims);
        visitor.seal(&serde_json::to_vec(&claims).unwrap())
    };
    let presence = Presence {
        attempt: 1,
        responses: [1200, 900, 1900],
        frames: 130,
        parallax: 0.041,
        similarity: 0.82,
        spoof: 0.1,
    };
    let with_face = |presence: Presence| {
        let face = Some(Base64UrlUnpadded::encode_string(&presence.to_bytes()));
        visitor.seal(&serde_json::to_vec(&Claims { face, ..claims.clone() }).unwrap())
    };
    let cases = [
        ("a good voucher", seal(|_| {}), NOW),
        ("the same, six minutes later", seal(|_| {}), NOW + 360),
        ("the same, before it was made", seal(|_| {}), NOW - 120),
        ("a better score than its evidence", seal(|c| c.score = 0.9999), NOW),
        ("another action", seal(|c| c.action = Some("login".into())), NOW),
        ("another host", seal(|c| c.hostname = "vectors.example.evil.test".into()), NOW),
        ("work for nothing", seal(|c| c.work = "A".repeat(86)), NOW),
        ("a challenge nobody issued", seal(|c| c.challenge = c.challenge.replace("eyJ2IjoxL", "eyJ2IjoyL")), NOW),
        ("a session longer than the challenge is old", seal(|c| c.evidence.span_ms = 3_600_000), NOW),
        ("a face check that was passed", with_face(presence), NOW),
        ("a face without depth", with_face(Presence { parallax: 0.01, ..presence }), NOW),
        ("no signature", seal(|_| {}).rsplit_once('.').unwrap().0.to_owned() + ".", NOW),
    ];
    let cases = cases.map(|(name, voucher, now)| {
        let expected =
            Expectation { sitekey: Some("vectors"), hostnames: &["vectors.example".into()], action: Some("signup") };
        let outcome = Verifier::new(key.clone()).verify(&voucher, &expected, now, &MemoryStore::default());
        json!({ "name": name, "voucher": voucher, "now": now, "answer": Answer::of(&outcome, 0.4) })
    });
    json!({
        "challenge_secret": "YSBzZWNyZXQgZm9yIHRlc3QgdmVjdG9ycw",
        "challenge": token,
        "visitor_key_seed": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
        "thumbprint": visitor.thumbprint_text(),
        "work": claims.work,
        "expected": { "sitekey": "vectors", "hostnames": ["vectors.example"], "action": "signup" },
        "vouchers": cases,
    })
}

#[test]
fn vectors_are_what_this_version_makes_and_answers() {
    let made = serde_json::to_string_pretty(&vectors()).unwrap() + "\n";
    if std::env::var_os("VOUCHSAFE_BLESS").is_some() {
        std::fs::write(PATH, &made).unwrap();
    }
    let committed = std::fs::read_to_string(PATH).unwrap();
    assert!(made == committed, "the protocol, the features or the model changed: see the top of this file");
}
