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
