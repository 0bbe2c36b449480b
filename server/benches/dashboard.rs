//! How long each page of the dashboard takes over a million decisions.
//!
//! `cargo xtask bench dashboard`

use axum::body::Body;
use axum::http::{Request, header};
use http_body_util::BodyExt;
use std::time::Instant;
use tower::ServiceExt;
use vouchsafe_server::{App, Config, Site, router};

const DECISIONS: u64 = 1_000_000;
const TOKEN: &str = "the token of a bench's operator";

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("decisions.db");
    let mut site = Site::new("shop", &["shop.example"]);
    site.draw_secret();
    let config = Config {
        database: "memory".into(),
        decisions: Some(file.to_string_lossy().into_owned()),
        admin_token: Some(TOKEN.into()),
        challenge_secrets: vec!["YmVuY2ggYmVuY2ggYmVuY2ggYmVuY2g".into()],
        sites: vec![site],
        ..Config::default()
    };
    let app = App::new(config).unwrap();
    fill(&file);
    let router = router(app);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let (day, month) = (now - 86_400, now - 30 * 86_400);
    println!("{DECISIONS} decisions over 30 days, 4 sites; median and slowest of 20, ms");
    for (name, path) in [
        ("overview, a day", format!("overview?from={day}")),
        ("overview, 30 days", format!("overview?from={month}")),
        ("overview, one site", format!("overview?from={month}&site=site-1")),
        ("decisions, the newest", "decisions".into()),
        ("decisions, half-way", "decisions?before=500000".into()),
        ("decisions, one in a thousand", "decisions?outcome=replayed".into()),
        ("decisions, by score", "decisions?score_from=0.1&score_to=0.100001".into()),
        ("one decision", "decisions/777777".into()),
        ("thresholds", format!("thresholds?from={month}")),
        ("export, 100,000 rows", "export?format=csv".into()),
    ] {
        let mut times = Vec::new();
        for _ in 0..20 {
            let request = Request::get(format!("/admin/dashboard/{path}"))
                .header(header::AUTHORIZATION, format!("Bearer {TOKEN}"));
            let started = Instant::now();
            let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            assert!(response.status().is_success(), "{path}: {}", response.status());
            response.into_body().collect().await.unwrap();
            times.push(started.elapsed().as_secs_f64() * 1000.0);
        }
        times.sort_by(f64::total_cmp);
        println!("{name:<32} {:>8.1} {:>8.1}", times[10], times[19]);
    }
}

/// A million rows that differ as real ones do, and their tallies.
fn fill(file: &std::path::Path) {
    let database = rusqlite::Connection::open(file).unwrap();
    let evidence = "x".repeat(400);
    database
        .execute_batch(&format!(
            "BEGIN;
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {DECISIONS})
             INSERT INTO decisions (at, site, outcome, action, took_us, jti, score, challenge, reasons, evidence, human)
             SELECT (unixepoch() - 30 * 86400) * 1000 + i * 2592, 'site-' || (i % 4),
                    CASE WHEN i % 1000 = 0 THEN 'replayed' WHEN i % 9 = 0 THEN 'challenge-required' ELSE 'ok' END,
                    'signup', 100 + i % 900, printf('%022d', i), ((i * 7919) % 10000) / 10000.0, NULL,
                    'the pointer moves the way a hand moves it', '{evidence}', CASE WHEN i % 50 = 0 THEN i % 3 = 0 END FROM n;
             INSERT INTO tallies
             SELECT at / 3600000, site, 'outcome', outcome, count(*), 0 FROM decisions GROUP BY 1, 2, 4;
             INSERT INTO tallies
             SELECT at / 3600000, site, 'score', CAST(score * 20 AS INTEGER), count(*), sum(score) FROM decisions GROUP BY 1, 2, 4;
             INSERT INTO tallies
             SELECT at / 3600000, site, 'reason', 'reason ' || (id % 30), count(*), 0 FROM decisions GROUP BY 1, 2, 4;
             COMMIT;"
        ))
        .unwrap();
}
