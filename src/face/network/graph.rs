//! From an ONNX file to tract's typed graph.

use super::layer::{Layer, Window};
use std::collections::HashMap;
use tract_onnx::Onnx;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::{AttributeProto, ModelProto, NodeProto, TensorProto};
use tract_onnx::tract_core::ops::cnn::{Conv, KernelFormat, PaddingSpec, PoolSpec};
use tract_onnx::tract_core::ops::math;
use tract_onnx::tract_core::ops::nn::DataFormat;
use tract_onnx::tract_hir::internal::*;

/// The network in `onnx`, for one input of `shape`.
pub(super) fn read(onnx: &[u8], shape: &[usize]) -> TractResult<TypedModel> {
    let proto: ModelProto = Onnx::default().proto_model_for_read(&mut &onnx[..])?;
    let file = proto.graph.context("no graph in it")?;
    let mut graph = Graph::default();
    for tensor in &file.initializer {
        graph.known.insert(tensor.name.clone(), Known::read(tensor)?);
    }
    let input = file.input.first().context("no input")?;
    let source = graph.model.add_source("input", f32::fact(shape))?;
    graph.wires.insert(input.name.clone(), source);
    for node in &file.node {
        graph.add(node).with_context(|| format!("{} {}", node.op_type, node.name))?;
    }
    let outputs = file.output.iter().map(|output| graph.wire(&output.name)).collect::<TractResult<Vec<_>>>()?;
    graph.model.select_output_outlets(&outputs)?;
    Ok(graph.model)
}

#[derive(Default)]
struct Graph {
    model: TypedModel,
    wires: HashMap<String, OutletId>,
    known: HashMap<String, Known>,
}

/// A tensor known before anything runs: weights, shapes.
#[derive(Clone)]
struct Known {
    shape: Vec<usize>,
    values: Values,
}

#[derive(Clone)]
enum Values {
    Floats(Vec<f32>),
    Integers(Vec<i64>),
}

impl Graph {
    fn add(&mut self, node: &NodeProto) -> TractResult<()> {
        let input = |i: usize| node.input.get(i).map(String::as_str).unwrap_or_default();
        if let Some(known) = self.fold(node)? {
            self.known.insert(node.output[0].clone(), known);
            return Ok(());
        }
        let x = self.wire(input(0))?;
        let y = match node.op_type.as_str() {
            "Conv" => self.convolution(node, x)?,
            // After one of our own layers; after a convolution of tract's it becomes part of that.
            "Relu" if self.model.node(x.node).op_is::<Layer>() => self.layer(node, Layer::Relu, &[x])?,
            "Relu" => {
                let rank = self.model.outlet_fact(x)?.rank();
                let zero = tensor0(0f32).broadcast_into_rank(rank)?;
                let zero = self.model.add_const(format!("{}.zero", node.name), zero)?;
                self.model.wire_node(name(node), math::max(), &[x, zero])?[0]
            }
            "PRelu" => self.layer(node, Layer::PRelu(self.weights(input(1))?), &[x])?,
            "BatchNormalization" => {
                let [scale, shift, mean, variance] = [1, 2, 3, 4].map(|i| self.floats(input(i)));
                let epsilon = attribute(node, "epsilon").map_or(1e-5, |a| a.f);
                let (shift, mean, variance) = (shift?, mean?, variance?);
                let mut scale = scale?;
                scale.iter_mut().zip(&variance).for_each(|(s, v)| *s /= (v + epsilon).sqrt());
                let shift = shift.iter().zip(&mean).zip(&scale).map(|((b, m), s)| b - m * s).collect();
                self.affine(node, scale, shift, x)?
            }
            "Add" | "Sub" | "Mul" | "Div" => self.arithmetic(node, x)?,
            "Sigmoid" => self.layer(node, Layer::Sigmoid, &[x])?,
            "Softmax" => self.layer(node, Layer::Softmax, &[x])?,
            "MaxPool" => self.layer(node, Layer::MaxPool(window(node)?), &[x])?,
            "AveragePool" => {
                let kernel = integers(node, "kernel_shape");
                let shape = self.shape(x)?;
                ensure!(
                    kernel.iter().map(|k| *k as usize).eq(shape[2..].iter().copied()),
                    "only over the whole picture"
                );
                self.layer(node, Layer::GlobalMean, &[x])?
            }
            "GlobalAveragePool" => self.layer(node, Layer::GlobalMean, &[x])?,
            "Pad" => {
                let pads = self.integers(input(1))?.iter().map(|pad| *pad as usize).collect();
                self.layer(node, Layer::Pad(pads), &[x])?
            }
            "Resize" => self.layer(node, Layer::Double, &[x])?,
            "Transpose" => {
                let order: Vec<usize> = integers(node, "perm").iter().map(|axis| *axis as usize).collect();
                self.transposed(node, &order, x)?
            }
            "Reshape" | "Flatten" => {
                let shape = self.shape(x)?;
                let wanted = match node.op_type.as_str() {
                    "Flatten" => vec![shape[0] as i64, -1],
                    _ => self.integers(input(1))?,
                };
                let to = resolved(&shape, &wanted)?;
                self.reshaped(node, &shape, &to, x)?
            }
            "MatMul" | "Gemm" => self.dense(node, x)?,
            "Identity" | "Dropout" => x,
            other => bail!("operator {other} is not known"),
        };
        self.wires.insert(node.output[0].clone(), y);
        Ok(())
    }

