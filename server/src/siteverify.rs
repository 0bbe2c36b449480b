use crate::app::App;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tracing::info;
use vouchsafe::voucher::{VerifiedVoucher, VerifyError};

/// `POST /siteverify`, as reCAPTCHA, hCaptcha and Turnstile clients send it: a form or JSON with
/// `secret` and `response`. What else they send is accepted and not used.
pub(crate) async fn siteverify(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(ask) = Ask::read(&headers, &body) else {
        return answer(StatusCode::BAD_REQUEST, failure("bad-request", None));
    };
    let Some(secret) = ask.secret.filter(|secret| !secret.is_empty()) else {
        return answer(StatusCode::OK, failure("missing-input-secret", None));
    };
    let Some(site) = app.site_of_secret(&secret) else {
        return answer(StatusCode::OK, failure("invalid-input-secret", None));
    };
    let Some(response) = ask.response.filter(|response| !response.is_empty()) else {
        return answer(StatusCode::OK, failure("missing-input-response", None));
    };
    let outcome = app.verify(site, response).await;
    let code = outcome.as_ref().map_or_else(VerifyError::code, |_| "ok");
    info!(sitekey = site.sitekey, outcome = code, "siteverify");
    match outcome {
        Ok(voucher) => answer(StatusCode::OK, success(&voucher, site.min_score)),
        Err(error @ VerifyError::Store(_)) => {
            answer(StatusCode::INTERNAL_SERVER_ERROR, failure("internal-error", Some(&error)))
        }
        Err(error) => answer(StatusCode::OK, failure(standard_code(&error), Some(&error))),
    }
}

#[derive(Default, Deserialize)]
struct Ask {
    secret: Option<String>,
    response: Option<String>,
}

impl Ask {
    fn read(headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with("application/json") {
            serde_json::from_slice(body).ok()
        } else {
            serde_urlencoded::from_bytes(body).ok()
        }
    }
}

/// The code the clients of other services know.
fn standard_code(error: &VerifyError) -> &'static str {
    match error {
        VerifyError::Expired { .. } | VerifyError::ChallengeExpired { .. } | VerifyError::Replayed => {
            "timeout-or-duplicate"
        }
        _ => "invalid-input-response",
    }
}

pub(crate) fn success(voucher: &VerifiedVoucher, min_score: f32) -> Value {
    let claims = voucher.claims();
    let passed = voucher.score() >= min_score;
    let mut out = Map::new();
    out.insert("success".into(), json!(passed));
    out.insert("score".into(), json!(claims.score));
    out.insert("verdict".into(), json!(claims.verdict));
    out.insert("action".into(), json!(claims.action.as_deref().unwrap_or_default()));
    out.insert("cdata".into(), json!(claims.cdata.as_deref().unwrap_or_default()));
    out.insert("challenge_ts".into(), json!(iso_8601(voucher.terms().iat)));
    out.insert("hostname".into(), json!(claims.hostname));
    out.insert("signals".into(), json!(claims.signals));
    out.insert("reasons".into(), voucher.reasons().iter().map(|reason| reason.text()).collect::<Vec<_>>().into());
    let codes: &[&str] = if passed { &[] } else { &["score-too-low"] };
    out.insert("error-codes".into(), json!(codes));
    Value::Object(out)
}

pub(crate) fn failure(code: &str, why: Option<&VerifyError>) -> Value {
    let mut out = json!({ "success": false, "error-codes": [code] });
    if let Some(error) = why {
        out["error"] = json!(error.code());
        out["message"] = json!(error.to_string());
    }
    out
}

fn iso_8601(seconds: u64) -> String {
    let at = i64::try_from(seconds).ok().and_then(|s| OffsetDateTime::from_unix_timestamp(s).ok());
    at.and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_default()
}

fn answer(status: StatusCode, body: Value) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
