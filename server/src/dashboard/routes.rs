//! `/admin/dashboard/…`, for whoever has the admin token; `/feedback`, for a site's own server.

use super::Dashboard;
use super::store::{Filter, MOST_ROWS, Shown, Threshold};
use crate::admin::Admin;
use crate::app::App;
use crate::client::Client;
use crate::reply::{NO_STORE, Refusal, told};
use crate::siteverify::WRONG_SECRET;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Deserialize;
use serde_json::{Map, Value, json};
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
) -> Result<T, Refusal> {
    let dashboard = app.dashboard().ok_or(NOT_KEPT)?;
    let done = tokio::task::spawn_blocking(move || {
        dashboard.settle();
        job(&dashboard)
    });
    done.await.map_err(anyhow::Error::from).flatten().map_err(|error| {
        tracing::error!("dashboard: {error:#}");
        UNREADABLE
    })
}

async fn overview(_: Admin, State(app): State<App>, Query(filter): Query<Filter>) -> Result<Response, Refusal> {
    let sites: Vec<_> = app.settings().config.sites.iter().map(|site| site.sitekey.clone()).collect();
    let shown = read(&app, move |dashboard| {
        let store = dashboard.store();
        let now = crate::now();
        let span_h = filter.to.unwrap_or(now).saturating_sub(filter.from.unwrap_or(0)) / 3600;
        // At most some two hundred steps.
        let step_h = [1, 3, 6, 24, 168].into_iter().find(|step| span_h / step <= 200).unwrap_or(720);
        Ok(json!({
            "counts": store.counts(&filter)?, "timeline": store.timeline(&filter, step_h)?, "step_s": step_h * 3600,
            "kept": store.kept()?, "lost": dashboard.lost(), "now": now,
            "sites": sites,
        }))
    });
    Ok(told(shown.await?))
}

async fn decisions(_: Admin, State(app): State<App>, Query(filter): Query<Filter>) -> Result<Response, Refusal> {
    let filter = Filter { limit: Some(filter.limit.unwrap_or(50).min(500)), ..filter };
    let shown = read(&app, move |dashboard| dashboard.store().list(&filter));
    Ok(told(json!({ "decisions": shown.await? })))
}

async fn decision(_: Admin, State(app): State<App>, Path(id): Path<i64>) -> Result<Response, Refusal> {
    let found = read(&app, move |dashboard| dashboard.store().one(id)).await?;
    let (shown, reasons, evidence) = found.ok_or(GONE)?;
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
) -> Result<Response, Refusal> {
    let known = read(&app, move |dashboard| dashboard.store().label(id, label.human)).await?;
    if known { Ok(told(json!({ "human": label.human }))) } else { Err(GONE) }
}

async fn thresholds(_: Admin, State(app): State<App>, Query(filter): Query<Filter>) -> Result<Response, Refusal> {
    let shown = read(&app, move |dashboard| {
        let points = dashboard.store().thresholds(&filter)?;
        // Below 1 lie all.
        let Threshold { humans, others, all, .. } = points.last().cloned().unwrap_or_default();
        Ok(json!({ "points": points, "humans": humans, "others": others, "all": all }))
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
) -> Result<Response, Refusal> {
    fields.remove("format");
    let filter = serde_urlencoded::to_string(&fields).ok().and_then(|text| serde_urlencoded::from_str(&text).ok());
    let filter: Filter = filter.ok_or(BAD_FILTER)?;
    let filter = Filter { limit: Some(MOST_ROWS), ..filter };
    let rows = read(&app, move |dashboard| dashboard.store().list(&filter)).await?;
    let (kind, disposition, body) = match format.as_deref() {
        None | Some("csv") => ("text/csv; charset=utf-8", "attachment; filename=decisions.csv", csv(&rows)),
        Some("json") => {
            ("application/json", "attachment; filename=decisions.json", serde_json::to_vec(&rows).unwrap_or_default())
        }
        Some(_) => return Err(BAD_FORMAT),
    };
    let headers = [(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, disposition)];
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
pub(crate) async fn feedback(State(app): State<App>, client: Client, body: Bytes) -> Result<Response, Refusal> {
    let Feedback { secret, response, human } = serde_urlencoded::from_bytes(&body).map_err(|_| BAD_FEEDBACK)?;
    let settings = app.settings();
    let Some(site) = settings.site_of_secret(&secret) else {
        let limit = app.charge_address(&settings, client, WRONG_SECRET);
        return Err(if limit > 1.0 { TOO_MANY } else { BAD_SECRET });
    };
    let jti = (response.len() <= MAX_VOUCHER_BYTES).then(|| jti_of(&response)).flatten().ok_or(BAD_FEEDBACK)?;
    let sitekey = site.sitekey.clone();
    let known = read(&app, move |dashboard| dashboard.store().label_voucher(&sitekey, &jti, human)).await?;
    if known { Ok(told(json!({ "noted": true }))) } else { Err(GONE) }
}

/// A voucher's own number, unchecked: it only finds what was checked before.
fn jti_of(voucher: &str) -> Option<String> {
    let claims = Base64UrlUnpadded::decode_vec(voucher.split('.').nth(1)?).ok()?;
    Some(serde_json::from_slice::<Value>(&claims).ok()?.get("jti")?.as_str()?.to_owned())
}

const NOT_KEPT: Refusal = Refusal::new(
    StatusCode::NOT_FOUND,
    "not-kept",
    "This server keeps no decisions: set `decisions` in its configuration.",
);
const UNREADABLE: Refusal =
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal-error", "The decisions could not be read.");
const GONE: Refusal =
    Refusal::new(StatusCode::NOT_FOUND, "unknown", "There is no such decision, or it is too old to be kept.");
const BAD_FILTER: Refusal = Refusal::new(StatusCode::BAD_REQUEST, "bad-request", "There is no such filter.");
const BAD_FORMAT: Refusal = Refusal::new(StatusCode::BAD_REQUEST, "bad-request", "format is csv or json.");
const BAD_FEEDBACK: Refusal =
    Refusal::new(StatusCode::BAD_REQUEST, "bad-request", "Give secret, response and human, as a form.");
const BAD_SECRET: Refusal = Refusal::new(StatusCode::FORBIDDEN, "invalid-input-secret", "No site has this secret.");
const TOO_MANY: Refusal = Refusal::too_many("Too many wrong secrets from here; try again in a minute.");
