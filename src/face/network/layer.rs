//! Layers of our own in tract's graph, all on one picture: `[1, channels, height, width]`, row-major.

use tract_onnx::tract_hir::internal::*;

/// One layer.
#[derive(Clone, Debug, Hash, PartialEq, Eq)]
pub(super) enum Layer {
    /// `x` where positive, else `x` times the channel's slope.
    PRelu(Arc<Tensor>),
    /// `x * scale + shift`, a number a channel or one for all.
    Affine { scale: Arc<Tensor>, shift: Arc<Tensor> },
    /// Of two layers of one shape.
    Sum,
    /// The first times one number a channel from the second.
    Gate,
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// Over everything.
    Softmax,
    /// The largest in each window.
    MaxPool(Window),
    /// Of each channel.
    GlobalMean,
    /// Zeros before each axis, then after each.
    Pad(Vec<usize>),
    /// Each pixel four times.
    Double,
    /// Every output from every input: weights `[outputs, inputs]`.
    Dense { weights: Arc<Tensor>, bias: Arc<Tensor> },
    /// A kernel a channel, `[channels, 1, height, width]`.
    Depthwise { kernel: Arc<Tensor>, bias: Arc<Tensor>, window: Window },
}

/// Where a kernel looks. Rows first, then columns.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) kernel: [usize; 2],
    pub(super) stride: [usize; 2],
    pub(super) before: [usize; 2],
    pub(super) after: [usize; 2],
}

impl Window {
    /// Rows and columns of the output for an input of `size`.
    fn output(&self, size: &[usize]) -> TractResult<[usize; 2]> {
        let mut output = [0; 2];
        for axis in 0..2 {
            let padded = size[axis] + self.before[axis] + self.after[axis];
            ensure!(padded >= self.kernel[axis], "the picture is smaller than the kernel");
            output[axis] = (padded - self.kernel[axis]) / self.stride[axis] + 1;
        }
        Ok(output)
    }
}

impl Layer {
    fn shape(&self, input: &[usize]) -> TractResult<TVec<usize>> {
        let mut shape: TVec<usize> = input.into();
        match self {
            Self::MaxPool(window) | Self::Depthwise { window, .. } => {
                ensure!(input.len() == 4 && input[0] == 1, "not one picture: {input:?}");
                shape[2..].copy_from_slice(&window.output(&input[2..])?);
            }
            Self::GlobalMean => shape[2..].fill(1),
            Self::Pad(pads) => {
                ensure!(pads.len() == 2 * input.len(), "pads do not fit");
                shape.iter_mut().enumerate().for_each(|(i, d)| *d += pads[i] + pads[i + input.len()]);
            }
            Self::Double => shape[2..].iter_mut().for_each(|d| *d *= 2),
            Self::Dense { weights, .. } => {
                ensure!(input.iter().product::<usize>() == weights.shape()[1], "inputs do not fit the weights");
                shape = tvec!(1, weights.shape()[0]);
            }
            _ => {}
        }
        Ok(shape)
    }
}

impl Op for Layer {
    fn name(&self) -> StaticName {
        "Layer".into()
    }

    op_as_typed_op!();
}

impl TypedOp for Layer {
    fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
        let shape = inputs[0].shape.as_concrete().context("a shape is not known")?;
        Ok(tvec!(f32::fact(&*self.shape(shape)?)))
    }

    as_op!();
}

impl EvalOp for Layer {
    fn eval(&self, _: &EvalContext, mut inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
        let second = (inputs.len() > 1).then(|| inputs.remove(1));
        let first = inputs.remove(0);
        let shape: TVec<usize> = first.shape().into();
        let output = match self {
            Self::PRelu(_) | Self::Affine { .. } | Self::Sum | Self::Gate | Self::Sigmoid | Self::Softmax => {
                // In place, where nobody else reads the input.
                let mut tensor = first.into_tensor();
                let second = second.as_ref().map(|second| floats(second)).transpose()?;
                self.change(tensor.try_as_plain_ram_mut()?.as_slice_mut()?, &shape, second)?;
                tensor
            }
            _ => {
                let mut output = Tensor::zero::<f32>(&self.shape(&shape)?)?;
                let to: TVec<usize> = output.shape().into();
                self.fill(floats(&first)?, &shape, output.try_as_plain_ram_mut()?.as_slice_mut()?, &to)?;
                output
            }
        };
        Ok(tvec!(output.into_tvalue()))
    }

    op_out_of_plan!();
}

impl Layer {
    /// Layers whose output has the shape of their input.
    fn change(&self, x: &mut [f32], shape: &[usize], second: Option<&[f32]>) -> TractResult<()> {
        let plane = shape.iter().skip(2).product::<usize>().max(1);
        match self {
            Self::PRelu(slopes) => {
                let slopes = floats(slopes)?;
                for (channel, x) in x.chunks_exact_mut(plane).enumerate() {
                    let slope = slopes[channel % slopes.len()];
                    // Without a branch: both parts are computed four at a time.
                    x.iter_mut().for_each(|x| *x = x.max(0.0) + slope * x.min(0.0));
                }
            }
            Self::Affine { scale, shift } => {
                let (scale, shift) = (floats(scale)?, floats(shift)?);
                for (channel, x) in x.chunks_exact_mut(plane).enumerate() {
                    let (scale, shift) = (scale[channel % scale.len()], shift[channel % shift.len()]);
                    x.iter_mut().for_each(|x| *x = *x * scale + shift);
                }
            }
            Self::Sum => x.iter_mut().zip(second.context("one input")?).for_each(|(x, y)| *x += y),
            Self::Gate => {
                let gates = second.context("one input")?;
                for (x, gate) in x.chunks_exact_mut(x.len() / gates.len()).zip(gates) {
                    x.iter_mut().for_each(|x| *x *= gate);
                }
            }
            Self::Sigmoid => x.iter_mut().for_each(|x| *x = 1.0 / (1.0 + libm::expf(-*x))),
            _ => {
                let most = x.iter().copied().fold(f32::MIN, f32::max);
                x.iter_mut().for_each(|x| *x = libm::expf(*x - most));
                let sum: f32 = x.iter().sum();
                x.iter_mut().for_each(|x| *x /= sum);
            }
        }
        Ok(())
    }

