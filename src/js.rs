//! What the bindings have in common.

use serde::Serialize;
use wasm_bindgen::{JsError, JsValue};

/// As plain objects, maps too.
pub(crate) fn object(value: &impl Serialize) -> Result<JsValue, JsError> {
    Ok(value.serialize(&serde_wasm_bindgen::Serializer::new().serialize_maps_as_objects(true))?)
}