    /// What a node says where it only unpacks weights.
    fn fold(&self, node: &NodeProto) -> TractResult<Option<Known>> {
        if node.op_type == "Constant" {
            let tensor = attribute(node, "value").and_then(|a| a.t.as_ref()).context("no value")?;
            return Ok(Some(Known::read(tensor)?));
        }
        let Some(known) = node.input.first().and_then(|input| self.known.get(input)) else { return Ok(None) };
        Ok(match node.op_type.as_str() {
            "Cast" | "Identity" => Some(known.clone()),
            "Reshape" => {
                let shape = resolved(&known.shape, &self.integers(&node.input[1])?)?;
                Some(Known { shape, values: known.values.clone() })
            }
            "DequantizeLinear" => {
                let axis = attribute(node, "axis").map_or(1, |a| a.i) as usize;
                let scale = self.floats(&node.input[1])?;
                let zero = match node.input.get(2) {
                    Some(zero) => self.floats(zero)?,
                    None => vec![0.0],
                };
                let inner: usize = known.shape.iter().skip(axis + 1).product();
                let along = known.shape.get(axis).copied().unwrap_or(1);
                let of = |all: &[f32], i: usize| all[if all.len() == 1 { 0 } else { i / inner % along }];
                let quantised = known.floats();
                let values = quantised.iter().enumerate().map(|(i, q)| (q - of(&zero, i)) * of(&scale, i));
                Some(Known { shape: known.shape.clone(), values: Values::Floats(values.collect()) })
            }
            _ => None,
        })
    }

    fn convolution(&mut self, node: &NodeProto, x: OutletId) -> TractResult<OutletId> {
        let kernel = self.known.get(&node.input[1]).context("the kernel is not a constant")?;
        let [outputs, per_group, height, width] = kernel.shape[..] else { bail!("not a picture's kernel") };
        let group = attribute(node, "group").map_or(1, |a| a.i) as usize;
        let bias = match node.input.get(2) {
            Some(bias) => self.floats(bias)?,
            None => vec![0.0; outputs],
        };
        let window = Window { kernel: [height, width], ..window(node)? };
        if per_group == 1 && group == outputs && self.shape(x)?[1] == outputs {
            let layer = Layer::Depthwise { kernel: kernel.tensor()?, bias: rctensor1(&bias), window };
            return self.layer(node, layer, &[x]);
        }
        let pool_spec = PoolSpec {
            data_format: DataFormat::NCHW,
            kernel_shape: tvec!(height, width),
            padding: PaddingSpec::Explicit(window.before.into_iter().collect(), window.after.into_iter().collect()),
            dilations: None,
            strides: Some(window.stride.into_iter().collect()),
            input_channels: per_group * group,
            output_channels: outputs,
        };
        let op = Conv { pool_spec, kernel_fmt: KernelFormat::OIHW, group, q_params: None };
        let kernel = kernel.tensor()?;
        let kernel = self.model.add_const(format!("{}.kernel", name(node)), kernel)?;
        let bias = self.model.add_const(format!("{}.bias", name(node)), tensor1(&bias))?;
        Ok(self.model.wire_node(name(node), op, &[x, kernel, bias])?[0])
    }

