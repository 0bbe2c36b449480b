//! The dashboard's interface: what is kept of a decision, who may see it, what is made of it.

mod common;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use common::{Mint, SITE_SECRET};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;
use vouchsafe::behavior::Family;
use vouchsafe_server::{App, Flags, router};

const TOKEN: &str = "the token of a test's operator";

struct Server {
    router: Router,
    folder: tempfile::TempDir,
}

impl Server {
    fn new(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.toml");
        let decisions = folder.path().join("decisions.db");
        let more = format!("admin_token = \"{TOKEN}\"\ndecisions = '{}'\n{more}", decisions.display());
        let config = common::config("memory", &more).replace("min_score = 0.0", "min_score = 0.4");
        std::fs::write(&path, config).unwrap();
        let app = App::start(Flags { config: Some(path), ..Flags::default() }).unwrap();
        Self { router: router(app), folder }
    }

    async fn send(&self, request: Request<Body>) -> (StatusCode, String) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    async fn get(&self, path: &str) -> Value {
        let request =
            Request::get(format!("/admin/dashboard/{path}")).header(header::AUTHORIZATION, format!("Bearer {TOKEN}"));
        let (status, body) = self.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        serde_json::from_str(&body).unwrap_or(Value::String(body))
    }

    async fn redeem(&self, voucher: &str) {
        let body = serde_urlencoded::to_string([("secret", SITE_SECRET), ("response", voucher)]).unwrap();
        let kind = "application/x-www-form-urlencoded";
        self.send(Request::post("/siteverify").header(header::CONTENT_TYPE, kind).body(body.into()).unwrap()).await;
    }

    async fn feedback(&self, secret: &str, voucher: &str, human: &str) -> StatusCode {
        let body = serde_urlencoded::to_string([("secret", secret), ("response", voucher), ("human", human)]).unwrap();
        self.send(Request::post("/feedback").body(body.into()).unwrap()).await.0
    }
}

/// How often something was counted.
fn count(overview: &Value, what: &str, key: &str) -> u64 {
    let counts = overview["counts"].as_array().unwrap();
    let found = counts.iter().find(|one| one["what"] == what && one["key"] == key);
    found.map_or(0, |one| one["count"].as_u64().unwrap())
}

fn empty(mint: &mut Mint) -> String {
    let nothing = vouchsafe::behavior::Evidence::from_parts(Default::default(), 0).unwrap();
    mint.voucher_of(&nothing, |_| {})
}

#[tokio::test]
async fn decisions_are_counted_listed_and_read() {
    let server = Server::new("");
    let mut mint = Mint::new(1);
    let vouchers: Vec<String> = (0..5).map(|_| mint.voucher()).collect();
    for voucher in &vouchers {
        server.redeem(voucher).await;
    }
    server.redeem(&vouchers[0]).await;
    server.redeem("nonsense").await;
    let overview = server.get("overview").await;
    let accepted = count(&overview, "outcome", "ok") + count(&overview, "outcome", "score-too-low");
    assert_eq!(
        (accepted, count(&overview, "outcome", "replayed"), count(&overview, "outcome", "malformed")),
        (5, 1, 1)
    );
    assert_eq!(count(&overview, "family", "pointer"), 5);
    let scores = (0..20).map(|bin| count(&overview, "score", &bin.to_string())).sum::<u64>();
    assert_eq!((scores, &overview["kept"], &overview["lost"]), (5, &json!(7), &json!(0)));
    let timeline = overview["timeline"].as_array().unwrap();
    assert_eq!(timeline.iter().map(|step| step[2].as_u64().unwrap()).sum::<u64>(), 7);

    let list = server.get("decisions").await["decisions"].clone();
    let outcomes: Vec<_> = list.as_array().unwrap().iter().map(|one| one["outcome"].clone()).collect();
    assert_eq!(outcomes[..2], [json!("malformed"), json!("replayed")], "the newest first");
    let one = server.get(&format!("decisions/{}", list[2]["id"])).await;
    assert_eq!(one["evidence"]["families"]["pointer"].as_object().unwrap().len(), Family::Pointer.specs().len());
    assert!(!one["reasons"].as_array().unwrap().is_empty());

    for (query, expected) in [
        ("outcome=replayed", 1),
        ("site=shop", 7),
        ("site=other", 0),
        ("score_from=0&score_to=1", 5),
        ("limit=3", 3),
        ("from=4000000000", 0),
        ("to=4000000000", 7),
        ("before=3", 2),
    ] {
        let list = server.get(&format!("decisions?{query}")).await;
        assert_eq!(list["decisions"].as_array().unwrap().len(), expected, "{query}");
    }
}

