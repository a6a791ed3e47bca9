"""What is promised of every exported file, whatever network it holds, and what every card says alike."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import numpy as np
import onnx

from addon.core.errors import MenderError
from addon.inference.card import METADATA_KEY, ModelCard
from training import runs
from training.data.poses import PoseFrame

OPSET = 18
LARGEST_IR = 10
VERSION = "1.0.0"
TRAINING_KEY = "mocap_mender_training"
"""The key, among an ONNX file's `metadata_props`, of what the run was: its recipe, settings, seed and versions."""


class ExportError(MenderError):
    """An ONNX file that does not keep what is promised of it; it is not written."""


def check_structure(proto: onnx.ModelProto) -> None:
    """Raises ExportError where the opset is too new, an axis is fixed or weights lie outside the file."""
    onnx.checker.check_model(proto)
    opset = max(entry.version for entry in proto.opset_import if entry.domain in ("", "ai.onnx"))
    if opset > OPSET:
        raise ExportError(f"The exporter wrote opset {opset}, newer than {OPSET}: not exported.")
    for value in (*proto.graph.input, *proto.graph.output):
        if not value.type.tensor_type.shape.dim[0].dim_param:
            raise ExportError(f"The exporter fixed the number of poses of {value.name}: not exported.")
    if any(tensor.external_data for tensor in proto.graph.initializer):
        raise ExportError("The exporter left weights outside the file: not exported.")


def describe(proto: onnx.ModelProto, card: ModelCard, run: runs.Run) -> None:
    """Put into a file the card that the add-on reads, and what the run was, for those who want to make it again."""
    told = {"recipe": run.name, "settings": asdict(run.recipe), "made_with": run.made_with}
    for key, value in ((METADATA_KEY, of_its_origin(card, run).to_json()), (TRAINING_KEY, json.dumps(told))):
        entry = proto.metadata_props.add()
        entry.key, entry.value = key, value


def of_its_origin(card: ModelCard, run: runs.Run) -> ModelCard:
    """The card of a run, which tells of the CMU database, made to tell of the motion that the run learned from."""
    if run.origin is None:
        return card
    return replace(
        card,
        name=f"{card.name}-{run.origin.name}",
        label=f"{card.label} ({run.origin.name})",
        training_data=run.origin.description,
        licence=run.origin.licence,
        metrics={},
    )


def joint_tips(frame: PoseFrame) -> np.ndarray:
    """(J, 3) metres: where the joints' bones end, from the joint."""
    return frame.skeleton.tips()[[frame.skeleton.index(joint) for joint in frame.joints]]
