use crate::app::App;
use crate::config::{DEMO_SITEKEY, DOUBT_SITEKEY};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use vouchsafe::voucher::Answer;

/// `POST /demo/signup`: what a site's own server does with the form. Nothing typed is kept.
pub(crate) async fn signup(state: State<App>, body: Bytes) -> (StatusCode, Json<Value>) {
    judge(state, DEMO_SITEKEY, body).await
}

/// `POST /demo/doubt`: the same for the page that doubts everybody.
pub(crate) async fn doubt(state: State<App>, body: Bytes) -> (StatusCode, Json<Value>) {
    judge(state, DOUBT_SITEKEY, body).await
}

async fn judge(State(app): State<App>, sitekey: &str, body: Bytes) -> (StatusCode, Json<Value>) {
    let Ok(form) = serde_urlencoded::from_bytes::<SignUp>(&body) else {
        let refusal = json!({ "accepted": false, "verification": Answer::refused("bad-request") });
        return (StatusCode::BAD_REQUEST, Json(refusal));
    };
    let settings = app.settings();
    let Some(site) = settings.site(sitekey) else {
        return (StatusCode::NOT_FOUND, Json(json!({ "accepted": false })));
    };
    if form.voucher.is_empty() {
        let refusal = json!({ "accepted": false, "verification": Answer::refused("missing-input-response") });
        return (StatusCode::FORBIDDEN, Json(refusal));
    }
    let verification = Answer::of(&app.verify(&settings, site, form.voucher).await, site.min_score);
    let accepted = verification.success;
    let status = if accepted { StatusCode::OK } else { StatusCode::FORBIDDEN };
    (status, Json(json!({ "accepted": accepted, "verification": verification })))
}

#[derive(Deserialize)]
struct SignUp {
    #[serde(rename = "vouchsafe-response", default)]
    voucher: String,
}
