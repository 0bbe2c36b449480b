//! A form protected in one process: the crate issues the challenges and verifies the vouchers.
//!
//! `CHALLENGE_SECRET=$(openssl rand -hex 32) cargo run -p vouchsafe-example-axum` (after `cargo xtask build`)

use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tower_http::services::ServeDir;
use vouchsafe::voucher::{ChallengeKey, Expectation, MemoryStore, NoveltyFilter, Terms, Verifier};

const SITEKEY: &str = "my-site";
const HOSTNAME: &str = "localhost";

#[derive(Clone)]
struct App {
    key: ChallengeKey,
    verifier: Verifier,
    /// For one process; several share a store of their own that implements `ReplayStore`.
    store: Arc<MemoryStore>,
}

#[derive(Deserialize)]
struct Ask {
    sitekey: String,
    hostname: String,
    action: Option<String>,
}

async fn challenge(State(app): State<App>, Query(ask): Query<Ask>) -> Response {
    if ask.sitekey != SITEKEY {
        return (StatusCode::NOT_FOUND, Json(json!({ "error": "unknown-sitekey" }))).into_response();
    }
    if ask.hostname != HOSTNAME {
        return (StatusCode::FORBIDDEN, Json(json!({ "error": "unknown-hostname" }))).into_response();
    }
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce).expect("the operating system gives random bytes");
    let token = app.key.issue(&Terms {
        v: 1,
        nonce: Base64UrlUnpadded::encode_string(&nonce),
        sitekey: ask.sitekey,
        hostname: ask.hostname,
        action: ask.action.filter(|action| action.len() <= 64),
        iat: now(),
        exp: now() + 1800,
        difficulty: 12,
        require: Vec::new(),
        step_up: None,
    });
    ([("cache-control", "no-store")], Json(json!({ "challenge": token }))).into_response()
}

#[derive(Deserialize)]
struct Subscription {
    #[serde(rename = "vouchsafe-response", default)]
    voucher: String,
}

async fn subscribe(State(app): State<App>, Form(form): Form<Subscription>) -> Response {
    let hostnames = [HOSTNAME.to_owned()];
    let expected = Expectation { sitekey: Some(SITEKEY), hostnames: &hostnames, action: Some("subscribe") };
    match app.verifier.verify(&form.voucher, &expected, now(), app.store.as_ref()) {
        // 0.4: below that the verdict is "bot".
        Ok(voucher) if voucher.score() >= 0.4 => format!("Subscribed (score {:.2})", voucher.score()).into_response(),
        Ok(_) => (StatusCode::FORBIDDEN, "Not accepted: score-too-low").into_response(),
        Err(error) => (StatusCode::FORBIDDEN, format!("Not accepted: {}", error.code())).into_response(),
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[tokio::main]
async fn main() {
    let secret = std::env::var("CHALLENGE_SECRET").unwrap_or_default();
    let key = ChallengeKey::new(secret.as_bytes()).expect("set CHALLENGE_SECRET to at least 16 characters");
    let verifier = Verifier::new(key.clone()).with_novelty(Arc::new(NoveltyFilter::new(16_384)));
    let assets = std::env::var("VOUCHSAFE_DIST").unwrap_or_else(|_| "www/dist".into());
    let app = Router::new()
        .route("/", get(async || Html(PAGE)))
        .route("/subscribe", post(subscribe))
        .route("/vouchsafe/challenge", get(challenge))
        .nest_service("/vouchsafe/dist", ServeDir::new(assets))
        .with_state(App { key, verifier, store: Arc::default() });
    let port = std::env::var("PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(3000);
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.expect("the port is free");
    println!("http://localhost:{}/", listener.local_addr().expect("it is bound").port());
    axum::serve(listener, app).await.expect("the server runs");
}

const PAGE: &str = r#"<!doctype html>
<html lang="en">
  <meta charset="utf-8" />
  <meta name="viewport" content="width=device-width, initial-scale=1" />
  <meta name="color-scheme" content="light dark" />
  <title>Newsletter</title>
  <script type="module" src="/vouchsafe/dist/vouchsafe.js"></script>
  <form method="post" action="/subscribe">
    <p><label>E-mail <input type="email" name="email" required /></label></p>
    <vouchsafe-widget data-sitekey="my-site" data-action="subscribe"></vouchsafe-widget>
    <p><button>Subscribe</button></p>
  </form>
</html>"#;
