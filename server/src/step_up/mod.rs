//! What a visitor is asked to do when a score is doubted: drawn from the challenge, answered once, counted.
//!
//! Nothing is kept but what was answered. A puzzle is a sealed token; what it shows and what is right follow from a
//! secret half of its seal, so that any server of a site can check what another one asked.

mod draw;
mod fit;
mod pictures;
mod question;

use crate::app::{App, Settings};
use crate::client::Client;
use crate::random;
use crate::reply::{FAILED, Refusal, host_of, to_page, told};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;
use tracing::{error, info};
use vouchsafe::voucher::{Kind, Pass, StepUp, Suspicion, check_work};

/// A puzzle as it is sealed. The first half has the names of a challenge's terms, so that the page's worker reads it as it reads
/// a challenge.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    v: u8,
    nonce: String,
    sitekey: String,
    hostname: String,
    iat: u64,
    exp: u64,
    difficulty: u8,
    /// Nonce of the challenge it helps with, and when that expires.
    of: String,
    until: u64,
    kind: Kind,
    suspicion: Suspicion,
    /// From 1.
    round: u8,
    /// Of a question's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    /// When a button held was to be let go, ms since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cue_ms: Option<u64>,
}

/// `POST /step-up`, a form.
#[derive(Deserialize)]
struct Ask {
    challenge: String,
    kind: Kind,
    suspicion: Suspicion,
    /// BCP 47 tag of the page's language.
    language: Option<String>,
    /// What was passed before for the same challenge, where now more is asked: its round counts.
    pass: Option<String>,
}

/// `POST /step-up/answer`, a form.
#[derive(Deserialize)]
struct Attempt {
    puzzle: String,
    answer: String,
}

/// `POST /step-up`: a puzzle for a challenge of this server.
pub(crate) async fn ask(State(app): State<App>, client: Client, headers: HeaderMap, body: Bytes) -> Response {
    let settings = app.settings();
    let origin = headers.get(header::ORIGIN);
    let outcome = match serde_urlencoded::from_bytes::<Ask>(&body) {
        Ok(ask) => draw_first(&app, &settings, client, origin, &ask).await,
        Err(_) => Err(MALFORMED),
    };
    respond(&app, origin, outcome)
}

/// `POST /step-up/answer`: right, wrong, or the next round.
pub(crate) async fn answer(State(app): State<App>, client: Client, headers: HeaderMap, body: Bytes) -> Response {
    let settings = app.settings();
    let origin = headers.get(header::ORIGIN);
    let outcome = match serde_urlencoded::from_bytes::<Attempt>(&body) {
        Ok(attempt) => judge(&app, &settings, client, origin, &attempt).await,
        Err(_) => Err(MALFORMED),
    };
    respond(&app, origin, outcome)
}

async fn draw_first(
    app: &App,
    settings: &Settings,
    client: Client,
    origin: Option<&HeaderValue>,
    ask: &Ask,
) -> Result<Value, Refusal> {
    let terms = settings.key.check(&ask.challenge).map_err(|_| MALFORMED)?;
    let now = crate::now();
    if terms.exp < now {
        return Err(EXPIRED);
    }
    from_page_of(&terms.hostname, origin)?;
    let offered = terms.step_up.as_ref().is_some_and(|step_up| step_up.kinds.contains(&ask.kind));
    // A face check is not asked for here: it draws its prompts from the challenge itself.
    if !offered || !ask.kind.suffices(ask.suspicion) || ask.kind == Kind::Face {
        return Err(NOT_OFFERED);
    }
    if app.charge_address(settings, client, PUZZLE) > 1.0 {
        return Err(TOO_MANY);
    }
    let settled =
        ask.pass.as_ref().and_then(|token| Pass::open(&settings.key, token).ok()).is_some_and(|pass| {
            pass.of == terms.nonce && pass.kind != Kind::Work && pass.suspicion == Suspicion::Marked
        });
    let harder = if ask.kind == Kind::Work { EXTRA_BITS } else { 0 };
    let asked = Asked {
        v: 1,
        nonce: Base64UrlUnpadded::encode_string(&random::<16>()),
        sitekey: terms.sitekey,
        hostname: terms.hostname,
        iat: now,
        exp: (now + PUZZLE_LIFETIME_S).min(terms.exp),
        difficulty: terms.difficulty.saturating_add(harder).min(MOST_BITS),
        of: terms.nonce,
        until: terms.exp,
        kind: ask.kind,
        suspicion: ask.suspicion,
        round: if settled { ask.suspicion.rounds() } else { 1 },
        // Which of the known ones: what a page sends is not sealed.
        language: (ask.kind == Kind::Question).then(|| question::language(ask.language.as_deref()).tag.to_owned()),
        cue_ms: None,
    };
    show(app, settings, asked).await
}