    /// The others.
    fn fill(&self, x: &[f32], from: &[usize], y: &mut [f32], to: &[usize]) -> TractResult<()> {
        match self {
            Self::MaxPool(window) => {
                let (size, out) = ([from[2], from[3]], [to[2], to[3]]);
                for (x, y) in x.chunks_exact(size[0] * size[1]).zip(y.chunks_exact_mut(out[0] * out[1])) {
                    max_pool(window, x, size, y, out);
                }
            }
            Self::GlobalMean => {
                let plane = from[2] * from[3];
                for (x, y) in x.chunks_exact(plane).zip(y) {
                    *y = x.iter().sum::<f32>() / plane as f32;
                }
            }
            Self::Pad(pads) => pad(pads, x, from, y, to),
            Self::Double => {
                let (width, height) = (from[3], from[2]);
                for (x, y) in x.chunks_exact(width * height).zip(y.chunks_exact_mut(width * height * 4)) {
                    for (i, y) in y.iter_mut().enumerate() {
                        *y = x[i / (2 * width) / 2 * width + i % (2 * width) / 2];
                    }
                }
            }
            Self::Dense { weights, bias } => {
                let (weights, bias) = (floats(weights)?, floats(bias)?);
                for ((row, bias), y) in weights.chunks_exact(x.len()).zip(bias).zip(y) {
                    *y = dot(row, x) + bias;
                }
            }
            Self::Depthwise { kernel, bias, window } => {
                let (kernel, bias) = (floats(kernel)?, floats(bias)?);
                let (size, out) = ([from[2], from[3]], [to[2], to[3]]);
                let taps = window.kernel[0] * window.kernel[1];
                let channels = x.chunks_exact(size[0] * size[1]).zip(y.chunks_exact_mut(out[0] * out[1]));
                for (((x, y), kernel), bias) in channels.zip(kernel.chunks_exact(taps)).zip(bias) {
                    y.fill(*bias);
                    depthwise(window, kernel, x, size, y, out);
                }
            }
            _ => bail!("computed in place"),
        }
        Ok(())
    }
}

fn floats(tensor: &Tensor) -> TractResult<&[f32]> {
    tensor.try_as_plain_ram()?.as_slice()
}

/// Four sums side by side, which four lanes can add.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0; 8];
    let (a8, b8) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f32 = a8.remainder().iter().zip(b8.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in a8.zip(b8) {
        for i in 0..8 {
            sums[i] += a[i] * b[i];
        }
    }
    sums.iter().sum::<f32>() + rest
}

fn max_pool(window: &Window, x: &[f32], size: [usize; 2], y: &mut [f32], out: [usize; 2]) {
    y.fill(f32::MIN);
    each_tap(window, size, out, |_, from, to, count, step| {
        let row = &mut y[to..to + count];
        if step == 1 {
            row.iter_mut().zip(&x[from..]).for_each(|(y, x)| *y = y.max(*x));
        } else {
            row.iter_mut().zip(x[from..].iter().step_by(step)).for_each(|(y, x)| *y = y.max(*x));
        }
    });
}

fn depthwise(window: &Window, kernel: &[f32], x: &[f32], size: [usize; 2], y: &mut [f32], out: [usize; 2]) {
    each_tap(window, size, out, |tap, from, to, count, step| {
        let (weight, row) = (kernel[tap], &mut y[to..to + count]);
        if step == 1 {
            row.iter_mut().zip(&x[from..]).for_each(|(y, x)| *y += weight * x);
        } else {
            row.iter_mut().zip(x[from..].iter().step_by(step)).for_each(|(y, x)| *y += weight * x);
        }
    });
}

/// Calls `row(tap, from, to, count, step)` for each kernel tap and output row it touches: `count` outputs
/// from `to` on read one input each, from `from` on, `step` apart. Whole rows, so that lanes can be filled.
fn each_tap(
    window: &Window,
    size: [usize; 2],
    out: [usize; 2],
    mut row: impl FnMut(usize, usize, usize, usize, usize),
) {
    let [step_y, step_x] = window.stride;
    for oy in 0..out[0] {
        for ky in 0..window.kernel[0] {
            let iy = oy * step_y + ky;
            if iy < window.before[0] || iy - window.before[0] >= size[0] {
                continue;
            }
            let start = (iy - window.before[0]) * size[1];
            for kx in 0..window.kernel[1] {
                // Outputs whose tap lies in the picture.
                let first = window.before[1].saturating_sub(kx).div_ceil(step_x);
                let last = (size[1] + window.before[1]).saturating_sub(kx).div_ceil(step_x).min(out[1]);
                if first < last {
                    let from = start + first * step_x + kx - window.before[1];
                    row(ky * window.kernel[1] + kx, from, oy * out[1] + first, last - first, step_x);
                }
            }
        }
    }
}

fn pad(pads: &[usize], x: &[f32], from: &[usize], y: &mut [f32], to: &[usize]) {
    let [channels, height, width] = [from[1], from[2], from[3]];
    for channel in 0..channels {
        for row in 0..height {
            let read = (channel * height + row) * width;
            let write = ((channel + pads[1]) * to[2] + row + pads[2]) * to[3] + pads[3];
            y[write..write + width].copy_from_slice(&x[read..read + width]);
        }
    }
}
