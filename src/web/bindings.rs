//! What the page's script calls.

use super::listeners::Recorder;
use crate::behavior::{Evidence, Family};
use crate::decision::{Decision, Policy, Verdict};
use crate::voucher::{Challenge, Draft, PUZZLES, Signals, SolvedChallenge, Solver, Suspicion, Terms, VisitorKey};
use base64ct::{Base64UrlUnpadded, Encoding};
use js_sys::{JSON, Reflect};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use web_sys::EventTarget;

/// Watches the page.
#[wasm_bindgen]
pub struct Watcher {
    recorder: Recorder,
    /// The page's key: kept from challenge to challenge, so that a server can tell a form sent again
    /// from evidence that was copied. Gone with the page.
    seed: [u8; 32],
}

#[wasm_bindgen]
impl Watcher {
    /// A watcher of the current window, not watching yet.
    #[wasm_bindgen(constructor)]
    #[allow(clippy::new_without_default, reason = "fails outside a window")]
    pub fn new() -> Result<Watcher, JsError> {
        let window = web_sys::window().ok_or_else(|| JsError::new("no window to watch"))?;
        Ok(Self { recorder: Recorder::new(window), seed: random()? })
    }

    /// Starts listening; calling it again changes nothing.
    pub fn attach(&self) {
        self.recorder.attach();
    }

    /// Also listens on a shadow root or another window of the same origin.
    pub fn observe(&self, root: &EventTarget) {
        self.recorder.observe(root);
    }

    /// Stops listening; what was recorded stays.
    pub fn detach(&self) {
        self.recorder.detach();
    }

    /// Forgets what was recorded.
    pub fn clear(&self) {
        self.recorder.clear();
    }

    /// How many events are held.
    #[wasm_bindgen(getter)]
    pub fn events(&self) -> usize {
        self.recorder.events()
    }

    /// How many windows and roots are listened on.
    #[wasm_bindgen(getter)]
    pub fn targets(&self) -> usize {
        self.recorder.attached_to()
    }

    /// `{score, verdict, signals, reasons}` as of now.
    pub fn assess(&self) -> Result<JsValue, JsError> {
        let (_, decision) = self.measure(f64::NEG_INFINITY);
        Ok(serde_wasm_bindgen::to_value(&Assessment::of(&decision))?)
    }
}

impl Watcher {
    fn measure(&self, since: f64) -> (Evidence, Decision) {
        let (trace, facts) = self.recorder.snapshot();
        let evidence = Evidence::of(&trace.since(since), Some(&facts));
        let decision = Policy::default().decide(&evidence);
        (evidence, decision)
    }
}

/// A challenge, the key that answers it, and its work once done.
#[wasm_bindgen]
pub struct Ticket {
    challenge: Challenge,
    key: VisitorKey,
    solved: Option<SolvedChallenge>,
    face: Option<String>,
    pass: Option<String>,
    received: f64,
}

#[wasm_bindgen]
impl Ticket {
    /// Reads a challenge that arrived at `received` (`performance.now()`), to be answered with
    /// `watcher`'s key.
    #[wasm_bindgen(constructor)]
    pub fn new(challenge: &str, watcher: &Watcher, received: f64) -> Result<Ticket, JsError> {
        let challenge = read(challenge)?;
        Ok(Self { challenge, key: VisitorKey::from_seed(watcher.seed), solved: None, face: None, pass: None, received })
    }

    /// The key's thumbprint, which the work is bound to.
    #[wasm_bindgen(getter)]
    pub fn thumbprint(&self) -> Vec<u8> {
        self.key.thumbprint().to_vec()
    }

    /// The challenge's nonce, which a face check draws its prompts from.
    #[wasm_bindgen(getter)]
    pub fn nonce(&self) -> String {
        self.challenge.terms().nonce.clone()
    }

    /// Adds what a face check left to every voucher signed from now on.
    pub fn attach(&mut self, face: String) {
        self.face = Some(face);
    }

    /// Adds the server's word for what the visitor did to every voucher signed from now on.
    pub fn pass(&mut self, token: String) {
        self.pass = Some(token);
    }

    /// How much a site that asks more below `below` hundredths doubts what `watcher` has seen: 0 not at all, 1 mildly,
    /// 2 markedly, 3 strongly.
    pub fn doubt(&self, watcher: &Watcher, below: u8) -> u8 {
        let (_, decision) = watcher.measure(self.received - LEAD_MS);
        Suspicion::of(decision.score, below).map_or(0, |suspicion| suspicion as u8 + 1)
    }

    /// How long the challenge may be answered after it arrived, ms.
    #[wasm_bindgen(getter)]
    pub fn lifetime(&self) -> f64 {
        let terms = self.challenge.terms();
        terms.exp.saturating_sub(terms.iat) as f64 * 1000.0
    }

