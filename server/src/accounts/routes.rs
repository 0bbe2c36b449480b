//! `/account/…`: JSON in, JSON out, a cookie that scripts cannot read.

use super::policy::Next;
use super::store::{Session, User};
use super::{Accounts, Failure, Outcome, Token};
use crate::app::{App, Settings};
use crate::client::Client;
use crate::config::ACCOUNTS_SITEKEY;
use crate::reply::{FAILED, Refusal, told};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use serde::Deserialize;
use serde_json::{Value, json};
use std::net::IpAddr;
use std::sync::Arc;
use subtle::ConstantTimeEq;
use tracing::error;
use vouchsafe::behavior::Family;
use vouchsafe::voucher::{Answer, VerifiedVoucher};

pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/sign-up", post(sign_up))
        .route("/sign-in", post(sign_in))
        .route("/sign-out", post(sign_out))
        .route("/me", get(me))
        .route("/stay", post(stay))
        .route("/behavior", post(behavior))
        .route("/reset", post(ask_reset))
        .route("/reset/finish", post(finish_reset))
        .route("/second-factor", post(begin_totp))
        .route("/second-factor/confirm", post(confirm_totp))
        .route("/second-factor/remove", post(remove_totp))
        .route("/face", post(face))
        .route("/email", post(email))
        // To be seen without a mail server: this is a demo.
        .route("/outbox", get(outbox))
}

/// What a form brings; each handler uses its part.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Form {
    name: String,
    email: String,
    password: String,
    code: String,
    token: String,
    wanted: bool,
    #[serde(rename = "vouchsafe-response")]
    voucher: String,
}

/// What every handler needs: the accounts, who asks and from where. A POST must come from our own page.
struct Asking {
    app: App,
    accounts: Arc<Accounts>,
    client: Client,
    jar: CookieJar,
    csrf: String,
}

impl FromRequestParts<App> for Asking {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Outcome<Self> {
        let accounts = app.accounts().ok_or(NOT_HERE)?;
        let Ok(client) = Client::from_request_parts(parts, app).await;
        if parts.method != axum::http::Method::GET && !same_origin(&parts.headers) {
            return Err(ELSEWHERE.into());
        }
        let csrf = parts.headers.get("x-csrf").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        Ok(Self { app: app.clone(), accounts, client, jar: CookieJar::from_headers(&parts.headers), csrf })
    }
}

/// Browsers name the page that sends a POST; another site's is refused. What names none is no browser.
fn same_origin(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    match (text(header::ORIGIN), text(header::HOST)) {
        (None, _) => true,
        (Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, from)| from == host),
        (Some(_), None) => false,
    }
}

impl Asking {
    fn token(&self) -> Outcome<Token> {
        let cookie = self.jar.get(COOKIE).and_then(|cookie| Token::read(cookie.value()));
        Ok(cookie.ok_or(super::SIGNED_OUT)?)
    }

    /// The token of a request that changes something.
    fn genuine(&self) -> Outcome<Token> {
        let token = self.token()?;
        let same: bool = token.csrf().as_bytes().ct_eq(self.csrf.as_bytes()).into();
        if same { Ok(token) } else { Err(ELSEWHERE.into()) }
    }

    /// Runs where waiting is allowed.
    async fn work<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Accounts, IpAddr, u64) -> Outcome<T> + Send + 'static,
    ) -> Outcome<T> {
        let (accounts, from, now) = (self.accounts.clone(), self.client.0, crate::now());
        tokio::task::spawn_blocking(move || job(&accounts, from, now))
            .await
            .unwrap_or_else(|error| Err(anyhow::anyhow!("{error}").into()))
    }

    /// What the server makes of a voucher for this site.
    async fn verify(&self, voucher: String) -> Outcome<Answer> {
        Ok(self.judge(voucher).await?.0)
    }

    /// The same, and the parts that an account shows.
    async fn judge(&self, voucher: String) -> Outcome<(Answer, Option<Value>)> {
        if voucher.is_empty() {
            return Ok((Answer::refused("missing-input-response"), None));
        }
        let settings: Arc<Settings> = self.app.settings();
        let site = settings.site(ACCOUNTS_SITEKEY).ok_or(NOT_HERE)?;
        let outcome = self.app.verify(&settings, site, voucher).await;
        Ok((Answer::of(&outcome, site.min_score), outcome.as_ref().ok().map(parts)))
    }

    fn charge(&self, amount: f32) -> Outcome<()> {
        let settings = self.app.settings();
        if self.app.charge_address(&settings, self.client, amount) > 1.0 { Err(TOO_MANY.into()) } else { Ok(()) }
    }

    /// What somebody who is signed in asks for; it counts as being there.
    async fn signed_in<T: Send + 'static>(
        &self,
        token: Token,
        job: impl FnOnce(&Accounts, User, Session, u64) -> Outcome<T> + Send + 'static,
    ) -> Outcome<T> {
        let job = move |accounts: &Accounts, from, now| {
            let (user, session) = accounts.who(&token, from, now, false)?;
            job(accounts, user, session, now)
        };
        self.work(job).await
    }

    /// Signs somebody in by `job`, whose voucher is good enough: the cookie, and what the page shows.
    async fn welcome(
        &self,
        mut form: Form,
        job: impl FnOnce(&Accounts, &Form, IpAddr, u64) -> Outcome<Token> + Send + 'static,
    ) -> Outcome<Response> {
        let verification = self.verify(std::mem::take(&mut form.voucher)).await?;
        if !verification.success {
            return Ok(refused(&verification));
        }
        let entered = self.work(move |accounts, from, now| {
            let token = job(accounts, &form, from, now)?;
            let (user, session) = accounts.who(&token, from, now, false)?;
            Ok((accounts.shown(&token, &user, &session, now), token))
        });
        let (shown, token) = entered.await?;
        Ok((CookieJar::new().add(cookie(token.text())), told(shown)).into_response())
    }
}

