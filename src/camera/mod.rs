//! Bindings of the face engine for its Worker. They convert and call; what is decided is decided in
//! [`crate::face`].

use crate::face::{Ask, FaceEngine, Frame, Role};
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

    /// Takes a model: `detector`, `mesh`, `identity`, `expression` or `spoof`.
    pub fn load(&mut self, role: &str, onnx: &[u8]) -> Result<(), JsError> {
        let role = Role::from_name(role).ok_or_else(|| JsError::new("no such role"))?;
        Ok(self.engine.load(role, onnx)?)
    }

    /// Whether a face is in a frame; the frame of a camera.
    pub fn follow(&mut self, width: usize, height: usize, rgba: &[u8]) -> Result<f32, JsError> {
        let frame = Frame::new(width, height, rgba)?;
        let (face, count) = self.engine.follow(frame, Ask::default())?;
        Ok(face.map_or(count as f32, |face| face.confidence))
    }
}
