"""What is promised of every exported file, whatever network it holds, and what every card says alike."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx

from addon.core.errors import MenderError
from addon.inference.card import ModelCard
from training import runs
from training.data.poses import PoseFrame

OPSET = 18
LARGEST_IR = 10
VERSION = "1.0.0"


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


def commit() -> str:
    """The commit that the project stands at."""
    command = ["git", "rev-parse", "HEAD"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parent)
    except (OSError, subprocess.CalledProcessError):
        return "unknown: exported outside a git checkout"
    return found.stdout.strip()


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