async fn sign_up(asking: Asking, Json(form): Json<Form>) -> Outcome<Response> {
    asking.charge(SIGN_UP)?;
    let job = |accounts: &Accounts, form: &Form, from, now| {
        accounts.sign_up(&form.name, &form.email, &form.password, from, now)
    };
    asking.welcome(form, job).await
}

async fn sign_in(asking: Asking, Json(form): Json<Form>) -> Outcome<Response> {
    asking.charge(SIGN_IN)?;
    let job = |accounts: &Accounts, form: &Form, from, now| {
        accounts.sign_in(&form.email, &form.password, &form.code, from, now)
    };
    asking.welcome(form, job).await
}

async fn sign_out(asking: Asking) -> Outcome<Response> {
    let token = asking.genuine()?;
    asking.work(move |accounts, _, _| accounts.sign_out(&token)).await?;
    let mut over = cookie(String::new());
    over.make_removal();
    Ok((CookieJar::new().add(over), told(json!({ "signed_out": true }))).into_response())
}

/// Looking does not count as being there. Nobody signed in is an answer, not an error.
async fn me(asking: Asking) -> Outcome<Response> {
    let look = async {
        let token = asking.token()?;
        let shown = asking.work(move |accounts, from, now| {
            let (user, session) = accounts.who(&token, from, now, true)?;
            Ok(accounts.shown(&token, &user, &session, now))
        });
        shown.await
    };
    Ok(told(match look.await {
        Err(Failure::Told(Refusal { code, message, .. })) => {
            json!({ "signed_in": false, "error": code, "message": message })
        }
        shown => shown?,
    }))
}

/// Somebody said that they are still there.
async fn stay(asking: Asking) -> Outcome<Response> {
    asking.signed_in(asking.genuine()?, |_, _, _, _| Ok(())).await?;
    Ok(told(json!({ "stays": true })))
}

/// How somebody moves and types within the account, every now and then.
async fn behavior(asking: Asking, Json(form): Json<Form>) -> Outcome<Response> {
    let token = asking.genuine()?;
    let (verification, parts) = asking.judge(form.voucher).await?;
    let mut judgement = json!(verification);
    judgement["parts"] = json!(parts);
    let good = verification.success;
    let judged = asking.signed_in(token, move |accounts, user, session, _| {
        Ok((accounts.judge(user, &session, good, &judgement)?, judgement))
    });
    let (next, judgement) = judged.await?;
    let said = match next {
        Next::Go => json!({ "next": "go" }),
        Next::Challenge { left } => json!({ "next": "challenge", "left": left }),
        Next::Locked => return Err(super::LOCKED.into()),
    };
    Ok(told(json!({ "behavior": judgement, "said": said })))
}

/// Six parts by everyday names, 0 to 1, null where nothing was measured: five families, attention by its two questions
/// (haste, and input to a page that nobody sees).
fn parts(voucher: &VerifiedVoucher) -> Value {
    let signal = |family: Family| voucher.signals()[family as usize].1;
    let question = |code: &str| {
        signal(Family::Attention).map(|_| {
            let weight: f32 =
                voucher.reasons().iter().filter(|reason| reason.code == code).map(|reason| reason.weight).sum();
            1.0 / (1.0 + (-weight).exp())
        })
    };
    json!({
        "mouse": signal(Family::Pointer).or(signal(Family::Touch)), "keyboard": signal(Family::Typing),
        "clicks": signal(Family::Click), "time": question("faster-than-hands"), "scroll": signal(Family::Scroll),
        "focus": question("input-while-hidden"),
    })
}

