"""Tiny ONNX models written byte by byte, so that tests of the add-on need no package but the runtime.

The network is linear: pose · weight + bias. Field numbers are those of the ONNX project's onnx.proto.
"""

from __future__ import annotations

import numpy as np

from addon.inference.card import METADATA_KEY, ModelCard, Tensor

FLOAT = 1


def make_card(joints=("Spine", "Head"), parents=(-1, 0), **changes):
    count = len(joints)
    fields = {
        "kind": "pose_autoencoder",
        "name": "tiny",
        "label": "Tiny",
        "version": "1.0.0",
        "description": "A linear network for a test.",
        "joints": tuple(joints),
        "parents": tuple(parents),
        "offsets": np.tile([0.0, 0.1, 0.0], (count, 1)),
        "reference": np.tile([1.0, 0, 0, 0], (count, 1)),
        "fps": None,
        "window": None,
        "normalisation": "none",
        "inputs": (Tensor("pose", ("N", count * 4), "unit quaternions wxyz"),),
        "outputs": (Tensor("restored", ("N", count * 4), "quaternions wxyz"),),
        "training_data": "none",
        "licence": "CC0-1.0",
        "metrics": {"mean_degrees": 1.5},
        "created_by": "test",
    }
    return ModelCard(**(fields | changes))


def pull(card, share):
    """Weight and bias of a network that pulls every pose by `share` towards the card's reference."""
    size = len(card.joints) * 4
    return np.eye(size) * (1 - share), card.reference.reshape(-1) * share


def write_model(path, card, weight, bias, text=None):
    """Write the network with its card, or with `text` in the card's place."""
    size = len(bias)
    graph = (
        _message(1, _node("MatMul", ["pose", "weight"], "scaled"))
        + _message(1, _node("Add", ["scaled", "bias"], "restored"))
        + _message(2, b"tiny")
        + _message(5, _initializer("weight", weight))
        + _message(5, _initializer("bias", bias))
        + _message(11, _value("pose", size))
        + _message(12, _value("restored", size))
    )
    model = (
        _number(1, 8)
        + _message(7, graph)
        + _message(8, _message(1, b"") + _number(2, 17))
        + _message(14, _message(1, METADATA_KEY.encode()) + _message(2, (text or card.to_json()).encode()))
    )
    path.write_bytes(model)
    return path


def _varint(value):
    encoded = b""
    while value > 0x7F:
        encoded += bytes([value & 0x7F | 0x80])
        value >>= 7
    return encoded + bytes([value])


def _number(field, value):
    return _varint(field << 3) + _varint(value)


def _message(field, content):
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _node(operation, inputs, output):
    return (
        b"".join(_message(1, name.encode()) for name in inputs)
        + _message(2, output.encode())
        + _message(4, operation.encode())
    )


def _initializer(name, values):
    values = np.asarray(values, dtype="<f4")
    dims = b"".join(_number(1, size) for size in values.shape)
    return dims + _number(2, FLOAT) + _message(8, name.encode()) + _message(9, values.tobytes())


def _value(name, size):
    shape = _message(1, _message(2, b"N")) + _message(1, _number(1, size))
    return _message(1, name.encode()) + _message(2, _message(1, _number(1, FLOAT) + _message(2, shape)))
