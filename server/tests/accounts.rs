//! The demo's accounts, over HTTP, as a browser would use them.

mod common;
#[path = "../src/accounts/totp.rs"]
#[allow(dead_code, unreachable_pub, reason = "an authenticator")]
mod totp;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};
use common::Mint;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::net::SocketAddr;
use tower::ServiceExt;
use vouchsafe::behavior::Evidence;
use vouchsafe::presence::Presence;
use vouchsafe::voucher::{Challenge, ChallengeKey, Draft, Terms};
use vouchsafe_server::{App, Flags, router};

/// A server with accounts, and one visitor's browser.
struct Browser {
    router: Router,
    folder: tempfile::TempDir,
    mint: Mint,
    cookie: String,
    csrf: String,
    address: &'static str,
}

impl Browser {
    fn new(series: u64, policy: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.toml");
        let secret = common::base64(common::CHALLENGE_SECRET);
        let outbox = folder.path().join("outbox");
        let config = format!(
            "demo = true\ndatabase = 'memory'\naddress_limit = 0\nchallenge_secrets = ['{secret}']\n\
             [accounts]\noutbox = '{}'\n{policy}\n",
            outbox.display()
        );
        std::fs::write(&path, config).unwrap();
        let app = App::start(Flags { config: Some(path), ..Flags::default() }).unwrap();
        let (cookie, csrf) = (String::new(), String::new());
        Self { router: router(app), folder, mint: Mint::new(series), cookie, csrf, address: "192.0.2.1:5" }
    }

    async fn send(&mut self, mut request: Request<Body>) -> (StatusCode, Value) {
        let headers = request.headers_mut();
        headers.insert(header::COOKIE, self.cookie.parse().unwrap());
        request.extensions_mut().insert(ConnectInfo(self.address.parse::<SocketAddr>().unwrap()));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        if let Some(set) = response.headers().get(header::SET_COOKIE) {
            let set = set.to_str().unwrap();
            for wanted in ["__Host-vouchsafe=", "HttpOnly", "Secure", "SameSite=Strict", "Path=/"] {
                assert!(set.contains(wanted), "{wanted} in {set}");
            }
            self.cookie = set.split(';').next().unwrap().to_owned();
        }
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        if let Some(csrf) = body["csrf"].as_str() {
            self.csrf = csrf.to_owned();
        }
        (status, body)
    }

    async fn post(&mut self, path: &str, fields: Value) -> (StatusCode, Value) {
        let request = Request::post(format!("/account/{path}"))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::HOST, "localhost:8787")
            .header(header::ORIGIN, "http://localhost:8787")
            .header("x-csrf", &self.csrf);
        self.send(request.body(fields.to_string().into()).unwrap()).await
    }

    async fn me(&mut self) -> Value {
        self.send(Request::get("/account/me").body(Body::empty()).unwrap()).await.1
    }

    fn terms(terms: &mut Terms) {
        (terms.sitekey, terms.hostname) = ("demo-accounts".into(), "localhost".into());
    }

    /// Of somebody who moves like a person.
    fn person(&mut self) -> String {
        self.mint.voucher_with(Self::terms)
    }

    /// Of nobody in particular: not good enough for an account.
    fn doubtful(&mut self) -> String {
        let nothing = Evidence::from_parts(Default::default(), 0).unwrap();
        self.mint.voucher_of(&nothing, Self::terms)
    }

    /// Of somebody whose face the camera saw.
    fn seen(&mut self) -> String {
        let live = Presence {
            attempt: 0,
            responses: [1200, 900, 1900],
            frames: 130,
            parallax: 0.05,
            similarity: 0.9,
            spoof: 0.1,
        };
        let mut terms = None;
        self.mint.voucher_with(|made| {
            Self::terms(made);
            terms = Some(made.clone());
        });
        let terms = terms.unwrap();
        let key = ChallengeKey::new(common::CHALLENGE_SECRET).unwrap();
        let challenge = Challenge::read(&key.issue(&terms)).unwrap();
        let face = Some(common::base64(&live.to_bytes()));
        let draft = Draft { hostname: terms.hostname, now: common::now(), face, ..Draft::default() };
        common::sign(challenge, [8; 32], &self.mint.person().clone(), draft)
    }

    async fn sign_up(&mut self) {
        let voucher = self.person();
        let (status, me) = self.post("sign-up", ada(&voucher)).await;
        assert_eq!((status, &me["email"]), (StatusCode::OK, &json!("ada@example.org")), "{me}");
    }

    async fn sign_in(&mut self, password: &str, code: &str) -> (StatusCode, Value) {
        let voucher = self.person();
        let form =
            json!({ "email": "Ada@example.org", "password": password, "code": code, "vouchsafe-response": voucher });
        self.post("sign-in", form).await
    }

    async fn behave(&mut self, voucher: String) -> (StatusCode, Value) {
        self.post("behavior", json!({ "vouchsafe-response": voucher })).await
    }

    /// The token of the newest link in the outbox.
    async fn link(&mut self) -> String {
        let (_, said) = self.send(Request::get("/account/outbox").body(Body::empty()).unwrap()).await;
        let link = said["mails"].as_array().unwrap().iter().find_map(|mail| mail["link"].as_str()).unwrap().to_owned();
        link.strip_prefix("account.html#reset=").unwrap().to_owned()
    }
}