async fn ask_reset(asking: Asking, Json(form): Json<Form>) -> Outcome<Response> {
    asking.charge(SIGN_IN)?;
    asking.work(move |accounts, _, now| accounts.ask_reset(&form.email, now)).await?;
    Ok(told(json!({ "asked": true })))
}

async fn finish_reset(asking: Asking, Json(form): Json<Form>) -> Outcome<Response> {
    asking.charge(SIGN_IN)?;
    let token = Token::read(&form.token).ok_or(super::RESET_OVER)?;
    asking.work(move |accounts, _, now| accounts.reset(&token, &form.password, now)).await?;
    Ok(told(json!({ "changed": true })))
}

async fn begin_totp(asking: Asking) -> Outcome<Response> {
    let shown = asking.signed_in(asking.genuine()?, |accounts, user, session, _| accounts.begin_totp(&user, &session));
    Ok(told(shown.await?))
}

async fn confirm_totp(asking: Asking, Json(form): Json<Form>) -> Outcome<Response> {
    let done = asking.signed_in(asking.genuine()?, move |accounts, user, session, now| {
        accounts.confirm_totp(&user, &session, &form.code, now)
    });
    done.await?;
    Ok(told(json!({ "second_factor": true })))
}

async fn remove_totp(asking: Asking, Json(form): Json<Form>) -> Outcome<Response> {
    let done =
        asking.signed_in(asking.genuine()?, move |accounts, user, _, now| accounts.remove_totp(&user, &form.code, now));
    done.await?;
    Ok(told(json!({ "second_factor": false })))
}

/// Asks for a face from now on, or no longer. Either needs a voucher with a face check, so that nobody turns it off
/// who could not pass it.
async fn face(asking: Asking, Json(form): Json<Form>) -> Outcome<Response> {
    let token = asking.genuine()?;
    let verification = asking.verify(form.voucher).await?;
    if !has_face(&verification) {
        return Err(FACE_NEEDED.into());
    }
    asking.signed_in(token, move |accounts, user, _, _| accounts.set_face(&user, form.wanted)).await?;
    Ok(told(json!({ "face": form.wanted })))
}

/// What an intruder would do first: asks for a face where one is wanted, else for a voucher that is good enough.
async fn email(asking: Asking, Json(form): Json<Form>) -> Outcome<Response> {
    let token = asking.genuine()?;
    let verification = asking.verify(form.voucher).await?;
    let (good, face) = (verification.success, has_face(&verification));
    let done = asking.signed_in(token, move |accounts, user, _, _| {
        if user.face && !face {
            return Err(FACE_NEEDED.into());
        }
        if !good {
            return Ok(false);
        }
        accounts.change_email(&user, &form.email)?;
        Ok(true)
    });
    Ok(if done.await? { told(json!({ "changed": true })) } else { refused(&verification) })
}

fn has_face(verification: &Answer) -> bool {
    verification.voucher.as_ref().is_some_and(|voucher| voucher.face.is_some())
}

async fn outbox(asking: Asking) -> Outcome<Response> {
    Ok(told(json!({ "mails": asking.accounts.mails() })))
}

/// Scripts cannot read it, other sites cannot send it. Browsers take `Secure` on localhost as well.
fn cookie(value: String) -> Cookie<'static> {
    Cookie::build((COOKIE, value)).path("/").http_only(true).secure(true).same_site(SameSite::Strict).build()
}

/// The voucher was not good enough: its own codes, so that the page can ask for more.
fn refused(verification: &Answer) -> Response {
    let message = "We could not tell that a person is here. Please try once more and do what the check asks.";
    let body = json!({ "error": "not-verified", "message": message, "verification": verification });
    (StatusCode::FORBIDDEN, told(body)).into_response()
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::Told(refusal) => refusal.into_response(),
            Self::Ours(error) => {
                error!("account: {error:#}");
                FAILED.into_response()
            }
        }
    }
}

const COOKIE: &str = "__Host-vouchsafe";
const NOT_HERE: Refusal = Refusal::new(StatusCode::NOT_FOUND, "not-here", "This server keeps no accounts.");
const ELSEWHERE: Refusal = Refusal::new(StatusCode::FORBIDDEN, "elsewhere", "This did not come from our own page.");
const TOO_MANY: Refusal = Refusal::too_many("Too many tries from this network. Please wait a minute.");
const FACE_NEEDED: Refusal =
    Refusal::new(StatusCode::FORBIDDEN, "face-needed", "Please show your face to the camera first.");
/// Challenges' worth that these are charged at: hashing a password takes a core for a moment.
const SIGN_UP: f32 = 4.0;
const SIGN_IN: f32 = 2.0;
