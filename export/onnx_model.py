"""A trained run as one ONNX file: the network with its card inside, proven to compute what PyTorch computes."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from onnx import numpy_helper
from torch import nn

from addon.core.errors import MenderError
from addon.core.rotation import aligned, normalize
from addon.inference.card import ModelCard, Tensor
from addon.inference.session import load_model
from training import runs
from training.data import cmu
from training.data.poses import PoseFrame
from training.environment import commit
from training.evaluation import shipped_metrics
from training.models.denoiser import BodyDenoiser
from training.models.pose_compress import PoseCompressor
from training.models.tutorial import TutorialAutoencoder

from . import denoiser_model, hands_model
from .promises import OPSET, VERSION, ExportError, check_structure, describe, joint_tips, write_proven
from .traces import remove_traces

TOLERANCE = 1e-5
BATCHES = (1, 2, 7, 64, 1000)
MODELS = Path("addon/models")
INPUTS = {"pose": "N", "code_to_decode": "M"}
"""The inputs of a file by name, and what counts their rows; an autoencoder alone has the second."""

LABELS = {
    "tutorial-compress": "Tutorial: compress to 30",
    "tutorial-sparse": "Tutorial: sparse",
    "pose-compress": "Compress a pose to 30",
    "pose-denoise": "Denoise, pose by pose",
}
TEXTS = {
    "tutorial-compress": "The tutorial's autoencoder 120-60-30-60-120: a baseline that changes clean motion.",
    "tutorial-sparse": "The tutorial's autoencoder 120-256-128-256-120, sparse: a baseline that changes clean motion.",
    "pose-compress": "Compresses each pose to 30 numbers and restores it, for CMU's skeleton.",
    "pose-denoise": "Removes noise from each pose on its own, as strongly as the pose itself is noisy.",
}


Autoencoder = TutorialAutoencoder | PoseCompressor
"""Networks whose file gives the code, and takes codes too."""


class _Exported(nn.Module):
    """The network with the outputs of the file: the poses that come back, and nothing else."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, pose: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """(N, J*4) poses to the poses that come back."""
        return (self.model(pose),)


class _ExportedCode(nn.Module):
    """An autoencoder in halves: poses give their codes, and the codes, with those given beside, come back as poses."""

    def __init__(self, model: Autoencoder) -> None:
        super().__init__()
        self.model = model

    def forward(self, pose: torch.Tensor, code_to_decode: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """(N, J*4) poses and (M, K) codes to (N + M, J*4) poses and the (N, K) codes of the first N."""
        code = self.model.encode(pose)
        return self.model.decode(torch.cat([code, code_to_decode])), code


def export_run(run_folder: Path, output: Path) -> Path:
    """Write the finished run in `run_folder` as the ONNX file `output`; returns `output`.

    Raises RunError or WeightsMissingError for a run that is not finished, ExportError where the file's numbers, axes,
    versions or size are not what is promised; then nothing is written.
    """
    run = runs.load(run_folder)
    if isinstance(run.model, BodyDenoiser):
        return denoiser_model.export_run(run, output)
    model = _exported(run.model)
    inputs = _inputs(run.model, run.frame, 3)
    with torch.no_grad():
        outputs = model(*inputs)
    names = ("restored", "code")[: len(outputs)]
    program = torch.onnx.export(
        model,
        inputs,
        input_names=list(INPUTS)[: len(inputs)],
        output_names=list(names),
        dynamic_shapes={name: {0: torch.export.Dim(size)} for name, size in list(INPUTS.items())[: len(inputs)]},
        opset_version=OPSET,
        dynamo=True,
        optimize=True,
        verbose=False,
    )
    proto = program.model_proto
    for name, value in list(zip(INPUTS, inputs, strict=False))[1:]:
        # What a caller may leave away: without it, no codes are decoded.
        proto.graph.initializer.append(numpy_helper.from_array(np.zeros((0, value.shape[1]), np.float32), name))
    widths = {name: value.shape[1] for name, value in zip(names, outputs, strict=True)}
    remove_traces(proto)
    describe(proto, _card(run, widths), run)
    check_structure(proto)
    write_proven(proto, output, lambda draft: check_parity(run.model, run.frame, draft))
    return output


def check_parity(model: nn.Module, frame: PoseFrame, path: Path) -> float:
    """The largest difference between the network in PyTorch and in the installed onnxruntime, over several batches.

    Raises ExportError where it is beyond TOLERANCE.
    """
    exported, session = _exported(model), load_model(path).session
    worst = np.float32(0)
    for batch in BATCHES:
        inputs = _inputs(model, frame, batch)
        with torch.no_grad():
            expected = exported(*inputs)
        given = {name: value.numpy() for name, value in zip(INPUTS, inputs, strict=False)}
        got = session.run(None, given)
        alone = session.run(None, {"pose": given["pose"]})
        for want, found, short in zip(expected, got, alone, strict=True):
            worst = np.maximum(worst, np.max(np.abs(want.numpy() - found)))  # keeps what is no number
            worst = np.maximum(worst, np.max(np.abs(want.numpy()[:batch] - short)))
    if not worst <= TOLERANCE:  # no number is refused too
        raise ExportError(f"{path.name} differs from PyTorch by {worst:.1e}, more than {TOLERANCE}: not exported.")
    return float(worst)


def _card(run: runs.Run, widths: dict[str, int]) -> ModelCard:
    frame = run.frame
    units = {"restored": "quaternions wxyz", "code": "no unit"}
    return ModelCard(
        kind="pose_autoencoder",
        name=run.name,
        label=LABELS[run.name],
        version=VERSION,
        description=TEXTS[run.name],
        joints=frame.joints,
        parents=frame.parents,
        offsets=frame.offsets,
        tips=joint_tips(frame),
        reference=frame.reference,
        fps=None,
        window=None,
        normalisation="inside the network",
        inputs=(Tensor("pose", ("N", 4 * len(frame.joints)), "unit quaternions wxyz, aligned to the reference"),),
        outputs=tuple(Tensor(name, ("N", width), units[name]) for name, width in widths.items()),
        training_data=cmu.DESCRIPTION,
        licence=cmu.ACKNOWLEDGEMENT,
        metrics=shipped_metrics(run.name),
        created_by=commit(),
    )


def _exported(model: nn.Module) -> nn.Module:
    return (_ExportedCode(model) if isinstance(model, Autoencoder) else _Exported(model)).eval()


def _inputs(model: nn.Module, frame: PoseFrame, count: int) -> tuple[torch.Tensor, ...]:
    """What the exported network is given: `count` poses, and of an autoencoder one code more than that."""
    pose = torch.from_numpy(_poses(frame, count))
    if not isinstance(model, Autoencoder):
        return (pose,)
    with torch.no_grad():
        return pose, 0.9 * model.encode(torch.from_numpy(_poses(frame, count + 1)))


def _poses(frame: PoseFrame, count: int) -> np.ndarray:
    """(count, J*4) float32 poses around the reference, the same every time; the first is the reference itself.

    There the rotation vectors are zero, which is where divisions go wrong.
    """
    spread = np.random.default_rng(0).normal(0, 0.2, (count, len(frame.joints), 4))
    spread[0] = 0
    poses = aligned(normalize((frame.reference + spread).astype(np.float32)), frame.reference)
    return poses.reshape(count, -1)


def default_output(run: runs.Run) -> Path:
    """Where a run's file goes: with those that ship, or beside the run where it learned from motion of one's own."""
    return MODELS / f"{run.name}.onnx" if run.origin is None else Path(f"{run.name}-{run.origin.name}.onnx")


def folder_of(run: str) -> Path:
    """The folder of a run that was named: that of a recipe under runs, the one that the project keeps, or a folder."""
    places = (runs.FOLDER / run, runs.KEPT / run)
    return next((place for place in places if place.is_dir()), Path(run))


def main(arguments: list[str]) -> int:
    """`python -m export onnx RUN`: export the run of that name, or in that folder, into addon/models."""
    parser = argparse.ArgumentParser(prog="python -m export onnx", description=main.__doc__)
    parser.add_argument("run", help="a recipe's name, for runs/NAME or the run that the project keeps, or a folder")
    places = "the file to write; by default in addon/models, of a run on your own motion in this folder"
    parser.add_argument("--output", type=Path, help=places)
    typed = parser.parse_args(arguments)
    folder = folder_of(typed.run)
    try:
        if hands_model.is_run(folder):
            path = hands_model.export_run(folder, typed.output)
            sys.stdout.write(f"{path}: {path.stat().st_size / 1000:.0f} kB\n")
            return 0
        path = export_run(folder, typed.output or default_output(runs.load(folder)))
    except MenderError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    sys.stdout.write(f"{path}: {path.stat().st_size / 1000:.0f} kB\n")
    return 0
