//! What the script of a known person's session calls.

use super::listeners::Recorder;
use crate::js::object;
use crate::profile::{FaceTemplate, Profile};
use crate::session::{Context, Policy, Reason, Session, State};
use crate::trace::{Event, Kind, Pointer};
use argon2::{Algorithm, Argon2, Params, Version};
use js_sys::JSON;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;

/// Watches the page for one person.
#[wasm_bindgen]
pub struct Companion {
    recorder: Recorder,
    session: Session,
    /// Events up to here were taken, ms.
    read: f64,
}

#[wasm_bindgen]
impl Companion {
    /// With the profile a vault kept, if any, and what the policy says otherwise than by default. `watch`: listens to
    /// the page; else only what [`Companion::feed`] brings counts. `now` is `performance.now()`.
    #[wasm_bindgen(constructor)]
    pub fn new(profile: Option<Vec<u8>>, policy: JsValue, watch: bool, now: f64) -> Result<Companion, JsError> {
        let window = web_sys::window().ok_or_else(|| JsError::new("no window to watch"))?;
        let profile = match profile {
            Some(bytes) => Profile::from_bytes(&bytes).ok_or_else(|| JsError::new("not a profile of this version"))?,
            None => Profile::default(),
        };
        let policy = if policy.is_undefined() { Policy::default() } else { read(&policy)? };
        let recorder = Recorder::new(window);
        if watch {
            recorder.attach();
        }
        Ok(Self { recorder, session: Session::new(profile, policy, now / 1000.0), read: now })
    }

    /// Takes what happened since the last call.
    pub fn update(&mut self, now: f64) {
        // The newest frame may still change.
        let until = now - SETTLED_MS;
        self.recorder.between(self.read, until).iter().for_each(|event| self.session.take(event));
        self.read = self.read.max(until);
        self.session.tick(now / 1000.0);
    }

    /// Stops listening.
    pub fn detach(&self) {
        self.recorder.detach();
    }

    /// Takes movement recorded elsewhere as if it happened here: `[ms, x, y, 0 for a move, 1 for down, 2 for up]` each.
    pub fn feed(&mut self, events: &[f64]) {
        for event in events.chunks_exact(4) {
            let pointer = Pointer::mouse(event[1] as f32, event[2] as f32);
            let kind = match event[3] as u8 {
                0 => Kind::Move(pointer),
                1 => Kind::Down(pointer),
                _ => Kind::Up(pointer),
            };
            self.session.take(&Event { t: event[0], kind, trusted: true });
        }
    }

    /// `{timeZone?, language?, latitude?, longitude?, addressChanged?}`; `unix` in seconds since 1970.
    pub fn surround(&mut self, context: JsValue, unix: f64) -> Result<(), JsError> {
        let context: Context = read(&context)?;
        let automated = context.automated || self.recorder.is_automated();
        self.session.surround(Context { automated, ..context }, unix);
        Ok(())
    }

    /// The challenge asked for was passed.
    pub fn pass(&mut self) {
        self.session.pass();
    }

    /// It was failed.
    pub fn fail(&mut self) {
        self.session.fail();
    }

    /// The server says to go on after a lock.
    pub fn unlock(&mut self) {
        self.session.unlock();
    }

    /// The person leaves.
    pub fn end(&mut self) {
        self.session.end();
    }

    /// Keeps a face by a template of its embedding, under 32 random bytes; without an embedding forgets it.
    #[wasm_bindgen(js_name = registerFace)]
    pub fn register_face(&mut self, embedding: &[f32], salt: &[u8]) -> Result<(), JsError> {
        let salt = salt.try_into().map_err(|_| JsError::new("a salt has 32 bytes"))?;
        self.session.register_face(FaceTemplate::new(embedding, salt));
        Ok(())
    }

    /// A live face, by its embedding: whether it is the registered one, undefined where none is.
    pub fn face(&mut self, embedding: &[f32]) -> Option<bool> {
        self.session.face(embedding)
    }

    /// `{trust, state, reasons, moves, enrolled, learning}`.
    #[wasm_bindgen(getter)]
    pub fn status(&self) -> Result<JsValue, JsError> {
        let (session, profile) = (&self.session, self.session.profile());
        object(&Status {
            trust: session.score(),
            state: session.state(),
            reasons: session.reasons(),
            moves: session.moves() as f64,
            enrolled: profile.enrolled(),
            learning: profile.is_learning(),
        })
    }

    /// The next thing to tell the page, `{type, ...}`; undefined when all is told.
    pub fn notice(&mut self) -> Result<JsValue, JsError> {
        match self.session.notice() {
            Some(notice) => object(&notice),
            None => Ok(JsValue::UNDEFINED),
        }
    }

    /// The profile as a vault keeps it.
    pub fn profile(&self) -> Vec<u8> {
        self.session.profile().to_bytes()
    }

    /// What is known of the person, for them to read.
    #[wasm_bindgen(getter)]
    pub fn summary(&self) -> Result<JsValue, JsError> {
        object(&self.session.profile().summary())
    }

    /// Whether the profile changed since this was last asked.
    #[wasm_bindgen(js_name = takeChanged)]
    pub fn take_changed(&mut self) -> bool {
        self.session.take_changed()
    }
}

/// A key of 32 bytes from a passphrase (Argon2id, 64 MiB, three passes; RFC 9106 recommends as much), for a profile
/// that travels.
#[wasm_bindgen]
pub fn derive(passphrase: &str, salt: &[u8]) -> Result<Vec<u8>, JsError> {
    let failed = |error: argon2::Error| JsError::new(&error.to_string());
    let params = Params::new(64 * 1024, 3, 1, Some(32)).map_err(failed)?;
    let mut key = vec![0; 32];
    let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon.hash_password_into(passphrase.as_bytes(), salt, &mut key).map_err(failed)?;
    Ok(key)
}

#[derive(Serialize)]
struct Status {
    trust: u8,
    state: State,
    reasons: Vec<Reason>,
    moves: f64,
    enrolled: f64,
    learning: bool,
}

/// Through JSON: unknown words are refused, which a JavaScript object does not give a chance to.
fn read<T: DeserializeOwned>(value: &JsValue) -> Result<T, JsError> {
    let json = JSON::stringify(value).ok().and_then(|json| json.as_string());
    let json = json.ok_or_else(|| JsError::new("not an object"))?;
    serde_json::from_str(&json).map_err(|error| JsError::new(&error.to_string()))
}

/// Three frames of a 60 Hz screen.
const SETTLED_MS: f64 = 50.0;
