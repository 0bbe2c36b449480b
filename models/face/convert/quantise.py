"""Shrinks converted face models: float16 weights become int8 with one scale a channel.

    python quantise.py SOURCE TARGET

SOURCE is an ONNX file whose float16 weights each pass through a Cast (as tf2onnx and a float16 pass leave
them). Weights of convolutions with at least 512 numbers become int8 with DequantizeLinear; a PReLU that the
exporter spelled out as relu(x) + a * (x - |x|) / 2 becomes one again. Pinned: onnx 1.23.2, numpy 2.
"""

import sys

import numpy as np
import onnx
from onnx import helper, numpy_helper

LEAST = 512


def constants(graph):
    values = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    for node in graph.node:
        if node.op_type == "Cast" and node.input[0] in values:
            values[node.output[0]] = values[node.input[0]]
    return values


def join_prelus(graph):
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
        del node.input[:]
        node.input.extend([relu.input[0], slopes[-1].name])
    kept = [node for node in graph.node if id(node) not in gone]
    del graph.node[:]
    graph.node.extend(kept)
    graph.initializer.extend(slopes)


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


def quantise(graph):
    values = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    users = {}
    for node in graph.node:
        for place, name in enumerate(node.input):
            users.setdefault(name, []).append((node, place))
    nodes, added, gone = [], [], set()
    for node in graph.node:
        nodes.append(node)
        if node.op_type != "Cast" or node.input[0] not in values:
            continue
        weights, name = values[node.input[0]].astype(np.float32), node.output[0]
        weighs = all(user.op_type in ("Conv", "MatMul", "Gemm") and place == 1 for user, place in users[name])
        if not weighs or weights.ndim < 2 or weights.size < LEAST:
            continue
        axis = 1 if users[name][0][0].op_type == "MatMul" else 0
        scale = scales(weights, axis)
        rounded = np.clip(np.round(weights / scale), -127, 127).astype(np.int8)
        parts = [rounded, scale.reshape(-1), np.zeros(scale.size, np.int8)]
        names = [f"{name}_{suffix}" for suffix in "qsz"]
        added += [numpy_helper.from_array(part, n) for part, n in zip(parts, names)]
        nodes[-1] = helper.make_node("DequantizeLinear", names, [name], axis=axis)
        gone.add(node.input[0])
    del graph.node[:]
    graph.node.extend(nodes)
    used = {name for node in nodes for name in node.input}
    kept = [i for i in graph.initializer if i.name in used and i.name not in gone] + added
    del graph.initializer[:]
    graph.initializer.extend(kept)


def main(source, target):
    model = onnx.load(source)
    join_prelus(model.graph)
    needed = {o.name for o in model.graph.output} | {i for n in model.graph.node for i in n.input}
    kept = [n for n in model.graph.node if needed & set(n.output)]
    del model.graph.node[:]
    model.graph.node.extend(kept)
    quantise(model.graph)
    model.opset_import[0].version = max(13, model.opset_import[0].version)
    onnx.checker.check_model(model)
    onnx.save(model, target)


if __name__ == "__main__":
    main(*sys.argv[1:])
