//! `/admin/dashboard/…`, for whoever has the admin token; `/feedback`, for a site's own server.

use super::Dashboard;
use super::store::{Filter, MOST_ROWS, Shown};
use crate::admin::Admin;
use crate::app::App;
use crate::challenge::NO_STORE;
use crate::client::Client;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use vouchsafe::behavior::Family;
use vouchsafe::voucher::{EvidenceClaim, MAX_VOUCHER_BYTES, iso_8601};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/overview", get(overview))
        .route("/decisions", get(decisions))
        .route("/decisions/{id}", get(decision))
        .route("/decisions/{id}/label", post(label))
        .route("/thresholds", get(thresholds))
        .route("/export", get(export))
}

/// Runs where waiting is allowed, after everything before is written.
async fn read<T: Send + 'static>(
    app: &App,
    job: impl FnOnce(&Dashboard) -> anyhow::Result<T> + Send + 'static,
) -> Result<T, Response> {
    let dashboard: Arc<Dashboard> = app.dashboard().ok_or_else(|| {
        let message = "This server keeps no decisions: set `decisions` in its configuration.";
        (StatusCode::NOT_FOUND, Json(json!({ "error": "not-kept", "message": message }))).into_response()
    })?;
    let done = tokio::task::spawn_blocking(move || {
        dashboard.settle();
        job(&dashboard)
    });
    done.await.map_err(anyhow::Error::from).flatten().map_err(|error| {
        tracing::error!("dashboard: {error:#}");
        let body = Json(json!({ "error": "internal-error", "message": "The decisions could not be read." }));
        (StatusCode::INTERNAL_SERVER_ERROR, body).into_response()
    })
}

fn told(shown: Value) -> Response {
    (NO_STORE, Json(shown)).into_response()
}

async fn overview(_: Admin, State(app): State<App>, Query(filter): Query<Filter>) -> Result<Response, Response> {
    let sites: Vec<_> = app.settings().config.sites.iter().map(|site| site.sitekey.clone()).collect();
    let shown = read(&app, move |dashboard| {
        let store = dashboard.store();
        let now = crate::now();
        let span_h = filter.to.unwrap_or(now).saturating_sub(filter.from.unwrap_or(0)) / 3600;
        // At most some two hundred steps.
        let step_h = [1, 3, 6, 24, 168].into_iter().find(|step| span_h / step <= 200).unwrap_or(720);
        let (humans, others, kept) = store.totals()?;
        Ok(json!({
            "counts": store.counts(&filter)?, "timeline": store.timeline(&filter, step_h)?, "step_s": step_h * 3600,
            "labelled": { "humans": humans, "others": others }, "kept": kept, "lost": dashboard.lost(), "now": now,
            "sites": sites,
        }))
    });
    Ok(told(shown.await?))
}

async fn decisions(_: Admin, State(app): State<App>, Query(filter): Query<Filter>) -> Result<Response, Response> {
    let filter = Filter { limit: Some(filter.limit.unwrap_or(50).min(500)), ..filter };
    let shown = read(&app, move |dashboard| dashboard.store().list(&filter));
    Ok(told(json!({ "decisions": shown.await? })))
}

async fn decision(_: Admin, State(app): State<App>, Path(id): Path<i64>) -> Result<Response, Response> {
    let found = read(&app, move |dashboard| dashboard.store().one(id)).await?;
    let (shown, reasons, evidence) = found.ok_or_else(gone)?;
    let reasons: Vec<_> = reasons.lines().collect();
    Ok(told(json!({ "decision": shown, "reasons": reasons, "evidence": readable(&evidence) })))
}

