use crate::app::{App, Settings};
use crate::client::Client;
use crate::config::digest;
use crate::reply::told;
use crate::sites::Site;
use crate::test_keys::TestSecret;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::net::IpAddr;
use std::sync::Arc;
use tracing::info;
use vouchsafe::voucher::{Answer, VerifyError};

/// `POST /siteverify`, as reCAPTCHA, hCaptcha and Turnstile clients send it: a form or JSON with
/// `secret` and `response`, and `remoteip` and `idempotency_key` where they like. What else they send is
/// accepted and not used. Some clients put all of it into the address, with POST or GET.
pub(crate) async fn siteverify(
    State(app): State<App>,
    client: Client,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let settings = app.settings();
    let Some(ask) = Ask::read(&headers, query.as_deref(), &body) else {
        return answer(StatusCode::BAD_REQUEST, &Answer::refused("bad-request"));
    };
    let Some(secret) = ask.secret.filter(|secret| !secret.is_empty()) else {
        return answer(StatusCode::OK, &Answer::refused("missing-input-secret"));
    };
    let test = settings.config.test_keys.then(|| TestSecret::named(&secret)).flatten();
    let site = settings.site_of_secret(&secret);
    if test.is_none() && site.is_none() {
        // Guessing secrets is hopeless, but need not be free.
        if app.charge_address(&settings, client, WRONG_SECRET) > 1.0 {
            return answer(StatusCode::TOO_MANY_REQUESTS, &Answer::refused("bad-request"));
        }
        return answer(StatusCode::OK, &Answer::refused("invalid-input-secret"));
    }
    let Some(response) = ask.response.filter(|response| !response.is_empty()) else {
        return answer(StatusCode::OK, &Answer::refused("missing-input-response"));
    };
    let Some(site) = site else {
        return answer(StatusCode::OK, &test.map_or_else(|| Answer::refused("internal-error"), TestSecret::answer));
    };
    let visitor = ask.remoteip.and_then(|address| address.parse().ok());
    let Some(key) = ask.idempotency_key.filter(|key| !key.is_empty()) else {
        let (status, body) = judge(&app, &settings, site, response, visitor).await;
        return answer(status, &body);
    };
    if key.len() > 64 {
        return answer(StatusCode::BAD_REQUEST, &Answer::refused("bad-request"));
    }
    // The same request sent again, as after a lost answer, gets the first answer, also while that is
    // still being worked out. What went wrong in here is not kept: it is worth another try.
    let key = (site.sitekey.clone(), key, digest(&response));
    let first = app.answers().try_get_with(key, async {
        let (status, body) = judge(&app, &settings, site, response, visitor).await;
        if status.is_success() { Ok((status, Arc::new(body))) } else { Err((status, body)) }
    });
    match first.await {
        Ok((status, body)) => answer(status, &body),
        Err(failed) => answer(failed.0, &failed.1),
    }
}

/// Verifies, redeems, and words the answer.
async fn judge(
    app: &App,
    settings: &Arc<Settings>,
    site: &Site,
    response: String,
    visitor: Option<IpAddr>,
) -> (StatusCode, Answer) {
    let outcome = app.verify(settings, site, response).await;
    let code = outcome.as_ref().map_or_else(VerifyError::code, |_| "ok");
    info!(sitekey = site.sitekey, outcome = code, "siteverify");
    // A visitor whose vouchers are bad gets harder challenges for a while.
    let suspicious = match &outcome {
        Ok(voucher) => voucher.shortfall(site.min_score).is_some(),
        Err(error) => !matches!(error, VerifyError::Store(_) | VerifyError::Expired { .. }),
    };
    if let (true, Some(visitor)) = (suspicious, visitor) {
        app.charge_address(settings, Client(visitor), BAD_VOUCHER);
    }
    let mut answer = Answer::of(&outcome, site.min_score);
    if let (true, Ok(voucher), Some(key)) = (answer.success, &outcome, settings.receipts.first()) {
        answer.receipt = Some(key.issue(voucher, &settings.config.issuer, crate::now()));
    }
    let failed = matches!(outcome, Err(VerifyError::Store(_)));
    (if failed { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::OK }, answer)
}

#[derive(Default, Deserialize)]
struct Ask {
    secret: Option<String>,
    response: Option<String>,
    remoteip: Option<String>,
    idempotency_key: Option<String>,
}

impl Ask {
    fn read(headers: &HeaderMap, query: Option<&str>, body: &[u8]) -> Option<Self> {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if body.is_empty() {
            serde_urlencoded::from_str(query.unwrap_or_default()).ok()
        } else if kind.starts_with("application/json") {
            serde_json::from_slice(body).ok()
        } else {
            serde_urlencoded::from_bytes(body).ok()
        }
    }
}

/// What [`siteverify`] makes of a body before it looks at any secret; for fuzzing.
#[doc(hidden)]
pub fn fuzz_body(json: bool, body: &[u8]) -> bool {
    let mut headers = HeaderMap::new();
    if json {
        headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
    }
    Ask::read(&headers, None, body).is_some()
}

fn answer(status: StatusCode, body: &Answer) -> Response {
    (status, told(body)).into_response()
}

/// Challenges' worth that a wrong secret and a bad voucher are charged at.
pub(crate) const WRONG_SECRET: f32 = 10.0;
const BAD_VOUCHER: f32 = 5.0;
