"""What is promised of every exported file, whatever network it holds, and what every card says alike."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import onnx

from addon.core.errors import MenderError
from addon.inference.card import METADATA_KEY, ModelCard
from training import runs
from training.data.poses import PoseFrame

OPSET = 18
LARGEST_IR = 10
LARGEST_FILE = 5_000_000
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


def write_proven(proto: onnx.ModelProto, output: Path, prove: Callable[[Path], object]) -> None:
    """Write the file `output` once a draft of it, of the same name, has passed `prove`, which raises where it does not.

    Raises ExportError where the file is too large; then, and where `prove` raises, nothing is written.
    """
    proto.ir_version = min(proto.ir_version, LARGEST_IR)
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / output.name
        onnx.save(proto, draft)
        if draft.stat().st_size > LARGEST_FILE:
            raise ExportError(f"{output.name} has {draft.stat().st_size} bytes, more than {LARGEST_FILE}.")
        prove(draft)
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_bytes(draft.read_bytes())


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
