//! The network: convolutions over time, mean and deviation of what they find, and a projection.
//!
//! `models/identity.bin`, little-endian: `b"VSI1"`; `u8` convolutions, for each `u16` outputs O, `u16` inputs,
//! `u8` kernel, `u8` stride and a matrix; then `u16` outputs, `u16` inputs and a matrix for the projection; then
//! `u16` strangers, `u16` numbers each and these as `i8`. A matrix is O `f32` scales, O `f32` biases and, row by
//! row (for convolutions input by input), its weights as `i8`.

use super::block::Step;
use super::reader::Reader;

pub(super) struct Network {
    convolutions: Vec<Convolution>,
    projection: Matrix,
    strangers: Vec<Vec<f32>>,
}

struct Convolution {
    inputs: usize,
    kernel: usize,
    stride: usize,
    matrix: Matrix,
}

/// Rows of weights, a bias each.
struct Matrix {
    weights: Vec<f32>,
    bias: Vec<f32>,
}

impl Network {
    /// The one compiled into this crate.
    pub(super) fn shipped() -> &'static Self {
        static SHIPPED: std::sync::OnceLock<Network> = std::sync::OnceLock::new();
        // A test holds the shipped bytes to parse.
        SHIPPED.get_or_init(|| Self::parse(BYTES).unwrap_or_else(Self::silent))
    }

    /// What the network makes of a block: 32 numbers.
    pub(super) fn embed(&self, block: &[Step]) -> Vec<f32> {
        let mut channels = channels(block);
        for convolution in &self.convolutions {
            channels = convolution.apply(&channels);
        }
        let length = channels.first().map_or(1, Vec::len).max(1) as f32;
        let means: Vec<f32> = channels.iter().map(|channel| channel.iter().sum::<f32>() / length).collect();
        let deviations = channels.iter().zip(&means).map(|(channel, mean)| {
            let squares: f32 = channel.iter().map(|value| (value - mean) * (value - mean)).sum();
            libm::sqrtf(squares / length + 1e-5)
        });
        let pooled: Vec<f32> = means.iter().copied().chain(deviations).collect();
        self.projection.rows().map(|(row, bias)| dot(row, &pooled) + bias).collect()
    }

    /// Signatures of the people it was trained on: what strangers look like.
    pub(super) fn strangers(&self) -> impl Iterator<Item = &[f32]> {
        self.strangers.iter().map(Vec::as_slice)
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut rest = Reader(bytes.strip_prefix(b"VSI1")?);
        let mut convolutions = Vec::new();
        for _ in 0..rest.byte()? {
            let (outputs, inputs) = (rest.number()?, rest.number()?);
            let (kernel, stride) = (usize::from(rest.byte()?), usize::from(rest.byte()?));
            let matrix = matrix(&mut rest, outputs, inputs * kernel)?;
            convolutions.push(Convolution { inputs, kernel, stride, matrix });
        }
        let (outputs, inputs) = (rest.number()?, rest.number()?);
        let projection = matrix(&mut rest, outputs, inputs)?;
        let (count, each) = (rest.number()?, rest.number()?);
        let strangers = rest.integers(count * each)?.chunks_exact(each.max(1)).map(<[f32]>::to_vec).collect();
        rest.0.is_empty().then_some(Self { convolutions, projection, strangers })
    }

    /// Sees no differences.
    fn silent() -> Self {
        let projection = Matrix { weights: Vec::new(), bias: Vec::new() };
        Self { convolutions: Vec::new(), projection, strangers: Vec::new() }
    }
}

/// Six numbers a move: distance right and down, its length, change of velocity right and down, time; on scales on
/// which fine and coarse movement both count.
fn channels(block: &[Step]) -> Vec<Vec<f32>> {
    let signed_log = |value: f32| libm::log1pf(value.abs()).copysign(value) / 2.0;
    let mut channels = vec![Vec::new(); 6];
    let mut last: Option<[f32; 2]> = None;
    for [dx, dy, frames] in block {
        let velocity = [dx / frames, dy / frames];
        let change = last.map_or([0.0; 2], |last| [velocity[0] - last[0], velocity[1] - last[1]]);
        last = Some(velocity);
        let values = [
            signed_log(*dx),
            signed_log(*dy),
            libm::log1pf(libm::sqrtf(dx * dx + dy * dy)) / 2.0,
            signed_log(change[0]),
            signed_log(change[1]),
            libm::logf(*frames).clamp(-1.5, 2.6),
        ];
        channels.iter_mut().zip(values).for_each(|(channel, value)| channel.push(value));
    }
    channels
}