fn ada(voucher: &str) -> Value {
    json!({ "name": "Ada", "email": "ada@example.org", "password": "correct horse", "vouchsafe-response": voucher })
}

#[tokio::test]
async fn somebody_signs_up_leaves_and_comes_back() {
    let mut browser = Browser::new(1, "");
    assert_eq!(browser.me().await["signed_in"], json!(false));
    browser.sign_up().await;
    assert_eq!(browser.me().await["name"], json!("Ada"));
    let (status, _) = browser.post("sign-out", json!({})).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(browser.me().await["error"], json!("signed-out"));
    let (status, me) = browser.sign_in("correct horse", "").await;
    assert_eq!((status, &me["name"]), (StatusCode::OK, &json!("Ada")));
    let voucher = browser.person();
    let (status, said) = browser.post("sign-up", ada(&voucher)).await;
    assert_eq!((status, &said["error"]), (StatusCode::CONFLICT, &json!("taken")));
}

#[tokio::test]
async fn a_wrong_password_and_a_wrong_address_are_one_answer_and_soon_none() {
    let mut browser = Browser::new(2, "wrong_passwords = 3");
    browser.sign_up().await;
    let voucher = browser.person();
    let unknown = json!({ "email": "eve@example.org", "password": "x", "vouchsafe-response": voucher });
    let unknown = browser.post("sign-in", unknown).await;
    for _ in 0..3 {
        assert_eq!(browser.sign_in("wrong", "").await, unknown);
    }
    let (status, said) = browser.sign_in("correct horse", "").await;
    assert_eq!((status, &said["error"]), (StatusCode::TOO_MANY_REQUESTS, &json!("rests")), "also the right one");
}

#[tokio::test]
async fn what_is_not_good_enough_opens_no_account() {
    let mut browser = Browser::new(3, "");
    for (voucher, code) in [
        (browser.doubtful(), "score-too-low"),
        (String::new(), "missing-input-response"),
        ("nonsense".into(), "invalid-input-response"),
        (browser.mint.voucher(), "invalid-input-response"),
    ] {
        let (status, said) = browser.post("sign-up", ada(&voucher)).await;
        assert_eq!((status, &said["error"]), (StatusCode::FORBIDDEN, &json!("not-verified")));
        assert_eq!(said["verification"]["error-codes"], json!([code]), "{said}");
    }
    for (name, email, password, code) in [
        ("", "a@b.example", "long enough", "unsound"),
        ("Ada", "ada", "long enough", "unsound"),
        ("Ada", "ada@b.example\nBcc: x", "long enough", "unsound"),
        ("Ada", "ada@b.example", "short", "weak"),
    ] {
        let voucher = browser.person();
        let form = json!({ "name": name, "email": email, "password": password, "vouchsafe-response": voucher });
        assert_eq!(browser.post("sign-up", form).await.1["error"], json!(code));
    }
}