/// Seals and draws.
async fn show(app: &App, settings: &Settings, asked: Asked) -> Result<Value, Refusal> {
    let sealed = settings.key.seal(PURPOSE, &asked);
    app.stepped_up(&asked.sitekey, asked.kind, "asked");
    let seed = sealed.seed;
    let mut shown = match asked.kind {
        Kind::Pictures => {
            let sheet = drawn(move || pictures::draw(&mut ChaCha8Rng::from_seed(seed)).sheet.jpeg()).await?;
            json!({ "sheet": Base64::encode_string(&sheet), "side": pictures::SIDE, "across": pictures::ACROSS })
        }
        Kind::Fit => {
            let (picture, piece) = drawn(move || {
                let fit = fit::draw(&mut ChaCha8Rng::from_seed(seed));
                (fit.picture.jpeg(), fit.piece.png())
            })
            .await?;
            json!({
                "picture": Base64::encode_string(&picture), "piece": Base64::encode_string(&piece),
                "width": fit::WIDTH, "height": fit::HEIGHT, "side": fit::PIECE,
            })
        }
        Kind::Question => {
            let question = question::draw(&mut ChaCha8Rng::from_seed(seed));
            let language = question::language(asked.language.as_deref());
            json!({ "text": question.text(language), "words": question.words(language), "language": language.tag })
        }
        Kind::Work | Kind::Hold | Kind::Face => json!({}),
    };
    shown["puzzle"] = sealed.token.into();
    shown["kind"] = json!(asked.kind);
    shown["round"] = asked.round.into();
    shown["rounds"] = asked.suspicion.rounds().into();
    Ok(shown)
}

async fn judge(
    app: &App,
    settings: &Arc<Settings>,
    client: Client,
    origin: Option<&HeaderValue>,
    attempt: &Attempt,
) -> Result<Value, Refusal> {
    let (asked, seed) = settings.key.open::<Asked>(PURPOSE, &attempt.puzzle).map_err(|_| MALFORMED)?;
    let now = crate::now();
    if asked.exp < now {
        return Err(EXPIRED);
    }
    from_page_of(&asked.hostname, origin)?;
    if asked.kind == Kind::Hold && asked.cue_ms.is_none() {
        return cue(settings, client, app, asked, &seed).await;
    }
    let right = asked.is_right(&attempt.puzzle, &seed, &attempt.answer);
    // Once only, right or wrong, and only so many for a challenge.
    let id: [u8; 16] =
        Base64UrlUnpadded::decode_vec(&asked.nonce).ok().and_then(|id| id.try_into().ok()).ok_or(MALFORMED)?;
    if !app.redeem(id, asked.until, now).await.map_err(failed)? {
        return Err(REPLAYED);
    }
    let tries = settings.config.challenge_tries + asked.suspicion.rounds() - 1;
    let mut left = None;
    for slot in 0..tries {
        if app.redeem(slot_id(&asked.of, slot), asked.until, now).await.map_err(failed)? {
            left = Some(tries - slot - 1);
            break;
        }
    }
    let left = left.ok_or(LOCKED)?;
    let outcome = if right { "passed" } else { "failed" };
    app.stepped_up(&asked.sitekey, asked.kind, outcome);
    info!(sitekey = asked.sitekey, kind = asked.kind.name(), round = asked.round, outcome, "step-up");
    if !right {
        app.charge_address(settings, client, WRONG_ANSWER);
        return if left == 0 { Err(LOCKED) } else { Ok(json!({ "wrong": true, "left": left })) };
    }
    if asked.round < asked.suspicion.rounds() {
        let nonce = Base64UrlUnpadded::encode_string(&random::<16>());
        let next = Asked { nonce, round: asked.round + 1, iat: now, cue_ms: None, ..asked };
        return show(app, settings, next).await;
    }
    let pass = Pass { v: 1, of: asked.of, kind: asked.kind, suspicion: asked.suspicion };
    Ok(json!({ "pass": pass.seal(&settings.key) }))
}

/// A button is down: answers when it is time to let go.
async fn cue(settings: &Settings, client: Client, app: &App, asked: Asked, seed: &[u8; 32]) -> Result<Value, Refusal> {
    if app.charge_address(settings, client, PUZZLE) > 1.0 {
        return Err(TOO_MANY);
    }
    let hold = ChaCha8Rng::from_seed(*seed).random_range(HOLD_MS);
    tokio::time::sleep(Duration::from_millis(hold)).await;
    let cued = Asked { cue_ms: Some(crate::now_ms()), ..asked };
    Ok(json!({ "cue": settings.key.seal(PURPOSE, &cued).token }))
}

