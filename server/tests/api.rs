//! The HTTP interface, request by request.

mod common;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode, header};
use common::{Mint, SITE_SECRET};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::net::SocketAddr;
use tower::ServiceExt;
use vouchsafe::voucher::{Challenge, Terms};
use vouchsafe_server::{App, Config, Flags, router};

struct Server {
    router: Router,
    app: App,
    folder: tempfile::TempDir,
}

impl Server {
    fn new(more: &str) -> Self {
        Self::with(&common::config("memory", more))
    }

    fn with(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.toml");
        std::fs::write(&path, config).unwrap();
        let app = App::start(Flags { config: Some(path), ..Flags::default() }).unwrap();
        Self { router: router(app.clone()), app, folder }
    }

    async fn send(&self, request: Request<Body>) -> (StatusCode, HeaderMap, String) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, headers, String::from_utf8(body.to_vec()).unwrap())
    }

    async fn get(&self, path: &str) -> (StatusCode, HeaderMap, String) {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    async fn verify(&self, fields: &[(&str, &str)]) -> Value {
        let (_, _, body) = self.send(form("/siteverify", fields)).await;
        serde_json::from_str(&body).unwrap()
    }

    async fn redeem(&self, voucher: &str) -> Value {
        self.verify(&[("secret", SITE_SECRET), ("response", voucher)]).await
    }

    /// A challenge for somebody at `address`; the terms, or the status it is refused with.
    async fn challenge(&self, address: &str, forwarded: Option<&str>) -> Result<Terms, StatusCode> {
        let peer: SocketAddr = address.parse().unwrap();
        let mut request = Request::get("/challenge?sitekey=shop&hostname=shop.example");
        if let Some(chain) = forwarded {
            request = request.header("x-forwarded-for", chain);
        }
        let mut request = request.body(Body::empty()).unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        let (status, headers, body) = self.send(request).await;
        if status != StatusCode::OK {
            assert_eq!(headers[header::RETRY_AFTER], "60");
            return Err(status);
        }
        let body: Value = serde_json::from_str(&body).unwrap();
        Ok(Challenge::read(body["challenge"].as_str().unwrap()).unwrap().terms().clone())
    }
}

fn form(path: &str, fields: &[(&str, &str)]) -> Request<Body> {
    let body = serde_urlencoded::to_string(fields).unwrap();
    Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(body.into()).unwrap()
}

