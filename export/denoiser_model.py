"""A trained denoiser of motion as one ONNX file, its big weights in half precision, proven to compute the same."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from torch import nn

from addon.core.rotation import aligned, normalize
from addon.core.temporal import GUESSED
from addon.inference.card import ModelCard, Tensor
from addon.inference.denoiser import LIKELY
from addon.inference.session import load_model
from training import runs
from training.data import cmu
from training.data.poses import PoseFrame
from training.data.stretches import MODEL_FPS
from training.environment import commit
from training.evaluation import shipped_metrics
from training.models.denoiser import BodyDenoiser

from .half import store_half
from .promises import OPSET, VERSION, ExportError, check_structure, describe, joint_tips, write_proven
from .traces import remove_traces

TOLERANCE = 2e-5
"""Of quaternion components, 0.002 degrees: what float32 rounds to where a hole begins, over a thousand frames."""
ROUNDINGS, MOST = 4.0, 2e-4
"""A network that has learned from little is steep where it has seen nothing: single precision itself is off by more
there. A file may differ by so many times what PyTorch's own single precision is off from double, to 0.02 degrees."""
LENGTHS = ((1, 1), (1, 2), (2, 3), (1, 37), (3, 64), (1, 1000))
"""Batches and frames that the file is compared with PyTorch on."""

LABEL = "Denoise motion"
TEXT = (
    "Removes noise, spikes and holes from a body's motion, seeing about two seconds to either side; "
    "finds out by itself how strong the noise is."
)


def export_run(run: runs.Run, output: Path) -> Path:
    """Write a finished run of a denoiser as the ONNX file `output`; returns `output`.

    Raises ExportError where its numbers, axes, versions or size are not what is promised; then nothing is written.
    """
    model = run.model.eval()
    assert isinstance(model, BodyDenoiser)
    program = torch.onnx.export(
        model,
        (torch.from_numpy(_motion(run.frame, 2, 50)),),
        input_names=["rotations"],
        output_names=["denoised"],
        dynamic_shapes={"rotations": {0: torch.export.Dim("B", min=1, max=4096), 1: torch.export.Dim("T", min=1)}},
        opset_version=OPSET,
        dynamo=True,
        optimize=True,
        verbose=False,
    )
    proto = program.model_proto
    check_structure(proto)
    _add_likely(proto, model)
    store_half(proto)
    remove_traces(proto)
    describe(proto, _card(run), run)
    if any(
        not value.type.tensor_type.shape.dim[1].dim_param for value in (proto.graph.input[0], proto.graph.output[0])
    ):
        raise ExportError("The exporter fixed the number of frames: not exported.")
    write_proven(proto, output, lambda draft: check_parity(model, run.frame, draft))
    return output


def check_parity(model: BodyDenoiser, frame: PoseFrame, path: Path) -> float:
    """The largest difference between PyTorch and the installed onnxruntime, over batches and lengths.

    Raises ExportError where it is beyond TOLERANCE, and beyond what single precision is off by itself.
    """
    session, worst = load_model(path).session, np.float32(0)
    exact, rounding = copy.deepcopy(model).double(), 0.0
    for batch, frames in LENGTHS:
        motion = _motion(frame, batch, frames)
        with torch.no_grad():
            want = model(torch.from_numpy(motion)).numpy()
            rounding = max(rounding, float(np.abs(exact(torch.from_numpy(motion).double()).numpy() - want).max()))
        (got,) = session.run(["denoised"], {"rotations": motion})
        worst = np.maximum(worst, np.max(np.abs(want - got)))  # keeps what is no number
    allowed = max(TOLERANCE, min(ROUNDINGS * rounding, MOST))
    if not worst <= allowed:  # no number is refused too
        raise ExportError(f"{path.name} differs from PyTorch by {worst:.1e}, more than {allowed:.1e}: not exported.")
    return float(worst)


def _add_likely(proto: onnx.ModelProto, model: BodyDenoiser) -> None:
    """Let the file carry what fills holes as outputs that are always the same: the add-on reads them once."""
    for part in LIKELY:
        name = f"likely_{part}"
        values = getattr(model, name).numpy()
        proto.graph.initializer.append(numpy_helper.from_array(values, f"{name}.kept"))
        proto.graph.node.append(helper.make_node("Identity", [f"{name}.kept"], [name]))
        proto.graph.output.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, values.shape))


def _card(run: runs.Run) -> ModelCard:
    frame = run.frame
    shape = ("B", "T", len(frame.joints), 4)
    marks = f"quaternions wxyz; length 1 measured, {GUESSED:g} filled in across a hole, 0 no such joint"
    return ModelCard(
        kind="denoiser",
        name=run.name,
        label=LABEL,
        version=VERSION,
        description=TEXT,
        joints=frame.joints,
        parents=frame.parents,
        offsets=frame.offsets,
        tips=joint_tips(frame),
        reference=frame.reference,
        fps=MODEL_FPS,
        window=None,
        normalisation="inside the network",
        inputs=(Tensor("rotations", shape, marks),),
        outputs=(Tensor("denoised", shape, "unit quaternions wxyz"), *_likely_outputs(run.model)),
        training_data=cmu.MOTION_DESCRIPTION,
        licence=cmu.ACKNOWLEDGEMENT,
        metrics=shipped_metrics(run.name),
        created_by=commit(),
    )


def _likely_outputs(model: nn.Module) -> list[Tensor]:
    units = {"mean": "radians", "basis": "no unit", "rest": "radians²", "lags": "radians²"}
    return [Tensor(f"likely_{part}", tuple(getattr(model, f"likely_{part}").shape), units[part]) for part in LIKELY]


def _motion(frame: PoseFrame, batch: int, frames: int) -> np.ndarray:
    """(batch, frames, J, 4) float32 wandering about the reference, the same each time, with a hole and a joint gone.

    It wanders as far as a body does: on motion that drifts away from every pose float32 itself is off by 1e-5.
    """
    rng = np.random.default_rng(0)
    phases, rates = rng.uniform(0, 2 * np.pi, (2, batch, 1, len(frame.joints), 4))
    time = np.arange(frames)[:, None, None] / MODEL_FPS
    swing = 0.15 * np.sin(rates * time + phases) + rng.normal(0, 0.02, (batch, frames, len(frame.joints), 4))
    motion = aligned(normalize((frame.reference + swing).astype(np.float32)), frame.reference)
    motion[:, frames // 3 : frames // 2] *= GUESSED
    motion[-1, :, 3] = 0
    return motion
