"""Weights in half precision inside an ONNX file, where that changes nothing."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import helper, numpy_helper

from training.motion import LARGE


def store_half(proto: onnx.ModelProto) -> None:
    """Keep big weights that half precision holds exactly in half precision, cast when the file is loaded."""
    casts = []
    for tensor in proto.graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT:
            continue
        values = numpy_helper.to_array(tensor)
        if values.size <= LARGE or np.abs(values).max() > np.finfo(np.float16).max:
            continue
        half = values.astype(np.float16)
        if not np.array_equal(half.astype(np.float32), values):
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(half, f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *proto.graph.node]
    del proto.graph.node[:]
    proto.graph.node.extend(nodes)
