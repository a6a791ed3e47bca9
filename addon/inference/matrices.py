"""Products of matrices made by the runtime of the networks, whatever library the NumPy at hand was built with.

The NumPy that Blender brings is often built without one for them, and takes several times as long.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from ..core.rotation import Array
from .session import open_session

_TYPES = {np.dtype(np.float32): 1, np.dtype(np.float64): 11}
"""The numbers of `TensorProto.DataType`."""
_IR, _OPSET = 8, 13
_NUMBER, _BYTES = 0, 2  # kinds of fields


def product(a: Array, b: Array) -> Array:
    """`core.matrices.product`, on one thread: the matrices are too small for it to be worth waking others."""
    (result,) = _session(a.dtype).run(None, {"a": a, "b": b})
    found: Array = result
    return found


@lru_cache
def _session(dtype: np.dtype[Any]) -> Any:
    return open_session(matmul_model(_TYPES[dtype]), threads=1)


def matmul_model(kind: int) -> bytes:
    """An ONNX file of one node: c = MatMul(a, b), all of the data type of that number.

    Source: onnx.proto of the ONNX project; protobuf.dev, "Encoding".
    """
    shape = _field(1, b"") + _field(1, b"")  # two dimensions of any length
    tensor = _field(2, _field(1, _field(1, kind) + _field(2, shape)))  # TypeProto of a tensor
    a, b, c = (_field(1, name.encode()) + tensor for name in "abc")
    node = _field(1, b"a") + _field(1, b"b") + _field(2, b"c") + _field(4, b"MatMul")
    graph = _field(1, node) + _field(2, b"product") + _field(11, a) + _field(11, b) + _field(12, c)
    return _field(1, _IR) + _field(7, graph) + _field(8, _field(2, _OPSET))


def _field(number: int, value: int | bytes) -> bytes:
    """One field of a protobuf message; numbers and lengths below 128, which take one byte."""
    if isinstance(value, int):
        return bytes([number << 3 | _NUMBER, value])
    return bytes([number << 3 | _BYTES, len(value)]) + value
