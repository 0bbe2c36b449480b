//! Layers of our own in tract's graph, all on one picture: `[1, channels, height, width]`, row-major.

use tract_onnx::tract_hir::internal::*;

/// One layer.
#[derive(Clone, Debug, Hash, PartialEq, Eq)]
pub(super) enum Layer {
    /// `x` where positive, else 0.
    Relu,
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
            Self::Relu
            | Self::PRelu(_)
            | Self::Affine { .. }
            | Self::Sum
            | Self::Gate
            | Self::Sigmoid
            | Self::Softmax => {
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
                    x.iter_mut().for_each(|x| *x = if *x > 0.0 { *x } else { slope * *x });
                }
            }
            // Not `f32::max`, which is a call on wasm32: a comparison is done four at a time.
            Self::Relu => x.iter_mut().for_each(|x| *x = if *x > 0.0 { *x } else { 0.0 }),
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
    let larger = |y: &mut f32, x: &f32| *y = if *x > *y { *x } else { *y };
    y.fill(f32::MIN);
    each_tap(window, size, out, |_, from, to, count, step| {
        let row = &mut y[to..to + count];
        if step == 1 {
            row.iter_mut().zip(&x[from..from + count]).for_each(|(y, x)| larger(y, x));
        } else {
            row.iter_mut().zip(x[from..].iter().step_by(step)).for_each(|(y, x)| larger(y, x));
        }
    });
}

fn depthwise(window: &Window, kernel: &[f32], x: &[f32], size: [usize; 2], y: &mut [f32], out: [usize; 2]) {
    if window.kernel == [3, 3] && window.stride[1] <= 2 && window.before[1] <= 1 && size[1] >= 3 {
        return depthwise_3x3(window, kernel, x, size, y, out);
    }
    each_tap(window, size, out, |tap, from, to, count, step| {
        let (weight, row) = (kernel[tap], &mut y[to..to + count]);
        if step == 1 {
            row.iter_mut().zip(&x[from..from + count]).for_each(|(y, x)| *y += weight * x);
        } else {
            row.iter_mut().zip(x[from..].iter().step_by(step)).for_each(|(y, x)| *y += weight * x);
        }
    });
}

/// Three taps of a row at a time, which is most of what the face models do outside of matrix products.
fn depthwise_3x3(window: &Window, kernel: &[f32], x: &[f32], size: [usize; 2], y: &mut [f32], out: [usize; 2]) {
    let (width, step, before) = (size[1], window.stride[1], window.before[1]);
    for oy in 0..out[0] {
        let row = &mut y[oy * out[1]..(oy + 1) * out[1]];
        for ky in 0..3 {
            let iy = oy * window.stride[0] + ky;
            if iy < window.before[0] || iy - window.before[0] >= size[0] {
                continue;
            }
            let x = &x[(iy - window.before[0]) * width..][..width];
            let [a, b, c] = [kernel[ky * 3], kernel[ky * 3 + 1], kernel[ky * 3 + 2]];
            // Outputs whose three taps all lie in the row: from `before` (0 or 1) on.
            let inner = ((width + before - 3) / step + 1).min(out[1]).saturating_sub(before);
            let read = before * step - before;
            let y = &mut row[before..before + inner];
            if step == 1 {
                let (x0, x1, x2) = (&x[read..][..inner], &x[read + 1..][..inner], &x[read + 2..][..inner]);
                for (((y, x0), x1), x2) in y.iter_mut().zip(x0).zip(x1).zip(x2) {
                    *y += a * x0 + b * x1 + c * x2;
                }
            } else {
                // Pairs: two inputs a step, and the next pair's first.
                for (i, y) in y.iter_mut().enumerate() {
                    let at = read + 2 * i;
                    *y += a * x[at] + b * x[at + 1] + c * x[at + 2];
                }
            }
            let tap =
                |at: usize, weight: f32| at.checked_sub(before).and_then(|at| x.get(at)).map_or(0.0, |x| weight * x);
            for ox in (0..before.min(out[1])).chain(before + inner..out[1]) {
                let at = ox * step;
                row[ox] += tap(at, a) + tap(at + 1, b) + tap(at + 2, c);
            }
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Straight from the definition.
    fn by_definition(window: &Window, kernel: &[f32], x: &[f32], size: [usize; 2], out: [usize; 2]) -> Vec<f32> {
        let mut y = vec![0.0; out[0] * out[1]];
        for oy in 0..out[0] {
            for ox in 0..out[1] {
                for ky in 0..window.kernel[0] {
                    for kx in 0..window.kernel[1] {
                        let iy = (oy * window.stride[0] + ky).wrapping_sub(window.before[0]);
                        let ix = (ox * window.stride[1] + kx).wrapping_sub(window.before[1]);
                        if iy < size[0] && ix < size[1] {
                            y[oy * out[1] + ox] += kernel[ky * window.kernel[1] + kx] * x[iy * size[1] + ix];
                        }
                    }
                }
            }
        }
        y
    }

    proptest! {
        #[test]
        fn depthwise_convolution_is_what_its_definition_says(
            height in 1usize..12, width in 1usize..12, side in 1usize..6, stride in 1usize..4,
            before in 0usize..3, after in 0usize..3, seed in 0u32..1000,
        ) {
            let window = Window { kernel: [side, side], stride: [stride; 2], before: [before; 2], after: [after; 2] };
            let size = [height, width];
            prop_assume!(before < side && after < side);
            let Ok(out) = window.output(&size) else { return Ok(()) };
            let number = |i: usize| ((i as u32).wrapping_mul(2_654_435_761).wrapping_add(seed) >> 20) as f32 / 4096.0 - 0.5;
            let kernel: Vec<f32> = (0..side * side).map(number).collect();
            let x: Vec<f32> = (0..height * width).map(|i| number(i + 77)).collect();
            let mut y = vec![0.0; out[0] * out[1]];
            depthwise(&window, &kernel, &x, size, &mut y, out);
            for (found, wanted) in y.iter().zip(by_definition(&window, &kernel, &x, size, out)) {
                prop_assert!((found - wanted).abs() < 1e-4, "{found} is not {wanted}");
            }
        }
    }

    #[test]
    fn the_largest_of_each_window_is_kept() {
        let window = Window { kernel: [2, 2], stride: [2, 2], before: [0, 0], after: [0, 0] };
        let mut y = [0.0; 2];
        max_pool(&window, &[1.0, -2.0, -5.0, -4.0, 0.5, 3.0, -6.0, -7.0], [2, 4], &mut y, [1, 2]);
        assert_eq!(y, [3.0, -4.0]);
    }

    #[test]
    fn a_dot_product_takes_every_number() {
        let a: Vec<f32> = (0..21).map(|i| i as f32).collect();
        assert_eq!(dot(&a, &[1.0; 21]), 210.0);
    }
}
