//! For operators only: everything here asks for the admin token, and is not there without one.

use crate::app::App;
use crate::config::digest;
use crate::reply::{NO_STORE, told};
use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use subtle::ConstantTimeEq;

/// Proof that the request carried the token.
pub(crate) struct Admin;

impl FromRequestParts<App> for Admin {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let settings = app.settings();
        let Some(token) = &settings.config.admin_token else {
            return Err(StatusCode::NOT_FOUND.into_response());
        };
        let given = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let given = given.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
        if digest(given).ct_eq(&digest(token)).into() {
            return Ok(Self);
        }
        Err((StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")], "the admin token is needed\n")
            .into_response())
    }
}

/// `GET /metrics`
pub(crate) async fn metrics(_: Admin, State(app): State<App>) -> Response {
    match app.metrics().text() {
        Ok(text) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], NO_STORE, text).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// `GET /admin/sites`: who is configured, without secrets.
pub(crate) async fn sites(_: Admin, State(app): State<App>) -> Response {
    let settings = app.settings();
    let sites: Vec<_> = settings
        .config
        .sites
        .iter()
        .map(|site| {
            json!({
                "sitekey": site.sitekey, "hostnames": site.hostnames,
                "min_score": site.min_score, "require": site.require, "challenges": site.challenges,
            })
        })
        .collect();
    told(json!({ "sites": sites }))
}

/// `POST /admin/reload`: as SIGHUP does, with an answer.
pub(crate) async fn reload(_: Admin, State(app): State<App>) -> Response {
    let (status, answer) = match app.reload() {
        Ok(()) => (StatusCode::OK, json!({ "reloaded": true })),
        Err(error) => (StatusCode::CONFLICT, json!({ "reloaded": false, "message": format!("{error:#}") })),
    };
    (status, Json(answer)).into_response()
}