/// Evidence as names and values, a family each.
fn readable(claim: &str) -> Value {
    let evidence = serde_json::from_str::<EvidenceClaim>(claim).ok().and_then(|claim| claim.read()?.ok());
    let Some(evidence) = evidence else { return Value::Null };
    let family = |family: Family| {
        let values = evidence.values(family)?.map(|(name, value)| (name.to_owned(), json!(value)));
        Some((family.name().to_owned(), Value::Object(values.collect())))
    };
    let families: Map<String, Value> = Family::ALL.into_iter().filter_map(family).collect();
    json!({ "span_ms": evidence.span_ms(), "families": families })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Label {
    /// Absent: take it back.
    human: Option<bool>,
}

async fn label(
    _: Admin,
    State(app): State<App>,
    Path(id): Path<i64>,
    Json(label): Json<Label>,
) -> Result<Response, Response> {
    let known = read(&app, move |dashboard| dashboard.store().label(id, label.human)).await?;
    if known { Ok(told(json!({ "human": label.human }))) } else { Err(gone()) }
}

fn gone() -> Response {
    let body = json!({ "error": "unknown", "message": "There is no such decision, or it is too old to be kept." });
    (StatusCode::NOT_FOUND, Json(body)).into_response()
}

async fn thresholds(_: Admin, State(app): State<App>, Query(filter): Query<Filter>) -> Result<Response, Response> {
    let shown = read(&app, move |dashboard| {
        let store = dashboard.store();
        let (humans, others, _) = store.totals()?;
        let all: u64 = store.counts(&filter)?.iter().filter(|one| one.what == "score").map(|one| one.count).sum();
        Ok(json!({ "points": store.thresholds(&filter)?, "humans": humans, "others": others, "all": all }))
    });
    Ok(told(shown.await?))
}

#[derive(Deserialize)]
struct Format {
    format: Option<String>,
}

/// Everything the filter leaves, at most [`MOST_ROWS`], as CSV or JSON.
async fn export(
    _: Admin,
    State(app): State<App>,
    Query(Format { format }): Query<Format>,
    Query(mut fields): Query<std::collections::BTreeMap<String, String>>,
) -> Result<Response, Response> {
    fields.remove("format");
    let filter = serde_urlencoded::to_string(&fields).ok().and_then(|text| serde_urlencoded::from_str(&text).ok());
    let filter: Filter = filter.ok_or_else(|| StatusCode::BAD_REQUEST.into_response())?;
    let filter = Filter { limit: Some(MOST_ROWS), ..filter };
    let rows = read(&app, move |dashboard| dashboard.store().list(&filter)).await?;
    let (kind, name, body) = match format.as_deref() {
        None | Some("csv") => ("text/csv; charset=utf-8", "decisions.csv", csv(&rows)),
        Some("json") => ("application/json", "decisions.json", serde_json::to_vec(&rows).unwrap_or_default()),
        Some(_) => return Err((StatusCode::BAD_REQUEST, "format is csv or json\n").into_response()),
    };
    let headers: [(HeaderName, HeaderValue); 2] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (
            header::CONTENT_DISPOSITION,
            HeaderValue::from_str(&format!("attachment; filename={name}"))
                .unwrap_or(HeaderValue::from_static("attachment")),
        ),
    ];
    Ok((headers, NO_STORE, body).into_response())
}

fn csv(rows: &[Shown]) -> Vec<u8> {
    let mut table = csv::Writer::from_writer(Vec::new());
    let heads = ["id", "at", "site", "outcome", "action", "score", "challenge", "took_us", "human"];
    // Memory does not refuse to be written to.
    let _ = table.write_record(heads);
    for row in rows {
        let text = |value: Option<String>| value.unwrap_or_default();
        let _ = table.write_record([
            row.id.to_string(),
            iso_8601(row.at / 1000),
            row.site.clone(),
            row.outcome.clone(),
            plain(&row.action),
            text(row.score.map(|score| format!("{score:.4}"))),
            text(row.challenge.clone()),
            row.took_us.to_string(),
            text(row.human.map(|human| human.to_string())),
        ]);
    }
    table.into_inner().unwrap_or_default()
}

/// A page's own text, so that no spreadsheet takes it for a formula.
fn plain(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

#[derive(Deserialize)]
struct Feedback {
    secret: String,
    response: String,
    human: bool,
}

/// `POST /feedback`: a site's server says later what a visitor was. A form with its secret, the voucher, and
/// `human=true` or `false`.
pub(crate) async fn feedback(State(app): State<App>, client: Client, body: Bytes) -> Result<Response, Response> {
    let refuse = |status: StatusCode, code| (status, NO_STORE, Json(json!({ "error": code }))).into_response();
    let bad = || refuse(StatusCode::BAD_REQUEST, "bad-request");
    let Feedback { secret, response, human } = serde_urlencoded::from_bytes(&body).map_err(|_| bad())?;
    let settings = app.settings();
    let Some(site) = settings.site_of_secret(&secret) else {
        app.charge_address(&settings, client, WRONG_SECRET);
        return Err(refuse(StatusCode::FORBIDDEN, "invalid-input-secret"));
    };
    let jti = (response.len() <= MAX_VOUCHER_BYTES).then(|| jti_of(&response)).flatten().ok_or_else(bad)?;
    let sitekey = site.sitekey.clone();
    let known = read(&app, move |dashboard| dashboard.store().label_voucher(&sitekey, &jti, human)).await?;
    if known { Ok(told(json!({ "noted": true }))) } else { Err(refuse(StatusCode::NOT_FOUND, "unknown")) }
}

/// A voucher's own number, unchecked: it only finds what was checked before.
fn jti_of(voucher: &str) -> Option<String> {
    let claims = Base64UrlUnpadded::decode_vec(voucher.split('.').nth(1)?).ok()?;
    Some(serde_json::from_slice::<Value>(&claims).ok()?.get("jti")?.as_str()?.to_owned())
}

const WRONG_SECRET: f32 = 10.0;