    /// Two layers' outputs, or one and a constant.
    fn arithmetic(&mut self, node: &NodeProto, x: OutletId) -> TractResult<OutletId> {
        let Some(known) = self.known.get(&node.input[1]) else {
            let y = self.wire(&node.input[1])?;
            let layer = match node.op_type.as_str() {
                "Add" => Layer::Sum,
                "Mul" => Layer::Gate,
                other => bail!("{other} of two layers"),
            };
            let same = self.shape(x)? == self.shape(y)?;
            ensure!(same || matches!(layer, Layer::Gate), "shapes differ");
            // The gate is the smaller one.
            let swapped = self.shape(x)?[2..].iter().product::<usize>() < self.shape(y)?[2..].iter().product();
            return self.layer(node, layer, &if swapped { [y, x] } else { [x, y] });
        };
        let shape = self.shape(x)?;
        let constant = known.floats();
        // A factor a channel, or one for all.
        let channels = if constant.len() == 1 { 1 } else { shape[1] };
        ensure!(constant.len() == channels, "a constant that is not one number a channel");
        let (scale, shift) = match node.op_type.as_str() {
            "Add" => (vec![1.0; channels], constant),
            "Sub" => (vec![1.0; channels], constant.iter().map(|c| -c).collect()),
            "Mul" => (constant, vec![0.0; channels]),
            _ => (constant.iter().map(|c| 1.0 / c).collect(), vec![0.0; channels]),
        };
        self.affine(node, scale, shift, x)
    }

    fn affine(&mut self, node: &NodeProto, scale: Vec<f32>, shift: Vec<f32>, x: OutletId) -> TractResult<OutletId> {
        self.layer(node, Layer::Affine { scale: rctensor1(&scale), shift: rctensor1(&shift) }, &[x])
    }

    fn dense(&mut self, node: &NodeProto, x: OutletId) -> TractResult<OutletId> {
        let weights = self.known.get(&node.input[1]).context("the weights are not constant")?;
        let [rows, columns] = weights.shape[..] else { bail!("not a matrix") };
        let values = weights.floats();
        let by_output = attribute(node, "transB").is_some_and(|a| a.i != 0);
        let (outputs, inputs) = if by_output { (rows, columns) } else { (columns, rows) };
        let values = match by_output {
            true => values,
            false => (0..rows * columns).map(|i| values[i % inputs * outputs + i / inputs]).collect(),
        };
        let bias = match node.input.get(2) {
            Some(bias) => self.floats(bias)?,
            None => vec![0.0; outputs],
        };
        let weights = Tensor::from_shape(&[outputs, inputs], &values)?.into_arc_tensor();
        self.layer(node, Layer::Dense { weights, bias: rctensor1(&bias) }, &[x])
    }

    fn transposed(&mut self, node: &NodeProto, order: &[usize], x: OutletId) -> TractResult<OutletId> {
        // One axis is brought to its place after the other.
        let mut now: Vec<usize> = (0..order.len()).collect();
        let mut x = x;
        for (to, axis) in order.iter().enumerate() {
            let from = now.iter().position(|a| a == axis).context("not a permutation")?;
            if from != to {
                x = self.model.wire_node(format!("{}.{to}", name(node)), AxisOp::Move(from, to), &[x])?[0];
                let axis = now.remove(from);
                now.insert(to, axis);
            }
        }
        Ok(x)
    }

    fn reshaped(&mut self, node: &NodeProto, from: &[usize], to: &[usize], x: OutletId) -> TractResult<OutletId> {
        let dims = |shape: &[usize]| shape.iter().map(|d| d.to_dim()).collect::<TVec<TDim>>();
        if from == to {
            return Ok(x);
        }
        Ok(self.model.wire_node(name(node), AxisOp::Reshape(0, dims(from), dims(to)), &[x])?[0])
    }

    fn layer(&mut self, node: &NodeProto, layer: Layer, inputs: &[OutletId]) -> TractResult<OutletId> {
        Ok(self.model.wire_node(name(node), layer, inputs)?[0])
    }

    fn wire(&self, name: &str) -> TractResult<OutletId> {
        self.wires.get(name).copied().with_context(|| format!("nothing is called {name}"))
    }

    fn shape(&self, wire: OutletId) -> TractResult<Vec<usize>> {
        let shape = &self.model.outlet_fact(wire)?.shape;
        Ok(shape.as_concrete().context("a shape is not known")?.to_vec())
    }

    fn weights(&self, name: &str) -> TractResult<Arc<Tensor>> {
        Ok(rctensor1(&self.floats(name)?))
    }

    fn floats(&self, name: &str) -> TractResult<Vec<f32>> {
        Ok(self.known.get(name).with_context(|| format!("{name} is not a constant"))?.floats())
    }

    fn integers(&self, name: &str) -> TractResult<Vec<i64>> {
        match self.known.get(name).map(|known| &known.values) {
            Some(Values::Integers(values)) => Ok(values.clone()),
            _ => bail!("{name} is not a constant of integers"),
        }
    }
}

