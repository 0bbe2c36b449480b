//! A site that doubts and asks, over HTTP without a socket, and a program that answers.
#![allow(dead_code, unreachable_pub, reason = "every user needs another part")]

#[path = "solvers.rs"]
pub mod solvers;

use super::common;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use common::SITE_SECRET;
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;
use vouchsafe_server::{App, Flags, router};

pub struct Site {
    router: Router,
    _folder: tempfile::TempDir,
}

impl Site {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.toml");
        let config = common::config("memory", "address_limit = 0").replace(
            "min_score = 0.0",
            "min_score = 0.5\nchallenges = [\"work\", \"pictures\", \"fit\", \"question\", \"hold\", \"face\"]",
        );
        std::fs::write(&path, config).unwrap();
        let app = App::start(Flags { config: Some(path), ..Flags::default() }).unwrap();
        Self { router: router(app), _folder: folder }
    }

    pub async fn challenge(&self) -> String {
        let ask = Request::get("/challenge?sitekey=shop&hostname=shop.example").body(Body::empty()).unwrap();
        self.send(ask).await.1["challenge"].as_str().unwrap().to_owned()
    }

    pub async fn send(&self, request: Request<Body>) -> (StatusCode, Value) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap())
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> (StatusCode, Value) {
        let body = serde_urlencoded::to_string(fields).unwrap();
        let kind = "application/x-www-form-urlencoded";
        let page = "https://shop.example";
        let request = Request::post(path).header(header::CONTENT_TYPE, kind).header(header::ORIGIN, page);
        self.send(request.body(body.into()).unwrap()).await
    }

    pub async fn ask(&self, challenge: &str, kind: &str, suspicion: &str) -> (StatusCode, Value) {
        self.post("/step-up", &[("challenge", challenge), ("kind", kind), ("suspicion", suspicion)]).await
    }

    pub async fn answer(&self, puzzle: &Value, answer: &str) -> (StatusCode, Value) {
        self.post("/step-up/answer", &[("puzzle", puzzle.as_str().unwrap()), ("answer", answer)]).await
    }

    /// Answers round after round as a program would; the pass and the rounds it took, or what was said instead.
    pub async fn solve(&self, challenge: &str, kind: &str, suspicion: &str) -> Result<(String, u32), Value> {
        let (_, mut shown) = self.ask(challenge, kind, suspicion).await;
        for round in 1.. {
            let (_, said) = match kind {
                "hold" => {
                    let (_, cue) = self.answer(&shown["puzzle"], "").await;
                    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
                    self.answer(&cue["cue"], "").await
                }
                "work" => self.answer(&shown["puzzle"], &work(&shown["puzzle"])).await,
                _ => self.answer(&shown["puzzle"], &solvers::answer(&shown)).await,
            };
            match said["pass"].as_str() {
                Some(pass) => return Ok((pass.to_owned(), round)),
                None if said["puzzle"].is_string() => shown = said,
                None => return Err(said),
            }
        }
        unreachable!()
    }

    pub async fn redeem(&self, voucher: &str) -> Value {
        self.post("/siteverify", &[("secret", SITE_SECRET), ("response", voucher)]).await.1
    }
}

fn work(puzzle: &Value) -> String {
    use base64ct::{Base64UrlUnpadded, Encoding};
    // As the page's script reads a puzzle: only what it has in common with a challenge.
    let token = puzzle.as_str().unwrap();
    let payload = Base64UrlUnpadded::decode_vec(token.split('.').next().unwrap()).unwrap();
    let terms: Value = serde_json::from_slice(&payload).unwrap();
    let difficulty = terms["difficulty"].as_u64().unwrap() as u8;
    let mut solver = vouchsafe::voucher::Solver::of_token(token, difficulty, &[7; 32]);
    while solver.step(10_000) < vouchsafe::voucher::PUZZLES {}
    format!("{}.{}", common::base64(&[7; 32]), common::base64(&solver.answer().unwrap()))
}