#[tokio::test]
async fn another_site_cannot_act_for_somebody() {
    let mut browser = Browser::new(4, "");
    browser.sign_up().await;
    let csrf = std::mem::replace(&mut browser.csrf, "made up".into());
    for path in ["sign-out", "stay", "behavior", "second-factor", "face", "email"] {
        let (status, said) = browser.post(path, json!({})).await;
        assert_eq!((status, &said["error"]), (StatusCode::FORBIDDEN, &json!("elsewhere")), "{path}");
    }
    let request = Request::post("/account/sign-out")
        .header(header::HOST, "localhost:8787")
        .header(header::ORIGIN, "https://evil.example")
        .header("x-csrf", &csrf);
    let (status, _) = browser.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert_eq!(browser.me().await["signed_in"], json!(true));
}

#[tokio::test]
async fn three_challenges_not_passed_lock_and_a_new_password_opens() {
    let mut browser = Browser::new(5, "");
    browser.sign_up().await;
    let voucher = browser.person();
    let (_, said) = browser.behave(voucher).await;
    assert_eq!(said["said"]["next"], json!("go"));
    let parts = said["behavior"]["parts"].as_object().unwrap();
    assert_eq!(parts.keys().collect::<Vec<_>>(), ["clicks", "focus", "keyboard", "mouse", "scroll", "time"]);
    assert!(parts["mouse"].as_f64().unwrap() > 0.5 && parts["keyboard"].is_null(), "{parts:?}");
    for left in [3, 2, 1] {
        let voucher = browser.doubtful();
        assert_eq!(browser.behave(voucher).await.1["said"], json!({ "next": "challenge", "left": left }));
    }
    let voucher = browser.doubtful();
    assert_eq!(browser.behave(voucher).await.1["error"], json!("locked"));
    assert_eq!(browser.me().await["signed_in"], json!(false));
    assert_eq!(browser.sign_in("correct horse", "").await.1["error"], json!("locked"));
    assert_eq!(browser.sign_in("wrong", "").await.1["error"], json!("wrong"), "told only to who knows the password");

    browser.post("reset", json!({ "email": "nobody@example.org" })).await;
    let (_, said) = browser.post("reset", json!({ "email": "ada@example.org" })).await;
    assert_eq!(said, json!({ "asked": true }));
    let token = browser.link().await;
    assert_eq!(
        browser.post("reset/finish", json!({ "token": token, "password": "short" })).await.1["error"],
        json!("weak")
    );
    let finish = json!({ "token": token, "password": "a better one" });
    assert_eq!(browser.post("reset/finish", finish.clone()).await.1, json!({ "changed": true }));
    assert_eq!(browser.post("reset/finish", finish).await.1["error"], json!("reset-over"), "once");
    assert_eq!(browser.sign_in("a better one", "").await.0, StatusCode::OK);
    let mails = std::fs::read_dir(browser.folder.path().join("outbox")).unwrap().count();
    assert_eq!(mails, 3, "locked, link, changed");
}

#[tokio::test]
async fn an_older_link_ends_with_a_newer_one_and_with_its_time() {
    let mut browser = Browser::new(6, "reset_s = 1");
    browser.sign_up().await;
    browser.post("reset", json!({ "email": "ada@example.org" })).await;
    let old = browser.link().await;
    browser.post("reset", json!({ "email": "ada@example.org" })).await;
    let new = browser.link().await;
    tokio::time::sleep(std::time::Duration::from_millis(2100)).await;
    for token in [old, new, "x".into()] {
        let (_, said) = browser.post("reset/finish", json!({ "token": token, "password": "a better one" })).await;
        assert_eq!(said["error"], json!("reset-over"));
    }
}

#[tokio::test]
async fn three_changes_of_network_lock() {
    let mut browser = Browser::new(7, "");
    browser.sign_up().await;
    browser.address = "192.0.2.200:5";
    assert_eq!(browser.me().await["address_changes"], json!(0), "the same network");
    for (address, changes) in [("198.51.100.1:5", 1), ("203.0.113.9:5", 2)] {
        browser.address = address;
        assert_eq!(browser.me().await["address_changes"], json!(changes));
    }
    browser.address = "192.0.2.1:5";
    assert_eq!(browser.me().await["error"], json!("locked"));
}