impl Asked {
    fn is_right(&self, token: &str, seed: &[u8; 32], answer: &str) -> bool {
        let mut random = ChaCha8Rng::from_seed(*seed);
        match self.kind {
            Kind::Work => {
                let Some((thumbprint, work)) = answer.split_once('.') else { return false };
                let decode = |text| Base64UrlUnpadded::decode_vec(text).ok();
                let thumbprint = decode(thumbprint).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
                thumbprint
                    .zip(decode(work))
                    .is_some_and(|(thumbprint, work)| check_work(token, self.difficulty, &thumbprint, &work).is_ok())
            }
            Kind::Pictures => {
                chosen(answer).is_some_and(|chosen| pictures::fits(&pictures::draw(&mut random).inside, &chosen))
            }
            Kind::Fit => {
                let put = answer.split_once(',').and_then(|(x, y)| Some((x.parse().ok()?, y.parse().ok()?)));
                put.is_some_and(|put| fit::fits(fit::draw(&mut random).corner, put))
            }
            Kind::Question => chosen(answer).is_some_and(|chosen| question::draw(&mut random).right == chosen),
            Kind::Hold => {
                let after = self.cue_ms.map(|cue| crate::now_ms().saturating_sub(cue));
                after.is_some_and(|after| LET_GO_MS.contains(&after))
            }
            Kind::Face => false,
        }
    }
}

/// `"0,3,7"` as which of `N` were chosen; the empty text chooses none.
fn chosen<const N: usize>(answer: &str) -> Option<[bool; N]> {
    let mut chosen = [false; N];
    for number in answer.split(',').filter(|number| !number.is_empty()) {
        *chosen.get_mut(number.parse::<usize>().ok()?)? = true;
    }
    Some(chosen)
}

/// Drawing takes milliseconds: away from the threads that serve requests.
async fn drawn<T: Send + 'static>(draw: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(draw).await.map_err(failed)
}

/// Entry of the replay store that stands for the n-th answer to puzzles of a challenge.
fn slot_id(of: &str, slot: u8) -> [u8; 16] {
    let hash = Sha256::new().chain_update(b"vouchsafe step-up\0").chain_update(of).chain_update([0, slot]).finalize();
    std::array::from_fn(|i| hash[i])
}

fn from_page_of(hostname: &str, origin: Option<&HeaderValue>) -> Result<(), Refusal> {
    if origin.is_none_or(|origin| host_of(origin) == hostname) { Ok(()) } else { Err(ELSEWHERE) }
}

/// What a site's pages are told about its policy, if it has one.
pub(crate) fn policy(kinds: &[Kind], min_score: f32) -> Option<StepUp> {
    (!kinds.is_empty()).then(|| StepUp { below: (min_score * 100.0).round() as u8, kinds: kinds.to_vec() })
}

fn respond(app: &App, origin: Option<&HeaderValue>, outcome: Result<Value, Refusal>) -> Response {
    if let Err(refusal) = &outcome {
        app.metrics().refused(refusal.code);
    }
    to_page(origin, outcome.map_or_else(Refusal::into_response, told))
}

/// What is made of a body before any seal is looked at; for fuzzing.
#[doc(hidden)]
pub fn fuzz_form(body: &[u8]) -> bool {
    let attempt = serde_urlencoded::from_bytes::<Attempt>(body);
    let numbers = attempt.as_ref().is_ok_and(|attempt| chosen::<9>(&attempt.answer).is_some());
    serde_urlencoded::from_bytes::<Ask>(body).is_ok() || numbers
}

/// What went wrong in here; said in the log.
fn failed(error: impl std::fmt::Display) -> Refusal {
    error!("step-up: {error}");
    FAILED
}

const MALFORMED: Refusal =
    Refusal::new(StatusCode::BAD_REQUEST, "bad-request", "This is no challenge or puzzle of this server.");
const ELSEWHERE: Refusal =
    Refusal::new(StatusCode::FORBIDDEN, "unknown-hostname", "The challenge belongs to another page.");
const NOT_OFFERED: Refusal =
    Refusal::new(StatusCode::FORBIDDEN, "not-offered", "The site does not offer this, or it is not enough.");