impl Known {
    fn read(tensor: &TensorProto) -> TractResult<Self> {
        let shape: Vec<usize> = tensor.dims.iter().map(|d| *d as usize).collect();
        let raw = &tensor.raw_data;
        let floats = |size: usize, read: fn(&[u8]) -> f32| Values::Floats(raw.chunks_exact(size).map(read).collect());
        let values = match DataType::try_from(tensor.data_type) {
            Ok(DataType::Float) if raw.is_empty() => Values::Floats(tensor.float_data.clone()),
            Ok(DataType::Float) => floats(4, |b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])),
            Ok(DataType::Float16) => floats(2, |b| half(u16::from_le_bytes([b[0], b[1]]))),
            Ok(DataType::Int8) if raw.is_empty() => {
                Values::Floats(tensor.int32_data.iter().map(|v| *v as f32).collect())
            }
            Ok(DataType::Int8) => floats(1, |b| f32::from(b[0] as i8)),
            Ok(DataType::Uint8) if raw.is_empty() => {
                Values::Floats(tensor.int32_data.iter().map(|v| *v as f32).collect())
            }
            Ok(DataType::Uint8) => floats(1, |b| f32::from(b[0])),
            Ok(DataType::Int64) if raw.is_empty() => Values::Integers(tensor.int64_data.clone()),
            Ok(DataType::Int64) => {
                let read = |b: &[u8]| i64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]);
                Values::Integers(raw.chunks_exact(8).map(read).collect())
            }
            _ => bail!("{} has an unknown type", tensor.name),
        };
        let count = match &values {
            Values::Floats(values) => values.len(),
            Values::Integers(values) => values.len(),
        };
        ensure!(count == shape.iter().product::<usize>(), "{} does not fill its shape", tensor.name);
        Ok(Self { shape, values })
    }

    fn floats(&self) -> Vec<f32> {
        match &self.values {
            Values::Floats(values) => values.clone(),
            Values::Integers(values) => values.iter().map(|v| *v as f32).collect(),
        }
    }

    fn tensor(&self) -> TractResult<Arc<Tensor>> {
        Ok(Tensor::from_shape(&self.shape, &self.floats())?.into_arc_tensor())
    }
}

/// IEEE 754 binary16.
fn half(bits: u16) -> f32 {
    let (sign, exponent, fraction) = (bits >> 15, i32::from(bits >> 10 & 0x1f), f32::from(bits & 0x3ff));
    let size = match exponent {
        0 => fraction * 2f32.powi(-24),
        0x1f => f32::INFINITY,
        _ => (1.0 + fraction / 1024.0) * 2f32.powi(exponent - 15),
    };
    if sign == 0 { size } else { -size }
}

fn name(node: &NodeProto) -> String {
    if node.name.is_empty() { node.output[0].clone() } else { node.name.clone() }
}

fn attribute<'a>(node: &'a NodeProto, name: &str) -> Option<&'a AttributeProto> {
    node.attribute.iter().find(|attribute| attribute.name == name)
}

fn integers(node: &NodeProto, name: &str) -> Vec<i64> {
    attribute(node, name).map_or_else(Vec::new, |attribute| attribute.ints.clone())
}

fn window(node: &NodeProto) -> TractResult<Window> {
    let pair = |name: &str, from: usize, otherwise: usize| {
        let all = integers(node, name);
        [0, 1].map(|i| all.get(from + i).map_or(otherwise, |v| *v as usize))
    };
    ensure!(integers(node, "dilations").iter().all(|d| *d == 1), "dilations are not known");
    let automatic = attribute(node, "auto_pad").is_none_or(|a| matches!(a.s.as_slice(), b"" | b"NOTSET" | b"VALID"));
    ensure!(automatic, "automatic padding is not known");
    Ok(Window {
        kernel: pair("kernel_shape", 0, 1),
        stride: pair("strides", 0, 1),
        before: pair("pads", 0, 0),
        after: pair("pads", 2, 0),
    })
}

/// A shape with its 0 (as before) and -1 (the rest) worked out.
fn resolved(from: &[usize], wanted: &[i64]) -> TractResult<Vec<usize>> {
    let total: usize = from.iter().product();
    let mut shape: Vec<usize> = Vec::new();
    for (i, dim) in wanted.iter().enumerate() {
        shape.push(match dim {
            0 => *from.get(i).context("no such axis")?,
            -1 => 1,
            dim => *dim as usize,
        });
    }
    if let Some(rest) = wanted.iter().position(|dim| *dim == -1) {
        shape[rest] = total / shape.iter().product::<usize>().max(1);
    }
    ensure!(shape.iter().product::<usize>() == total, "{from:?} does not fit {wanted:?}");
    Ok(shape)
}
