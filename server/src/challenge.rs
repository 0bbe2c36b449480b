use crate::app::{App, Settings};
use crate::client::Client;
use crate::test_keys::TestSite;
use crate::{random, step_up};
use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Deserialize;
use serde_json::json;
use vouchsafe::behavior::Family;
use vouchsafe::voucher::{Kind, StepUp, Terms};

/// `GET /challenge?sitekey=...&hostname=...&action=...`
#[derive(Deserialize)]
pub(crate) struct Ask {
    sitekey: String,
    hostname: String,
    action: Option<String>,
}

/// `{"challenge": token}`, or `{"error": code}` with what to do about it.
pub(crate) async fn issue(
    State(app): State<App>,
    client: Client,
    headers: HeaderMap,
    Query(ask): Query<Ask>,
) -> Response {
    let settings = app.settings();
    let origin = headers.get(header::ORIGIN);
    let outcome = grant(&app, &settings, client, origin, &ask);
    let known = settings.site(&ask.sitekey).map_or("", |site| &site.sitekey);
    app.happened(known, "challenge", outcome.as_ref().map_or_else(|refusal| refusal.code, |_| "issued"));
    app.metrics().challenged(known, outcome.as_ref().map_or_else(|refusal| refusal.code, |_| "issued"));
    let Grant { difficulty, require, step_up } = match outcome {
        Ok(granted) => granted,
        Err(refusal) => return refusal.into_response(),
    };
    let now = crate::now();
    let token = settings.key.issue(&Terms {
        v: 1,
        nonce: Base64UrlUnpadded::encode_string(&random::<16>()),
        sitekey: ask.sitekey,
        hostname: ask.hostname,
        action: ask.action,
        iat: now,
        exp: now + settings.config.challenge_lifetime_s,
        difficulty,
        require,
        step_up,
    });
    answer_to(origin, (NO_STORE, Json(json!({ "challenge": token }))).into_response())
}

/// Lets exactly the asking page read it: for answers to pages of a site that lists them.
pub(crate) fn answer_to(origin: Option<&HeaderValue>, mut response: Response) -> Response {
    if let Some(origin) = origin {
        response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        response.headers_mut().insert(header::VARY, HeaderValue::from_static("Origin"));
    }
    response
}

/// What a challenge asks.
struct Grant {
    difficulty: u8,
    require: Vec<Family>,
    step_up: Option<StepUp>,
}

/// What is asked of whoever may have a challenge.
fn grant(
    app: &App,
    settings: &Settings,
    client: Client,
    origin: Option<&HeaderValue>,
    ask: &Ask,
) -> Result<Grant, Refusal> {
    if ask.action.as_ref().is_some_and(|action| action.chars().count() > 64) {
        return Err(BAD_ACTION);
    }
    if settings.config.test_keys {
        let granted = |step_up| Ok(Grant { difficulty: 0, require: Vec::new(), step_up });
        match TestSite::named(&ask.sitekey) {
            Some(TestSite::Passes) if ask.hostname.len() <= 253 => return granted(None),
            Some(TestSite::Asks) if ask.hostname.len() <= 253 => return granted(step_up::policy(&Kind::ALL[1..], 1.0)),
            Some(_) => return Err(BLOCKED),
            None => {}
        }
    }
    let site = settings.site(&ask.sitekey).ok_or(UNKNOWN_SITEKEY)?;
    let named = |host: &str| site.hostnames.iter().any(|known| known == host);
    let origin_host = origin.map(|origin| origin.to_str().map_or("", host_of));
    if !named(&ask.hostname) || origin_host.is_some_and(|host| !named(host)) {
        return Err(UNKNOWN_HOSTNAME);
    }
    let address = app.charge_address(settings, client, 1.0);
    let site_share = app.charge_site(settings, &site.sitekey);
    if address > 1.0 || site_share > 1.0 {
        return Err(TOO_MANY);
    }
    let config = &settings.config;
    let difficulty = (config.difficulty + steps(address) + steps(site_share)).min(config.max_difficulty);
    Ok(Grant { difficulty, require: site.require.clone(), step_up: step_up::policy(&site.challenges, site.min_score) })
}

/// Doublings of the work as a limit comes near: none under half of it, one more for each sixth.
fn steps(share: f32) -> u8 {
    match share {
        s if s < 0.5 => 0,
        s if s < 2.0 / 3.0 => 1,
        s if s < 5.0 / 6.0 => 2,
        _ => 3,
    }
}

struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: &'static str,
}

const UNKNOWN_SITEKEY: Refusal =
    Refusal { status: StatusCode::NOT_FOUND, code: "unknown-sitekey", message: "No site has this sitekey." };
const UNKNOWN_HOSTNAME: Refusal = Refusal {
    status: StatusCode::FORBIDDEN,
    code: "unknown-hostname",
    message: "The site does not list this host name.",
};
const BAD_ACTION: Refusal =
    Refusal { status: StatusCode::BAD_REQUEST, code: "bad-action", message: "An action has at most 64 characters." };
const BLOCKED: Refusal =
    Refusal { status: StatusCode::FORBIDDEN, code: "blocked", message: "This test sitekey is always blocked." };
const TOO_MANY: Refusal = Refusal {
    status: StatusCode::TOO_MANY_REQUESTS,
    code: "too-many-requests",
    message: "Too many challenges were asked for from here; try again in a minute.",
};

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = Json(json!({ "error": self.code, "message": self.message }));
        let mut response = (self.status, NO_STORE, body).into_response();
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
        }
        response
    }
}

/// `https://example.org:8443` → `example.org`
pub(crate) fn host_of(origin: &str) -> &str {
    let host = origin.split_once("://").map_or(origin, |(_, rest)| rest);
    match host.strip_prefix('[') {
        Some(six) => six.split(']').next().unwrap_or(six),
        None => host.split(':').next().unwrap_or(host),
    }
}

pub(crate) const NO_STORE: [(HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-store")];

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
            assert_eq!(host_of(origin), host);
        }
    }

    #[test]
    fn work_grows_as_a_limit_comes_near() {
        assert_eq!([0.0, 0.49, 0.5, 0.7, 0.9, 1.0].map(steps), [0, 0, 1, 2, 3, 3]);
    }
}
