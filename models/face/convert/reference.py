"""What onnxruntime says of each face model on one made-up input, for the parity test.

    python reference.py > ../reference.json

Pinned: onnxruntime 1.31.1, numpy 2.4.6. Without its graph optimisations, which change the spoof network's
answer by a thousandth. The input is the same formula as in src/face/network/mod.rs.
"""

import json
from pathlib import Path

import numpy as np
import onnxruntime

RANGES = {"detector": (0, 255), "mesh": (0, 1), "continuity": (-1, 1), "spoof": (0, 255), "identity": (0, 255), "expression": (0, 255)}
folder = Path(__file__).parent.parent
options = onnxruntime.SessionOptions()
options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
told = {}
for role, (low, high) in RANGES.items():
    session = onnxruntime.InferenceSession(folder / f"{role}.onnx", options, providers=["CPUExecutionProvider"])
    shape = [size if isinstance(size, int) else 320 for size in session.get_inputs()[0].shape]
    places = np.arange(np.prod(shape), dtype=np.uint64)
    values = ((places * 2654435761 % 2**32) >> 24).astype(np.float32) / 255 * (high - low) + low
    outputs = session.run(None, {session.get_inputs()[0].name: values.reshape(shape).astype(np.float32)})
    told[role] = {
        "shape": list(shape),
        "range": [low, high],
        "outputs": [{"first": [float(v) for v in o.ravel()[:6]], "mean": float(o.mean())} for o in outputs],
    }
print(json.dumps(told, indent=1))