const EXPIRED: Refusal = Refusal::new(StatusCode::GONE, "expired", "The time for this is over; ask for another.");
const REPLAYED: Refusal = Refusal::new(StatusCode::CONFLICT, "replayed", "This was answered before; ask for another.");
const LOCKED: Refusal =
    Refusal::new(StatusCode::TOO_MANY_REQUESTS, "locked", "Too many wrong answers for this challenge.");
const TOO_MANY: Refusal = Refusal::too_many("Too many puzzles were asked for from here.");

const PURPOSE: &str = "puzzle";
/// Time for one puzzle: long, for people who need it.
const PUZZLE_LIFETIME_S: u64 = 600;
/// Challenges' worth that a puzzle and a wrong answer are charged at.
const PUZZLE: f32 = 2.0;
const WRONG_ANSWER: f32 = 10.0;
/// Doublings of the work, and the most that is ever asked.
const EXTRA_BITS: u8 = 4;
const MOST_BITS: u8 = 20;
/// How long a button is held, and how soon after the cue it is let go: nobody reacts within a tenth of a second
/// (`World Athletics` calls that a false start), and a switch may take a scan or two.
const HOLD_MS: std::ops::Range<u64> = 1500..3500;
const LET_GO_MS: std::ops::Range<u64> = 100..8000;

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn random(seed: u8) -> ChaCha8Rng {
        ChaCha8Rng::from_seed([seed; 32])
    }

    #[test]
    fn what_a_seed_draws_it_draws_again() {
        for seed in 0..5 {
            let (one, two) = (pictures::draw(&mut random(seed)), pictures::draw(&mut random(seed)));
            assert_eq!((one.inside, one.sheet.jpeg()), (two.inside, two.sheet.jpeg()));
            let (one, two) = (fit::draw(&mut random(seed)), fit::draw(&mut random(seed)));
            assert_eq!((one.corner, one.picture.jpeg()), (two.corner, two.picture.jpeg()));
            assert_eq!(question::draw(&mut random(seed)).right, question::draw(&mut random(seed)).right);
        }
    }

    #[test]
    fn every_puzzle_has_a_right_answer_that_guessing_rarely_meets() {
        let (mut pictures_guessed, mut words_guessed, mut put) = (0, 0, 0);
        for seed in 0..100 {
            let inside = pictures::draw(&mut random(seed)).inside;
            assert!((3..=6).contains(&inside.iter().filter(|is| **is).count()));
            let guess = chosen("0,2,4,6,8").unwrap();
            pictures_guessed += u32::from(pictures::fits(&inside, &guess));
            let question = question::draw(&mut random(seed));
            assert!((2..=4).contains(&question.right.iter().filter(|is| **is).count()));
            words_guessed += u32::from(question.right == chosen("0,1,2").unwrap());
            let (x, y) = fit::draw(&mut random(seed)).corner;
            assert!(x >= 0 && y >= 0 && x + 64 <= fit::WIDTH as i32 && y + 64 <= fit::HEIGHT as i32, "{x} {y}");
            assert!(x > 40 || y > 40 || x > 8, "never where the piece waits");
            put += u32::from(fit::fits((x, y), (118, 58)));
        }
        assert!(pictures_guessed <= 9 && words_guessed <= 6 && put <= 9, "{pictures_guessed} {words_guessed} {put}");
    }

    #[test]
    fn every_language_has_words_that_stand_for_one_thing() {
        for language in question::LANGUAGES.iter() {
            let tag = language.tag;
            let words: Vec<_> = language.categories.iter().flat_map(|category| &category.words).collect();
            let all: HashSet<_> = words.iter().map(|word| word.to_lowercase()).collect();
            assert_eq!(all.len(), words.len(), "{tag}: a word stands twice");
            assert!(words.iter().all(|word| word.trim() == **word && !word.is_empty()), "{tag}");
            let texts: HashSet<_> = language.categories.iter().map(|category| &category.text).collect();
            assert_eq!(texts.len(), language.categories.len(), "{tag}: two questions are the same");
        }
        for (tag, found) in
            [("de", "de"), ("de-AT", "de"), ("PT-br", "pt"), ("zh-Hant", "zh"), ("tlh", "en"), ("", "en")]
        {
            assert_eq!(question::language(Some(tag)).tag, found);
        }
        assert_eq!(question::language(None).tag, "en");
    }

    #[test]
    fn answers_are_read_strictly() {
        assert_eq!(chosen("1,2"), Some([false, true, true]));
        assert_eq!(chosen(""), Some([false; 3]));
        for bad in ["3", "-1", "a", "1;2", "99999999999999999999999"] {
            assert_eq!(chosen::<3>(bad), None, "{bad}");
        }
    }
}
