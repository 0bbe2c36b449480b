//! One neural network: the only file that names tract.

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
    /// Reads `onnx` and prepares it for inputs of `shape`.
    pub(super) fn load(role: &'static str, onnx: &[u8], shape: &[usize]) -> Result<Self, FaceError> {
        // The shapes a file states hold for the one input size it was exported with.
        let reader = tract_onnx::Onnx { ignore_value_info: true, ..tract_onnx::onnx() };
        let prepare = || {
            let mut model = reader.model_for_read(&mut &onnx[..])?.with_input_fact(0, f32::fact(shape).into())?;
            for output in 0..model.outputs.len() {
                model.set_output_fact(output, InferenceFact::default())?;
            }
            model.into_optimized()?.into_runnable()
        };
        let plan = prepare().map_err(|error| FaceError::Model { role, what: format!("{error:#}") })?;
        Ok(Self { plan, role, shape: shape.to_vec() })
    }

    /// `input`: as many values as the shape holds, row-major. Returns every output, flattened.
    pub(super) fn run(&self, input: Vec<f32>) -> Result<Vec<Vec<f32>>, FaceError> {
        let run = || -> TractResult<Vec<Vec<f32>>> {
            let input = tract_ndarray::ArrayD::from_shape_vec(self.shape.as_slice(), input)?.into_tensor();
            let outputs = self.plan.run(tvec!(input.into_tvalue()))?;
            outputs
                .iter()
                .map(|output| Ok(output.to_plain_array_view::<f32>()?.iter().copied().collect()))
                .collect()
        };
        run().map_err(|error| FaceError::Inference { role: self.role, what: format!("{error:#}") })
    }
}