fn codes(answer: &Value) -> Vec<&str> {
    answer["error-codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_answer_has_the_fields_that_clients_of_the_other_services_read() {
    let (server, mut mint) = (Server::new(""), Mint::new(10));
    let answer = server.redeem(&mint.voucher()).await;
    assert_eq!(answer["success"], true, "{answer}");
    assert_eq!(answer["hostname"], "shop.example");
    assert_eq!(codes(&answer), Vec::<&str>::new());
    assert!(answer["score"].as_f64().is_some_and(|score| (0.0..=1.0).contains(&score)));
    assert!(answer["challenge_ts"].as_str().is_some_and(|ts| ts.len() == 20 && ts.ends_with('Z')));
    for text in ["action", "cdata"] {
        assert!(answer[text].is_string(), "{text}");
    }
    assert!(answer.get("receipt").is_none(), "no key, no receipt");
}

#[tokio::test]
async fn forms_and_json_are_read_at_every_address_clients_use() {
    let (server, mut mint) = (Server::new(""), Mint::new(11));
    for path in ["/siteverify", "/recaptcha/api/siteverify", "/turnstile/v0/siteverify"] {
        let voucher = mint.voucher();
        let (_, _, body) = server.send(form(path, &[("secret", SITE_SECRET), ("response", &voucher)])).await;
        assert!(body.contains("\"success\":true"), "{path} {body}");
        let fields =
            json!({ "secret": SITE_SECRET, "response": mint.voucher(), "remoteip": "192.0.2.1", "sitekey": "x" });
        let json = Request::post(path).header(header::CONTENT_TYPE, "application/json; charset=utf-8");
        let (_, headers, body) = server.send(json.body(fields.to_string().into()).unwrap()).await;
        assert!(body.contains("\"success\":true"), "{path} {body}");
        assert_eq!(headers[header::CACHE_CONTROL], "no-store");
        for method in ["GET", "POST"] {
            let fields = serde_urlencoded::to_string([("secret", SITE_SECRET), ("response", &mint.voucher())]).unwrap();
            let request =
                Request::builder().method(method).uri(format!("{path}?{fields}")).body(Body::empty()).unwrap();
            let (_, _, body) = server.send(request).await;
            assert!(body.contains("\"success\":true"), "{method} {path} {body}");
        }
    }
}

#[tokio::test]
async fn what_is_missing_or_wrong_is_named_by_the_standard_codes() {
    let (server, mut mint) = (Server::new(""), Mint::new(12));
    let voucher = mint.voucher();
    for (fields, code) in [
        (&[("response", voucher.as_str())][..], "missing-input-secret"),
        (&[("secret", ""), ("response", &voucher)], "missing-input-secret"),
        (&[("secret", "guess"), ("response", &voucher)], "invalid-input-secret"),
        (&[("secret", SITE_SECRET)], "missing-input-response"),
        (&[("secret", SITE_SECRET), ("response", "")], "missing-input-response"),
        (&[("secret", SITE_SECRET), ("response", "nonsense")], "invalid-input-response"),
    ] {
        let answer = server.verify(fields).await;
        assert_eq!((answer["success"].clone(), codes(&answer)), (json!(false), vec![code]));
    }
    let broken =
        Request::post("/siteverify").header(header::CONTENT_TYPE, "application/json").body("{".into()).unwrap();
    let (status, _, body) = server.send(broken).await;
    assert!(status == StatusCode::BAD_REQUEST && body.contains("bad-request"), "{body}");
    let large = form("/siteverify", &[("secret", SITE_SECRET), ("response", &"x".repeat(20_000))]);
    assert_eq!(server.send(large).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(server.redeem(&voucher).await["success"], true, "none of that spent the voucher");
    let again = server.redeem(&voucher).await;
    assert_eq!((codes(&again), again["error"].as_str()), (vec!["timeout-or-duplicate"], Some("replayed")));
}

#[tokio::test]
async fn a_request_sent_again_with_its_idempotency_key_gets_the_first_answer() {
    let (server, mut mint) = (Server::new(""), Mint::new(13));
    let (voucher, other) = (mint.voucher(), mint.voucher());
    let ask = |key: &'static str, response: String| {
        let server = &server;
        async move { server.verify(&[("secret", SITE_SECRET), ("response", &response), ("idempotency_key", key)]).await }
    };
    let (a, b) = tokio::join!(ask("one", voucher.clone()), ask("one", voucher.clone()));
    assert_eq!((&a["success"], &a), (&json!(true), &b));
    assert_eq!(ask("one", voucher.clone()).await, a, "later, too");
    assert_eq!(codes(&ask("two", voucher.clone()).await), ["timeout-or-duplicate"]);
    assert_eq!(codes(&server.redeem(&voucher).await), ["timeout-or-duplicate"]);
    assert_eq!(ask("one", other).await["success"], true, "another voucher is another request");
    let long = "x".repeat(65);
    let answer = server.verify(&[("secret", SITE_SECRET), ("response", "v"), ("idempotency_key", &long)]).await;
    assert_eq!(codes(&answer), ["bad-request"]);
}

#[tokio::test]
async fn test_keys_answer_only_where_they_are_switched_on() {
    let (off, on) = (Server::new(""), Server::new("test_keys = true"));
    for (secret, expected) in [
        ("test-secret-passes", vec![]),
        ("1x0000000000000000000000000000000AA", vec![]),
        ("6LeIxAcTAAAAAGG-vFI1TnRWxMZNFuojJ4WifJWe", vec![]),
        ("0x0000000000000000000000000000000000000000", vec![]),
        ("test-secret-fails", vec!["invalid-input-response"]),
        ("2x0000000000000000000000000000000AA", vec!["invalid-input-response"]),
        ("3x0000000000000000000000000000000AA", vec!["timeout-or-duplicate"]),
    ] {
        let fields = [("secret", secret), ("response", "XXXX.DUMMY.TOKEN.XXXX")];
        let answer = on.verify(&fields).await;
        assert_eq!((answer["success"] == true, codes(&answer)), (expected.is_empty(), expected), "{secret}");
        assert_eq!(codes(&on.verify(&fields[..1]).await), ["missing-input-response"]);
        assert_eq!(codes(&off.verify(&fields).await), ["invalid-input-secret"], "{secret}");
    }
    let ask = |sitekey: &str| format!("/challenge?sitekey={sitekey}&hostname=anything.example");
    assert_eq!(on.get(&ask("1x00000000000000000000AA")).await.0, StatusCode::OK);
    assert!(on.get(&ask("2x00000000000000000000AB")).await.2.contains("blocked"));
    assert_eq!(off.get(&ask("1x00000000000000000000AA")).await.0, StatusCode::NOT_FOUND);
    let asking: Value = serde_json::from_str(&on.get(&ask("test-asks")).await.2).unwrap();
    let terms = Challenge::read(asking["challenge"].as_str().unwrap()).unwrap().terms().clone();
    assert_eq!(terms.step_up.map(|step_up| (step_up.below, step_up.kinds.len())), Some((100, 5)));
    let voucher = Mint::new(14).voucher();
    assert_eq!(on.redeem(&voucher).await["success"], true, "real sites go on");
}

#[tokio::test]
async fn challenges_get_harder_then_stop_for_a_network_that_asks_too_often() {
    let server = Server::new("address_limit = 60\ndifficulty = 10\nmax_difficulty = 12");
    let first = server.challenge("192.0.2.1:1000", None).await.unwrap();
    assert_eq!(first.difficulty, 10);
    let mut asked = Vec::new();
    for i in 0..80 {
        let address = format!("192.0.2.{}:1000", i % 200);
        asked.push(server.challenge(&address, None).await.map(|terms| terms.difficulty));
    }
    assert!(asked.contains(&Ok(11)) && asked.contains(&Ok(12)) && !asked.contains(&Ok(13)), "no harder than the most");
    assert_eq!(asked.last(), Some(&Err(StatusCode::TOO_MANY_REQUESTS)), "the network, not the single address");
    let other = server.challenge("198.51.100.1:1000", None).await;
    assert_eq!(other.map(|terms| terms.difficulty), Ok(10), "somebody else");
    let hidden = server.challenge("192.0.2.1:1000", Some("198.51.100.9")).await;
    assert_eq!(hidden, Err(StatusCode::TOO_MANY_REQUESTS), "an invented header helps nobody");
}

#[tokio::test]
async fn behind_a_trusted_proxy_the_visitor_is_counted_and_not_the_proxy() {
    let server = Server::new("address_limit = 20\ntrusted_proxies = ['10.0.0.0/8']");
    for i in 0..60 {
        let visitor = format!("198.51.{i}.1");
        assert!(server.challenge("10.1.2.3:99", Some(&visitor)).await.is_ok());
    }
    let one = "6.6.6.6, 203.0.113.5";
    let mut refused = 0;
    for _ in 0..40 {
        refused += u32::from(server.challenge("10.1.2.3:99", Some(one)).await.is_err());
    }
    assert!(refused >= 15, "{refused}");
}

#[tokio::test]
async fn one_site_has_its_limit() {
    let server = Server::new("site_limit = 30");
    let mut refused = 0;
    for i in 0..60 {
        refused += u32::from(server.challenge(&format!("10.{i}.0.1:9"), None).await.is_err());
    }
    assert!((25..=30).contains(&refused), "{refused}");
}

#[tokio::test]
async fn bad_vouchers_make_the_next_challenges_of_their_visitor_harder() {
    let server = Server::new("address_limit = 60\ndifficulty = 10");
    assert_eq!(server.challenge("203.0.113.7:9", None).await.unwrap().difficulty, 10);
    for _ in 0..8 {
        server.verify(&[("secret", SITE_SECRET), ("response", "forged"), ("remoteip", "203.0.113.7")]).await;
    }
    assert!(server.challenge("203.0.113.7:9", None).await.unwrap().difficulty > 10);
}

#[tokio::test]
async fn guessing_secrets_is_limited() {
    let server = Server::new("address_limit = 60");
    let mut last = StatusCode::OK;
    for i in 0..10 {
        last = server.send(form("/siteverify", &[("secret", &format!("guess {i}")), ("response", "x")])).await.0;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn the_same_evidence_under_another_challenge_is_refused() {
    let (server, mut mint) = (Server::new(""), Mint::new(15));
    let person = mint.person().clone();
    assert_eq!(server.redeem(&mint.voucher_of(&person, |_| {})).await["success"], true);
    let answer = server.redeem(&mint.voucher_of(&person, |_| {})).await;
    assert_eq!((codes(&answer), answer["error"].as_str()), (vec!["invalid-input-response"], Some("repeated-evidence")));
    assert_eq!(server.redeem(&mint.voucher()).await["success"], true, "other evidence is welcome");
}

#[tokio::test]
async fn a_site_has_its_own_policy() {
    let site = "[[site]]\nsitekey = 'shop'\nhostnames = ['shop.example']\nsecret = \"the secret of the shop's server\"";
    let secret = common::base64(common::CHALLENGE_SECRET);
    let with = |policy: &str| {
        Server::with(&format!("challenge_secrets = ['{secret}']\ndatabase = 'memory'\n{site}\n{policy}"))
    };
    let mut mint = Mint::new(16);
    let strict = with("min_score = 1.0").redeem(&mint.voucher()).await;
    assert_eq!((strict["success"].clone(), codes(&strict)), (json!(false), vec!["score-too-low"]));
    let typed = with("require = ['typing']");
    let terms = typed.challenge("192.0.2.1:1", None).await.unwrap();
    assert_eq!(terms.require, [vouchsafe::behavior::Family::Typing]);
    let answer =
        typed.redeem(&mint.voucher_with(|terms| terms.require = vec![vouchsafe::behavior::Family::Typing])).await;
    assert_eq!(answer["error"], "missing-evidence");
}

#[tokio::test]
async fn receipts_name_a_published_key() {
    let seeds = [common::base64(&[1; 32]), common::base64(&[2; 32])];
    let server = Server::new(&format!("receipt_keys = ['{}', '{}']\nissuer = 'https://v.example'", seeds[0], seeds[1]));
    let answer = server.redeem(&Mint::new(17).voucher()).await;
    let receipt = answer["receipt"].as_str().unwrap();
    let part = |i: usize| -> Value {
        use base64ct::{Base64UrlUnpadded, Encoding};
        let text = receipt.split('.').nth(i).unwrap();
        serde_json::from_slice(&Base64UrlUnpadded::decode_vec(text).unwrap()).unwrap()
    };
    let (_, headers, keys) = server.get("/.well-known/jwks.json").await;
    assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    let keys: Value = serde_json::from_str(&keys).unwrap();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 2, "the old key stays published");
    assert_eq!(part(0), json!({ "alg": "EdDSA", "typ": "vouchsafe-receipt+jwt", "kid": keys["keys"][0]["kid"] }));
    assert_eq!((&part(1)["iss"], &part(1)["aud"]), (&json!("https://v.example"), &json!("shop")));
    let refused = server.redeem("forged").await;
    assert!(refused.get("receipt").is_none());
}

#[tokio::test]
async fn keys_rotate_without_downtime() {
    let server = Server::new("");
    let mut mint = Mint::new(18);
    let open_page = mint.voucher();
    let path = server.folder.path().join("server.toml");
    let old = std::fs::read_to_string(&path).unwrap();
    let fresh = common::base64(b"a new secret for a new challenge");
    std::fs::write(&path, old.replace("challenge_secrets = [", &format!("challenge_secrets = ['{fresh}', "))).unwrap();
    server.app.reload().unwrap();
    assert_eq!(server.redeem(&open_page).await["success"], true, "what the old secret issued still counts");
    let later = mint.voucher();
    std::fs::write(&path, old.replace(&common::base64(common::CHALLENGE_SECRET), &fresh)).unwrap();
    server.app.reload().unwrap();
    assert_eq!(server.redeem(&later).await["error"], "forged-challenge", "until it is taken out");
    std::fs::write(&path, "difficulty = 'very'").unwrap();
    assert!(server.app.reload().is_err());
    assert_eq!(server.get("/healthz").await.0, StatusCode::OK, "a broken file changes nothing");
}

#[tokio::test]
async fn operators_show_a_token_or_find_nothing() {
    let (closed, open) = (Server::new(""), Server::new("admin_token = 'a token for the operators'"));
    open.redeem(&Mint::new(19).voucher()).await;
    open.redeem("forged").await;
    for path in ["/metrics", "/admin/sites"] {
        assert_eq!(closed.get(path).await.0, StatusCode::NOT_FOUND);
        assert_eq!(open.get(path).await.0, StatusCode::UNAUTHORIZED);
        let with = |token: &str| Request::get(path).header(header::AUTHORIZATION, token).body(Body::empty()).unwrap();
        assert_eq!(open.send(with("Bearer wrong")).await.0, StatusCode::UNAUTHORIZED);
        let (status, _, body) = open.send(with("Bearer a token for the operators")).await;
        assert_eq!(status, StatusCode::OK);
        assert!(!body.contains(SITE_SECRET));
        let expected = match path {
            "/metrics" => r#"vouchsafe_verifications_total{sitekey="shop",outcome="ok"} 1"#,
            _ => r#""sitekey":"shop""#,
        };
        assert!(body.contains(expected), "{body}");
    }
    let reload = Request::post("/admin/reload").header(header::AUTHORIZATION, "Bearer a token for the operators");
    assert!(open.send(reload.body(Body::empty()).unwrap()).await.2.contains("\"reloaded\":true"));
    assert_eq!(
        open.send(Request::post("/admin/reload").body(Body::empty()).unwrap()).await.0,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_draining_server_says_so() {
    let server = Server::new("");
    assert_eq!(server.get("/healthz").await.2, "ok");
    server.app.drain();
    let (status, _, body) = server.get("/healthz").await;
    assert_eq!((status, body.as_str()), (StatusCode::SERVICE_UNAVAILABLE, "draining"));
    assert_eq!(server.redeem(&Mint::new(20).voucher()).await["success"], true, "and goes on serving");
}

#[tokio::test]
async fn only_the_sites_own_pages_may_read_a_challenge() {
    let server = Server::new("");
    let ask = |origin: &str, host: &str| {
        let request = Request::get(format!("/challenge?sitekey=shop&hostname={host}")).header(header::ORIGIN, origin);
        request.body(Body::empty()).unwrap()
    };
    let (status, headers, _) = server.send(ask("https://shop.example", "shop.example")).await;
    assert_eq!(
        (status, headers[header::ACCESS_CONTROL_ALLOW_ORIGIN].as_bytes()),
        (StatusCode::OK, &b"https://shop.example"[..])
    );
    for (origin, host) in [
        ("https://evil.test", "shop.example"),
        ("https://shop.example.evil.test", "shop.example"),
        ("https://shop.example", "sh\u{43e}p.example"),
        ("null", "shop.example"),
    ] {
        let (status, headers, body) = server.send(ask(origin, &host.replace('\u{43e}', "%D0%BE"))).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{origin}");
        assert!(body.contains("unknown-hostname") && !headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
    }
    assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    assert!(headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().starts_with("default-src 'none'"));
}

#[test]
fn a_configuration_that_would_be_unsafe_does_not_start() {
    let site = "[[site]]\nsitekey = 'a'\nhostnames = ['a.example']\n";
    for (text, what) in [
        (format!("challenge_secrets = ['c2hvcnQ']\n{site}secret = 'long enough for a secret'"), "16 bytes"),
        (
            format!(
                "challenge_secrets = ['QUFBQUFBQUFBQUFBQUFBQUFBQUE', 'c2hvcnQ']\n{site}secret = 'long enough for a secret'"
            ),
            "16 bytes",
        ),
        (format!("challenge_secrets = ['QUFBQUFBQUFBQUFBQUFBQUFBQUE']\n{site}secret = 'short'"), "16 characters"),
        (format!("challenge_secrets = ['QUFBQUFBQUFBQUFBQUFBQUFBQUE']\n{site}"), "secret"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.toml");
        std::fs::write(&path, format!("database = 'memory'\n{text}")).unwrap();
        let flags = Flags { config: Some(path), ..Flags::default() };
        let error = Config::load(&flags).and_then(App::new).err().map(|error| format!("{error:#}")).unwrap_or_default();
        assert!(error.contains(what), "{error}");
    }
}
