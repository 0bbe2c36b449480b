//! Bindings of the face engine for its Worker. They convert and call; what is decided is decided in
//! [`crate::face`].

use crate::face::liveness::{Prompt, Refusal, Step};
use crate::face::{Ask, Check, Description, Embedding, Face, FaceEngine, Frame, Hint, Role};
use crate::js::object;
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// The models, and the face being followed.
#[wasm_bindgen]
#[derive(Default)]
pub struct Engine {
    engine: FaceEngine,
}

#[wasm_bindgen]
impl Engine {
    /// Without models.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a model: `detector`, `mesh`, `continuity`, `spoof`, `identity` or `expression`.
    pub fn load(&mut self, role: &str, onnx: &[u8]) -> Result<(), JsError> {
        let role = Role::from_name(role).ok_or_else(|| JsError::new("no such role"))?;
        Ok(self.engine.load(role, onnx)?)
    }

    /// Every face in a picture, as `vouchsafe face analyze` describes them. `ask`: `{expression?, spoof?,
    /// embedding?, likeness?}`.
    pub fn analyze(&mut self, width: usize, height: usize, rgba: &[u8], ask: JsValue) -> Result<JsValue, JsError> {
        let ask: Ask = serde_wasm_bindgen::from_value(ask)?;
        let faces = self.engine.analyze(Frame::new(width, height, rgba)?, ask)?;
        let described: Vec<Description> = faces.iter().map(Face::describe).collect();
        object(&described)
    }

    /// The largest face of a camera's next frame, described; undefined where there is none.
    pub fn follow(&mut self, width: usize, height: usize, rgba: &[u8], ask: JsValue) -> Result<JsValue, JsError> {
        let ask: Ask = serde_wasm_bindgen::from_value(ask)?;
        let (face, _) = self.engine.follow(Frame::new(width, height, rgba)?, ask)?;
        object(&face.as_ref().map(Face::describe))
    }

    /// Forgets the face being followed: the next frame is searched anew.
    pub fn lose(&mut self) {
        self.engine.lose();
    }
}

/// One attempt at one challenge's prompts.
#[wasm_bindgen]
pub struct FaceCheck {
    check: Check,
}

#[wasm_bindgen]
impl FaceCheck {
    /// The prompts that a challenge's nonce (base64url) asks for on this attempt, from 0.
    #[wasm_bindgen(constructor)]
    pub fn new(nonce: &str, attempt: u8) -> Result<FaceCheck, JsError> {
        let nonce = Base64UrlUnpadded::decode_vec(nonce).map_err(|_| JsError::new("the nonce is not base64url"))?;
        Ok(Self { check: Check::new(&nonce, attempt) })
    }

    /// Looks at the frame taken at `at` ms: `{state, prompt?, done?, progress?, hint?, refusal?, evidence?, box?}`.
    pub fn frame(
        &mut self,
        engine: &mut Engine,
        width: usize,
        height: usize,
        rgba: &[u8],
        at: f64,
    ) -> Result<JsValue, JsError> {
        let report = self.check.frame(&mut engine.engine, Frame::new(width, height, rgba)?, at)?;
        let bounds = report.face.map(|face| [face.bounds.x, face.bounds.y, face.bounds.w, face.bounds.h]);
        object(&Progress { bounds, ..Progress::of(&report.step) })
    }
}

/// Cosine of two embeddings as [`Engine::analyze`] gives them.
#[wasm_bindgen]
pub fn similarity(a: Vec<f32>, b: Vec<f32>) -> Option<f32> {
    Some(Embedding::new(a)?.similarity(&Embedding::new(b)?))
}

#[derive(Default, Serialize)]
struct Progress {
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt: Option<Prompt>,
    done: usize,
    progress: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<Hint>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<Refusal>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<String>,
    #[serde(rename = "box", skip_serializing_if = "Option::is_none")]
    bounds: Option<[f32; 4]>,
}

impl Progress {
    fn of(step: &Step) -> Self {
        match step {
            Step::Prepare(hint) => Self { state: "prepare", hint: *hint, ..Self::default() },
            Step::Prompt { prompt, done, progress } => {
                Self { state: "prompt", prompt: Some(*prompt), done: *done, progress: *progress, ..Self::default() }
            }
            Step::Passed(presence) => {
                let evidence = Base64UrlUnpadded::encode_string(&presence.to_bytes());
                Self { state: "passed", evidence: Some(evidence), ..Self::default() }
            }
            Step::Refused(refusal) => Self { state: "refused", refusal: Some(*refusal), ..Self::default() },
        }
    }
}
