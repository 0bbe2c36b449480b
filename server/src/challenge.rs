use crate::app::{App, Settings};
use crate::client::Client;
use crate::reply::{Refusal, host_of, to_page, told};
use crate::test_keys::TestSite;
use crate::{random, step_up};
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
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
    app.challenged(known, outcome.as_ref().map_or_else(|refusal| refusal.code, |_| "issued"));
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
    to_page(origin, told(json!({ "challenge": token })))
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
    let origin_host = origin.map(host_of);
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

const UNKNOWN_SITEKEY: Refusal = Refusal::new(StatusCode::NOT_FOUND, "unknown-sitekey", "No site has this sitekey.");
const UNKNOWN_HOSTNAME: Refusal =
    Refusal::new(StatusCode::FORBIDDEN, "unknown-hostname", "The site does not list this host name.");
const BAD_ACTION: Refusal = Refusal::new(StatusCode::BAD_REQUEST, "bad-action", "An action has at most 64 characters.");
const BLOCKED: Refusal = Refusal::new(StatusCode::FORBIDDEN, "blocked", "This test sitekey is always blocked.");
const TOO_MANY: Refusal = Refusal::too_many("Too many challenges were asked for from here; try again in a minute.");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_grows_as_a_limit_comes_near() {
        assert_eq!([0.0, 0.49, 0.5, 0.7, 0.9, 1.0].map(steps), [0, 0, 1, 2, 3, 3]);
    }
}