#[tokio::test]
async fn whoever_is_away_is_signed_out_and_looking_is_not_being_there() {
    let mut browser = Browser::new(8, "idle_s = 2\nwarn_s = 1");
    browser.sign_up().await;
    for _ in 0..3 {
        tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
        assert_eq!(browser.post("stay", json!({})).await.0, StatusCode::OK);
    }
    for _ in 0..3 {
        tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
        browser.me().await;
    }
    assert_eq!(browser.me().await["signed_in"], json!(false));
}

#[tokio::test]
async fn a_second_factor_is_asked_for_and_each_code_is_good_once() {
    let mut browser = Browser::new(9, "");
    browser.sign_up().await;
    let (_, begun) = browser.post("second-factor", json!({})).await;
    let secret = unbase32(begun["secret"].as_str().unwrap());
    assert!(begun["link"].as_str().unwrap().starts_with("otpauth://totp/Fernweh:ada%40example.org?secret="), "{begun}");
    assert_eq!(
        browser.post("second-factor/confirm", json!({ "code": "000000" })).await.1["error"],
        json!("code-wrong")
    );
    browser.post("second-factor", json!({})).await;
    // The newest key counts.
    let (_, begun) = browser.post("second-factor", json!({})).await;
    let newest = unbase32(begun["secret"].as_str().unwrap());
    assert_ne!(secret, newest);
    let step = common::now() / totp::STEP_S;
    let code = totp::digits(&newest, step);
    assert_eq!(browser.post("second-factor/confirm", json!({ "code": code })).await.0, StatusCode::OK);
    browser.post("sign-out", json!({})).await;
    assert_eq!(browser.sign_in("correct horse", "").await.1["error"], json!("code-needed"));
    assert_eq!(browser.sign_in("correct horse", &code).await.1["error"], json!("code-wrong"), "it was used");
    let next = totp::digits(&newest, step + 1);
    assert_eq!(browser.sign_in("correct horse", &next).await.0, StatusCode::OK);
    assert_eq!(browser.post("second-factor/remove", json!({ "code": next })).await.1["error"], json!("code-wrong"));
    assert_eq!(browser.me().await["second_factor"], json!(true));
}

#[tokio::test]
async fn a_new_address_asks_for_a_face_where_one_is_wanted() {
    let mut browser = Browser::new(10, "");
    browser.sign_up().await;
    let voucher = browser.person();
    let (_, said) = browser.post("face", json!({ "wanted": true, "vouchsafe-response": voucher })).await;
    assert_eq!(said["error"], json!("face-needed"));
    let voucher = browser.seen();
    assert_eq!(
        browser.post("face", json!({ "wanted": true, "vouchsafe-response": voucher })).await.1,
        json!({ "face": true })
    );
    let form = |voucher: String| json!({ "email": "countess@example.org", "vouchsafe-response": voucher });
    let voucher = browser.person();
    assert_eq!(browser.post("email", form(voucher)).await.1["error"], json!("face-needed"));
    let voucher = browser.seen();
    assert_eq!(browser.post("email", form(voucher)).await.1, json!({ "changed": true }));
    assert_eq!(browser.me().await["email"], json!("countess@example.org"));
    browser.post("reset", json!({ "email": "countess@example.org" })).await;
    let token = browser.link().await;
    browser.post("reset/finish", json!({ "token": token, "password": "correct horse" })).await;
    let voucher = browser.person();
    let form = json!({ "email": "countess@example.org", "password": "correct horse", "vouchsafe-response": voucher });
    let (_, me) = browser.post("sign-in", form).await;
    assert_eq!(me["face"], json!(false), "whoever reads the mail is the owner");
    let (_, said) = browser.send(Request::get("/account/outbox").body(Body::empty()).unwrap()).await;
    let told: Vec<_> = said["mails"].as_array().unwrap().iter().map(|mail| mail["to"].clone()).collect();
    assert_eq!(told[2..], [json!("countess@example.org"), json!("ada@example.org")]);
}

fn unbase32(text: &str) -> Vec<u8> {
    let bits: String = text
        .bytes()
        .map(|c| format!("{:05b}", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|a| *a == c).unwrap()))
        .collect();
    bits.as_bytes()
        .chunks_exact(8)
        .map(|byte| u8::from_str_radix(std::str::from_utf8(byte).unwrap(), 2).unwrap())
        .collect()
}
