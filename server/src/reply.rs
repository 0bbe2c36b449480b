//! How this server answers: JSON that nobody keeps, refusals by code and in words, and answers that pages of listed sites
//! may read.

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;

pub(crate) const NO_STORE: [(HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-store")];

/// JSON.
pub(crate) fn told(shown: impl Serialize) -> Response {
    (NO_STORE, Json(shown)).into_response()
}

/// Why something was not done: `{"error": code, "message": text}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    /// Stable.
    pub(crate) code: &'static str,
    pub(crate) message: &'static str,
}

impl Refusal {
    pub(crate) const fn new(status: StatusCode, code: &'static str, message: &'static str) -> Self {
        Self { status, code, message }
    }

    /// The limit of a network or a site, which is counted by the minute.
    pub(crate) const fn too_many(message: &'static str) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, TOO_MANY, message)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, told(json!({ "error": self.code, "message": self.message }))).into_response();
        if self.code == TOO_MANY {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
        }
        response
    }
}

/// Lets exactly the asking page read it: for answers to pages of a site that lists them.
pub(crate) fn to_page(origin: Option<&HeaderValue>, mut response: Response) -> Response {
    if let Some(origin) = origin {
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        response.headers_mut().insert(header::VARY, HeaderValue::from_static("Origin"));
    }
    response
}

/// `https://example.org:8443` → `example.org`
pub(crate) fn host_of(origin: &HeaderValue) -> &str {
    let origin = origin.to_str().unwrap_or_default();
    let host = origin.split_once("://").map_or(origin, |(_, rest)| rest);
    match host.strip_prefix('[') {
        Some(six) => six.split(']').next().unwrap_or(six),
        None => host.split(':').next().unwrap_or(host),
    }
}

/// Ours to mend; what it was stands in the log.
pub(crate) const FAILED: Refusal =
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal-error", "Something went wrong here.");
const TOO_MANY: &str = "too-many-requests";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_of_an_origin() {
        for (origin, host) in [
            ("https://example.org", "example.org"),
            ("http://localhost:8787", "localhost"),
            ("https://[::1]:8443", "::1"),
            ("null", "null"),
            ("https://example.org.evil.com", "example.org.evil.com"),
        ] {
            assert_eq!(host_of(&HeaderValue::from_static(origin)), host);
        }
    }
}