impl Convolution {
    /// Padded with zeros to keep the length (halved by a stride of 2); negative results become zero.
    fn apply(&self, input: &[Vec<f32>]) -> Vec<Vec<f32>> {
        let length = input.first().map_or(0, Vec::len);
        let pad = self.kernel / 2;
        let padded = length + 2 * pad;
        let out = padded.saturating_sub(self.kernel) / self.stride + 1;
        // Every `stride`th value beside the next: what one weight is multiplied with lies in one piece, which the
        // processor takes four at a time.
        let each = padded.div_ceil(self.stride);
        let mut phases = vec![0.0; self.inputs * self.stride * each];
        for (channel, values) in phases.chunks_exact_mut(self.stride * each).zip(input) {
            for (i, value) in values.iter().enumerate() {
                channel[(i + pad) % self.stride * each + (i + pad) / self.stride] = *value;
            }
        }
        let channel = |(row, bias): (&[f32], f32)| {
            let mut sums = vec![bias; out];
            for (weights, values) in row.chunks_exact(self.kernel).zip(phases.chunks_exact(self.stride * each)) {
                for (k, weight) in weights.iter().enumerate() {
                    let start = k % self.stride * each + k / self.stride;
                    let values = &values[start..start + out];
                    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += weight * value);
                }
            }
            sums.iter_mut().for_each(|sum| *sum = sum.max(0.0));
            sums
        };
        self.matrix.rows().map(channel).collect()
    }
}

impl Matrix {
    fn rows(&self) -> impl Iterator<Item = (&[f32], f32)> {
        let width = self.weights.len() / self.bias.len().max(1);
        self.weights.chunks_exact(width.max(1)).zip(self.bias.iter().copied())
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn matrix(rest: &mut Reader, rows: usize, columns: usize) -> Option<Matrix> {
    let (scales, bias) = (rest.floats(rows)?, rest.floats(rows)?);
    let mut weights = rest.integers(rows * columns)?;
    let scaled = weights.chunks_exact_mut(columns.max(1)).zip(scales);
    scaled.for_each(|(row, scale)| row.iter_mut().for_each(|weight| *weight *= scale));
    Some(Matrix { weights, bias })
}

const BYTES: &[u8] = include_bytes!("../../models/identity.bin");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_network_is_read_whole() {
        let network = Network::parse(BYTES).expect("the file");
        assert_eq!((network.convolutions.len(), network.strangers.len()), (5, 59));
        assert_eq!(network.embed(&[[3.0, -2.0, 1.0]; 128]).len(), 32);
        assert!(network.strangers().all(|stranger| stranger.len() == 32));
    }

    #[test]
    fn a_file_cut_anywhere_is_refused() {
        for length in (0..BYTES.len()).step_by(97) {
            assert!(Network::parse(&BYTES[..length]).is_none(), "{length}");
        }
    }

    #[test]
    fn a_convolution_is_what_its_definition_says() {
        let matrix = Matrix { weights: vec![1.0, 2.0, 3.0, 0.5, 0.0, -1.0], bias: vec![0.25] };
        let input = [vec![1.0, 0.0, 2.0, 5.0, 1.0], vec![4.0, 1.0, 0.0, 2.0, 2.0]];
        for stride in [1, 2] {
            let matrix = Matrix { weights: matrix.weights.clone(), bias: matrix.bias.clone() };
            let found = Convolution { inputs: 2, kernel: 3, stride, matrix }.apply(&input);
            let at =
                |channel: usize, i: isize| usize::try_from(i).ok().and_then(|i| input[channel].get(i)).unwrap_or(&0.0);
            let sum = |i: isize| {
                let taps = (0..2).flat_map(|c| (0..3).map(move |k| (c, k)));
                let weights = [[1.0, 2.0, 3.0], [0.5, 0.0, -1.0]];
                taps.fold(0.25, |sum, (c, k)| sum + weights[c][k] * at(c, i + k as isize - 1))
            };
            let wanted: Vec<f32> = (0..5).step_by(stride).map(|i| f32::max(sum(i), 0.0)).collect();
            assert_eq!(found, [wanted], "{stride}");
        }
    }
}
