//! Neural networks, computed by tract. The only folder that names it.
//!
//! tract's own ONNX reader knows every operator there is and infers every shape; both are most of what a
//! browser would download. The face models use a dozen operators on known shapes, so [`graph`] builds tract's
//! typed graph from the file directly: weights are unpacked once, convolutions are tract's, and [`layer`]
//! holds what tract computes in several passes (PReLU) or in general form (depthwise convolution).

mod graph;
mod layer;

use super::FaceError;
use std::sync::Arc;
use tract_onnx::prelude::*;

/// A network ready to run on one input shape.
pub(super) struct Network {
    plan: Arc<TypedSimplePlan>,
    role: &'static str,
    shape: Vec<usize>,
}

impl Network {
    /// Reads `onnx` and prepares it for inputs of `shape`, which may differ from the file's in height and
    /// width.
    pub(super) fn load(role: &'static str, onnx: &[u8], shape: &[usize]) -> Result<Self, FaceError> {
        let prepare = || graph::read(onnx, shape)?.into_optimized()?.into_runnable();
        let plan = prepare().map_err(|error| FaceError::Model { role, what: format!("{error:#}") })?;
        Ok(Self { plan, role, shape: shape.to_vec() })
    }

    /// `input`: as many values as the shape holds, row-major. Returns every output, flattened.
    pub(super) fn run(&self, input: &[f32]) -> Result<Vec<Vec<f32>>, FaceError> {
        let run = || -> TractResult<Vec<Vec<f32>>> {
            let input = Tensor::from_shape(&self.shape, input)?;
            let outputs = self.plan.run(tvec!(input.into_tvalue()))?;
            outputs.iter().map(|output| Ok(output.try_as_plain_ram()?.as_slice::<f32>()?.to_vec())).collect()
        };
        run().map_err(|error| FaceError::Inference { role: self.role, what: format!("{error:#}") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// Every model says what onnxruntime says (`models/face/convert/reference.py`).
    #[test]
    fn every_model_agrees_with_onnxruntime() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models/face");
        let reference = std::fs::read_to_string(folder.join("reference.json")).unwrap();
        let reference: Value = serde_json::from_str(&reference).unwrap();
        let numbers = |value: &Value| value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect::<Vec<_>>();
        for (role, told) in reference.as_object().unwrap() {
            let shape: Vec<usize> = numbers(&told["shape"]).iter().map(|d| *d as usize).collect();
            let range = numbers(&told["range"]);
            let onnx = std::fs::read(folder.join(format!("{role}.onnx"))).unwrap();
            let network = Network::load("test", &onnx, &shape).unwrap();
            let place = |i: usize| f64::from((i as u32).wrapping_mul(2_654_435_761) >> 24) / 255.0;
            let input: Vec<f32> =
                (0..shape.iter().product()).map(|i| (place(i) * (range[1] - range[0]) + range[0]) as f32).collect();
            let outputs = network.run(&input).unwrap();
            for (output, told) in outputs.iter().zip(told["outputs"].as_array().unwrap()) {
                let mean = output.iter().map(|v| f64::from(*v)).sum::<f64>() / output.len() as f64;
                let near = |found: f64, wanted: f64| (found - wanted).abs() < 2e-4 + 2e-4 * wanted.abs();
                assert!(near(mean, told["mean"].as_f64().unwrap()), "{role}: mean {mean}, {}", told["mean"]);
                for (found, wanted) in output.iter().zip(numbers(&told["first"])) {
                    assert!(near(f64::from(*found), wanted), "{role}: {found} is not {wanted}");
                }
            }
            assert_eq!(outputs.len(), told["outputs"].as_array().unwrap().len());
        }
    }

    #[test]
    fn what_is_no_model_is_refused_in_words() {
        for bytes in [&b""[..], b"not a model", &[0xff; 64]] {
            assert!(matches!(Network::load("mesh", bytes, &[1, 3, 8, 8]), Err(FaceError::Model { role: "mesh", .. })));
        }
    }
}