    /// Takes the worker's answer.
    pub fn solve(&mut self, answer: &[u8]) -> Result<(), JsError> {
        self.solved = Some(SolvedChallenge::new(self.challenge.clone(), &self.key, answer)?);
        Ok(())
    }

    /// A voucher for what `watcher` has seen up to `now` (`performance.now()`).
    pub fn sign(
        &self,
        watcher: &Watcher,
        hostname: String,
        action: Option<String>,
        cdata: Option<String>,
        now: f64,
    ) -> Result<String, JsError> {
        let solved = self.solved.as_ref().ok_or_else(|| JsError::new("the work is not done"))?;
        let (evidence, decision) = watcher.measure(self.received - LEAD_MS);
        // By the server's clock: the visitor's may be wrong.
        let elapsed = ((now - self.received).max(0.0) / 1000.0) as u64;
        let now = self.challenge.terms().iat + elapsed;
        let (face, pass) = (self.face.clone(), self.pass.clone());
        let draft = Draft { hostname, action, cdata, face, pass, now, jti: random()? };
        // The browser writes the JSON: a serialiser of our own would be paid for by every visitor.
        let claims = serde_wasm_bindgen::to_value(&solved.claims(&self.key, &evidence, &decision, draft))?;
        let json = JSON::stringify(&claims).ok().and_then(|json| json.as_string());
        Ok(self.key.seal(json.ok_or_else(|| JsError::new("claims are not JSON"))?.as_bytes()))
    }
}

/// Proof of work, in a worker.
#[wasm_bindgen]
pub struct Work {
    solver: Solver,
}

#[wasm_bindgen]
impl Work {
    /// Work on `challenge` for the key with this thumbprint.
    #[wasm_bindgen(constructor)]
    pub fn new(challenge: &str, thumbprint: &[u8]) -> Result<Work, JsError> {
        let thumbprint = thumbprint.try_into().map_err(|_| JsError::new("a thumbprint has 32 bytes"))?;
        Ok(Self { solver: Solver::new(&read(challenge)?, &thumbprint) })
    }

    /// Tries up to `hashes` numbers; the share of the work done, 0 to 1.
    pub fn step(&mut self, hashes: u32) -> f64 {
        self.solver.step(hashes) as f64 / PUZZLES as f64
    }

    /// The answer once the share is 1.
    pub fn answer(&self) -> Option<Vec<u8>> {
        self.solver.answer().map(|bytes| bytes.to_vec())
    }
}

#[derive(Serialize)]
struct Assessment {
    score: f32,
    verdict: Verdict,
    signals: Signals,
    reasons: Vec<Explained>,
}

#[derive(Serialize)]
struct Explained {
    family: Family,
    code: &'static str,
    text: String,
    weight: f32,
}

impl Assessment {
    fn of(decision: &Decision) -> Self {
        let reasons = decision.reasons.iter();
        Self {
            score: decision.score,
            verdict: decision.verdict,
            signals: Signals::of(decision),
            reasons: reasons
                .map(|r| Explained { family: r.family, code: r.code, text: r.text(), weight: r.weight })
                .collect(),
        }
    }
}

/// [`Challenge::read`] with the browser's JSON parser, which is there already.
fn read(token: &str) -> Result<Challenge, JsError> {
    let malformed = || JsError::new("challenge is malformed");
    let payload =
        token.split('.').next().and_then(|part| Base64UrlUnpadded::decode_vec(part).ok()).ok_or_else(malformed)?;
    let json = std::str::from_utf8(&payload).map_err(|_| malformed())?;
    let terms = JSON::parse(json).map_err(|_| malformed())?;
    let field = |name: &str| Reflect::get(&terms, &name.into()).map_err(|_| malformed());
    let text = |name: &str| field(name)?.as_string().ok_or_else(malformed);
    let number = |name: &str| field(name)?.as_f64().ok_or_else(malformed);
    let (v, difficulty) = (number("v")? as u8, number("difficulty")? as u8);
    if v != 1 {
        return Err(JsError::new("challenge has an unknown version"));
    }
    let (iat, exp) = (number("iat")? as u64, number("exp")? as u64);
    let (nonce, sitekey, hostname) = (text("nonce")?, text("sitekey")?, text("hostname")?);
    let action = field("action")?.as_string();
    // What it requires and how it doubts is between the script and the server.
    let (require, step_up) = (Vec::new(), None);
    let terms = Terms { v, nonce, sitekey, hostname, action, iat, exp, difficulty, require, step_up };
    Ok(Challenge::from_parts(token.to_owned(), terms))
}

fn random<const N: usize>() -> Result<[u8; N], JsError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| JsError::new("the browser gives no random bytes"))?;
    Ok(bytes)
}

/// Events this long before the challenge arrived still count: listeners start first. Less than the
/// verifier allows.
const LEAD_MS: f64 = 25_000.0;
