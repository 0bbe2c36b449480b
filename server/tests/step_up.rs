//! Challenges on doubt, over HTTP: what is asked, what counts, what does not.

#[path = "common/asking.rs"]
mod asking;
mod common;

use asking::{Site, solvers};
use axum::http::{Request, StatusCode, header};
use common::Mint;
use serde_json::json;
use vouchsafe::behavior::Evidence;
use vouchsafe::trace::codec;
use vouchsafe::voucher::{Challenge, ChallengeKey, Draft, Kind, Suspicion};

/// A voucher for `challenge` with a recorded program's evidence.
fn doubtful(challenge: &str, pass: Option<String>) -> String {
    let corpus = include_str!("../../tests/corpus/traces.jsonl").lines();
    let traces = corpus.map(|line| codec::decode(line).unwrap().trace);
    let evidence = traces.map(|trace| Evidence::of(&trace, None)).min_by(|a, b| score(a).total_cmp(&score(b))).unwrap();
    let challenge = Challenge::read(challenge).unwrap();
    // Not longer than the page is open: a moment.
    let families = vouchsafe::behavior::Family::ALL.map(|family| evidence.family(family).map(<[u8]>::to_vec));
    let evidence = Evidence::from_parts(families, evidence.span_ms().min(25_000)).unwrap();
    let hostname = challenge.terms().hostname.clone();
    let draft = Draft { hostname, now: common::now(), pass, jti: [3; 16], ..Draft::default() };
    common::sign(challenge, [9; 32], &evidence, draft)
}

fn score(evidence: &Evidence) -> f32 {
    vouchsafe::decision::Policy::default().decide(evidence).score
}

fn key() -> ChallengeKey {
    ChallengeKey::new(common::CHALLENGE_SECRET).unwrap()
}

#[tokio::test]
async fn somebody_doubted_is_asked_and_gets_in_by_any_way() {
    let site = Site::new();
    let challenge = site.challenge().await;
    let answer = site.redeem(&doubtful(&challenge, None)).await;
    assert_eq!(answer["error-codes"], json!(["challenge-required"]), "{answer}");
    for kind in ["pictures", "fit", "question", "hold"] {
        let mut passed = None;
        // A program may err; people may too.
        for _ in 0..5 {
            let challenge = site.challenge().await;
            if let Ok((pass, rounds)) = site.solve(&challenge, kind, "strong").await {
                assert_eq!(rounds, 2, "much doubt, two puzzles");
                passed = Some(doubtful(&challenge, Some(pass)));
                break;
            }
        }
        let answer = site.redeem(&passed.unwrap_or_else(|| panic!("{kind} was never passed"))).await;
        assert_eq!((&answer["success"], &answer["challenge"]), (&json!(true), &json!(kind)), "{answer}");
    }
}

#[tokio::test]
async fn words_are_asked_in_the_language_of_the_page_round_after_round() {
    let site = Site::new();
    for (tag, language) in [("de-CH", "de"), ("ja", "ja"), ("tlh", "en"), (&"x".repeat(5000), "en")] {
        let challenge = site.challenge().await;
        let form = [("challenge", &*challenge), ("kind", "question"), ("suspicion", "strong"), ("language", tag)];
        let (_, first) = site.post("/step-up", &form).await;
        let (_, second) = site.answer(&first["puzzle"], &solvers::answer(&first)).await;
        for shown in [&first, &second] {
            assert_eq!(shown["language"], json!(language), "{shown}");
        }
        let (_, said) = site.answer(&second["puzzle"], &solvers::answer(&second)).await;
        assert!(said["pass"].is_string(), "{said}");
    }
}

#[tokio::test]
async fn more_work_is_enough_for_a_little_doubt_only() {
    let site = Site::new();
    let challenge = site.challenge().await;
    let (pass, _) = site.solve(&challenge, "work", "mild").await.unwrap();
    let answer = site.redeem(&doubtful(&challenge, Some(pass))).await;
    assert_eq!(answer["error-codes"], json!(["challenge-required"]), "the server knows how much it doubts");
    let (status, said) = site.ask(&site.challenge().await, "work", "marked").await;
    assert_eq!((status, &said["error"]), (StatusCode::FORBIDDEN, &json!("not-offered")));
}

#[tokio::test]
async fn who_is_doubted_more_after_a_puzzle_needs_one_more_only() {
    let site = Site::new();
    let (challenge, other) = (site.challenge().await, site.challenge().await);
    let (pass, rounds) = site.solve(&challenge, "question", "marked").await.unwrap();
    assert_eq!(rounds, 1);
    for (challenge, round) in [(&challenge, 2), (&other, 1)] {
        let fields = [("challenge", &challenge[..]), ("kind", "question"), ("suspicion", "strong"), ("pass", &pass)];
        let (_, shown) = site.post("/step-up", &fields).await;
        assert_eq!((&shown["round"], &shown["rounds"]), (&json!(round), &json!(2)));
    }
}