#[tokio::test]
async fn nothing_is_shown_without_the_token_and_nonsense_is_refused() {
    let server = Server::new("");
    for path in ["overview", "decisions", "decisions/1", "thresholds", "export"] {
        let (status, _) =
            server.send(Request::get(format!("/admin/dashboard/{path}")).body(Body::empty()).unwrap()).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{path}");
    }
    for (path, expected) in [
        ("decisions?site=x&site=y", 400),
        ("decisions?unknown=1", 400),
        ("decisions?limit=-1", 400),
        ("decisions/999", 404),
        ("decisions/x", 400),
        ("export?format=xml", 400),
    ] {
        let request =
            Request::get(format!("/admin/dashboard/{path}")).header(header::AUTHORIZATION, format!("Bearer {TOKEN}"));
        let (status, _) = server.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(status.as_u16(), expected, "{path}");
    }
}

#[tokio::test]
async fn what_somebody_says_later_draws_the_line() {
    let server = Server::new("");
    let mut mint = Mint::new(2);
    let (person, nobody) = (mint.voucher(), empty(&mut mint));
    server.redeem(&person).await;
    server.redeem(&nobody).await;
    assert_eq!(server.feedback("a wrong secret of somebody", &person, "true").await, StatusCode::FORBIDDEN);
    assert_eq!(server.feedback(SITE_SECRET, "nonsense", "true").await, StatusCode::BAD_REQUEST);
    assert_eq!(server.feedback(SITE_SECRET, &mint.voucher(), "true").await, StatusCode::NOT_FOUND, "never shown");
    assert_eq!(server.feedback(SITE_SECRET, &person, "true").await, StatusCode::OK);
    let list = server.get("decisions").await["decisions"].clone();
    let label = Request::post(format!("/admin/dashboard/decisions/{}/label", list[0]["id"]))
        .header(header::AUTHORIZATION, format!("Bearer {TOKEN}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(r#"{"human":false}"#.into())
        .unwrap();
    assert_eq!(server.send(label).await.0, StatusCode::OK);
    let found = server.get("thresholds").await;
    assert_eq!((&found["humans"], &found["others"], &found["all"]), (&json!(1), &json!(1), &json!(2)));
    let at = |threshold: f64| {
        let points = found["points"].as_array().unwrap();
        points.iter().find(|point| point["threshold"] == json!(threshold)).unwrap().clone()
    };
    assert_eq!((&at(0.5)["others"], &at(0.55)["others"]), (&json!(0), &json!(1)), "an empty voucher scores a half");
    assert_eq!(at(1.0)["humans"], json!(1));
}

#[tokio::test]
async fn exports_hold_what_the_filter_leaves_and_no_formula() {
    let server = Server::new("");
    let mut mint = Mint::new(3);
    server.redeem(&mint.voucher_with(|terms| terms.action = None)).await;
    server.redeem("nonsense").await;
    let Value::String(table) = server.get("export?format=csv&outcome=malformed").await else { panic!("not text") };
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines[0], "id,at,site,outcome,action,score,challenge,took_us,human");
    assert_eq!((lines.len(), lines[1].split(',').nth(3)), (2, Some("malformed")));
    assert_eq!(server.get("export?format=json").await.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn nothing_that_names_a_visitor_is_in_the_file() {
    let server = Server::new("");
    let mut mint = Mint::new(4);
    let voucher = mint.voucher();
    server.redeem(&voucher).await;
    server.get("overview").await;
    let mut bytes = Vec::new();
    for file in std::fs::read_dir(server.folder.path()).unwrap() {
        let path = file.unwrap().path();
        if path.to_string_lossy().contains("decisions.db") {
            bytes.extend(std::fs::read(path).unwrap());
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("shop"), "the decision is there");
    let claims = voucher.split('.').nth(1).unwrap();
    use base64ct::{Base64UrlUnpadded, Encoding};
    let claims: Value = serde_json::from_slice(&Base64UrlUnpadded::decode_vec(claims).unwrap()).unwrap();
    for name in ["iss", "challenge", "work"] {
        assert!(!text.contains(claims[name].as_str().unwrap()), "{name}");
    }
    assert!(!text.contains(&voucher));
}

#[tokio::test]
async fn old_decisions_are_forgotten_and_counts_stay() {
    let server = Server::new("decisions_most = 3");
    let mut mint = Mint::new(5);
    for _ in 0..3 {
        server.redeem(&mint.voucher()).await;
    }
    // A server sweeps with the first decision it writes, and every ten minutes: this one has.
    let path = server.folder.path().join("server.toml");
    server.get("overview").await;
    let app = App::start(Flags { config: Some(path), ..Flags::default() }).unwrap();
    let again = Server { router: router(app), folder: server.folder };
    again.redeem(&mint.voucher()).await;
    let overview = again.get("overview").await;
    let counted: u64 = ["ok", "score-too-low"].iter().map(|key| count(&overview, "outcome", key)).sum();
    assert_eq!((&overview["kept"], counted), (&json!(3), 4));
}
