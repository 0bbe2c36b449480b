use crate::app::App;
use crate::random;
use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Deserialize;
use serde_json::json;
use vouchsafe::voucher::Terms;

/// `GET /challenge?sitekey=...&hostname=...&action=...`
#[derive(Deserialize)]
pub(crate) struct Ask {
    sitekey: String,
    hostname: String,
    action: Option<String>,
}

/// `{"challenge": token}`, or `{"error": code}` with what to do about it.
pub(crate) async fn issue(State(app): State<App>, headers: HeaderMap, Query(ask): Query<Ask>) -> Response {
    let Some(site) = app.site(&ask.sitekey) else {
        return refuse(StatusCode::NOT_FOUND, "unknown-sitekey", "No site has this sitekey.");
    };
    let named = |host: &str| site.hostnames.iter().any(|known| known == host);
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    if !named(&ask.hostname) || origin.is_some_and(|origin| !named(host_of(origin))) {
        return refuse(StatusCode::FORBIDDEN, "unknown-hostname", "The site does not list this host name.");
    }
    if ask.action.as_ref().is_some_and(|action| action.chars().count() > 64) {
        return refuse(StatusCode::BAD_REQUEST, "bad-action", "An action has at most 64 characters.");
    }
    let now = crate::now();
    let token = app.key.issue(&Terms {
        v: 1,
        nonce: Base64UrlUnpadded::encode_string(&random::<16>()),
        sitekey: ask.sitekey,
        hostname: ask.hostname,
        action: ask.action,
        iat: now,
        exp: now + app.config.challenge_lifetime_s,
        difficulty: app.config.difficulty,
        require: Vec::new(),
    });
    let mut response = (NO_STORE, Json(json!({ "challenge": token }))).into_response();
    // Exactly the asking page, and only if the site lists it.
    if let Some(origin) = headers.get(header::ORIGIN) {
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        response.headers_mut().insert(header::VARY, header::HeaderValue::from_static("Origin"));
    }
    response
}

fn refuse(status: StatusCode, code: &str, message: &str) -> Response {
    (status, NO_STORE, Json(json!({ "error": code, "message": message }))).into_response()
}

/// `https://example.org:8443` → `example.org`
fn host_of(origin: &str) -> &str {
    let host = origin.split_once("://").map_or(origin, |(_, rest)| rest);
    match host.strip_prefix('[') {
        Some(six) => six.split(']').next().unwrap_or(six),
        None => host.split(':').next().unwrap_or(host),
    }
}

const NO_STORE: [(HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-store")];

#[cfg(test)]
mod tests {
    use super::host_of;

    #[test]
    fn the_host_of_an_origin() {
        for (origin, host) in [
            ("https://example.org", "example.org"),
            ("http://localhost:8787", "localhost"),
            ("https://[::1]:8443", "::1"),
            ("null", "null"),
            ("https://example.org.evil.com", "example.org.evil.com"),
        ] {
            assert_eq!(host_of(origin), host);
        }
    }
}