#[tokio::test]
async fn wrong_answers_are_counted_and_end_it() {
    let site = Site::new();
    let challenge = site.challenge().await;
    for left in [2, 1] {
        let (_, shown) = site.ask(&challenge, "fit", "marked").await;
        let (_, said) = site.answer(&shown["puzzle"], "0,0").await;
        assert_eq!(said, json!({ "wrong": true, "left": left }));
        let (status, said) = site.answer(&shown["puzzle"], &solvers::answer(&shown)).await;
        assert_eq!((status, &said["error"]), (StatusCode::CONFLICT, &json!("replayed")), "one answer a puzzle");
    }
    let (_, shown) = site.ask(&challenge, "question", "marked").await;
    let (status, said) = site.answer(&shown["puzzle"], "0,1,2,3,4,5,6,7").await;
    assert_eq!((status, &said["error"]), (StatusCode::TOO_MANY_REQUESTS, &json!("locked")));
    let (_, shown) = site.ask(&challenge, "question", "marked").await;
    let (status, said) = site.answer(&shown["puzzle"], &solvers::answer(&shown)).await;
    assert_eq!((status, &said["error"]), (StatusCode::TOO_MANY_REQUESTS, &json!("locked")), "right, but too late");
    assert!(site.solve(&site.challenge().await, "question", "marked").await.is_ok(), "another challenge");
}

#[tokio::test]
async fn a_pass_counts_for_its_own_challenge_and_cannot_be_made_up() {
    let site = Site::new();
    let (one, other) = (site.challenge().await, site.challenge().await);
    let (pass, _) = site.solve(&one, "question", "strong").await.unwrap();
    let made_up = vouchsafe::voucher::Pass {
        v: 1,
        of: Challenge::read(&one).unwrap().terms().nonce.clone(),
        kind: Kind::Question,
        suspicion: Suspicion::Strong,
    };
    let forged = made_up.seal(&ChallengeKey::new(&[5; 32]).unwrap());
    for (challenge, pass) in [(&other, pass.clone()), (&one, forged), (&one, one.clone()), (&one, "x".into())] {
        assert_eq!(site.redeem(&doubtful(challenge, Some(pass))).await["error"], json!("bad-pass"));
    }
    assert_eq!(made_up.seal(&key()), pass, "what the server says and no more");
    let voucher = doubtful(&one, Some(pass));
    assert_eq!(site.redeem(&voucher).await["success"], json!(true));
    assert_eq!(site.redeem(&voucher).await["error"], json!("replayed"));
}

#[tokio::test]
async fn a_held_button_is_let_go_when_told_and_not_before() {
    let site = Site::new();
    let challenge = site.challenge().await;
    let (_, shown) = site.ask(&challenge, "hold", "marked").await;
    let pressed = std::time::Instant::now();
    let (_, cue) = site.answer(&shown["puzzle"], "").await;
    assert!(pressed.elapsed().as_millis() >= 1500);
    // At once: nobody reacts so soon.
    let (_, said) = site.answer(&cue["cue"], "").await;
    assert_eq!(said["wrong"], json!(true));
}

#[tokio::test]
async fn nonsense_is_refused_and_nothing_is_asked_for_other_pages() {
    let site = Site::new();
    let challenge = site.challenge().await;
    let mut expired = Mint::new(1);
    let mut token = None;
    expired.voucher_with(|terms| {
        (terms.iat, terms.exp) = (terms.iat - 3600, terms.iat - 1800);
        terms.step_up = Challenge::read(&challenge).unwrap().terms().step_up.clone();
        token = Some(key().issue(terms));
    });
    for (fields, status, code) in [
        (vec![("challenge", "x"), ("kind", "fit"), ("suspicion", "mild")], 400, "bad-request"),
        (vec![("challenge", &challenge[..]), ("kind", "bribe"), ("suspicion", "mild")], 400, "bad-request"),
        (vec![("challenge", &challenge), ("kind", "fit")], 400, "bad-request"),
        (vec![("challenge", &challenge), ("kind", "face"), ("suspicion", "mild")], 403, "not-offered"),
        (vec![("challenge", token.as_deref().unwrap()), ("kind", "fit"), ("suspicion", "mild")], 410, "expired"),
    ] {
        let (got, said) = site.post("/step-up", &fields).await;
        assert_eq!((got.as_u16(), &said["error"]), (status, &json!(code)), "{fields:?}");
    }
    let body = serde_urlencoded::to_string([("challenge", &challenge[..]), ("kind", "fit"), ("suspicion", "mild")]);
    let request = Request::post("/step-up").header(header::ORIGIN, "https://evil.example");
    let (status, said) = site.send(request.body(body.unwrap().into()).unwrap()).await;
    assert_eq!((status, &said["error"]), (StatusCode::FORBIDDEN, &json!("unknown-hostname")));
    let (_, shown) = site.ask(&challenge, "fit", "marked").await;
    for nonsense in ["", "1", "a,b", "1,2,3", "-99999999999,4", "2147483647,-2147483648", &"9".repeat(9000)] {
        let (_, shown_again) = site.ask(&site.challenge().await, "fit", "marked").await;
        let (_, said) = site.answer(&shown_again["puzzle"], nonsense).await;
        assert_eq!(said["wrong"], json!(true), "{nonsense:.20}");
    }
    let puzzle = shown["puzzle"].as_str().unwrap().replacen('e', "f", 1);
    let (status, _) = site.answer(&json!(puzzle), "0,0").await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "a changed seal");
}
