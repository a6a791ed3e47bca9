"""`python -m export any-order RUN`: a trained any-order model as one ONNX file, proven to compute the same."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from addon.core.errors import MenderError
from addon.inference.any_order import METADATA_KEY, AnyOrderModel, open_model
from training import digits, runs
from training.models.any_order import AnyOrderTransformer, causal_mask

from .promises import OPSET, ExportError, write_proven
from .traces import remove_traces

TOLERANCE = 1e-5
SHAPES = ((1, 1, 0), (2, 3, 5), (1, 7, 1), (3, 1, 40))
"""Sequences, tokens or queries, and cached tokens or known pairs beside the begin token, that are compared."""

_INPUTS = {
    "triples": ("inputs", "values", "targets", "mask", "keys", "cached"),
    "queries": ("known", "values", "queries"),
}
_OUTPUTS = {"triples": ("logits", "new_keys", "new_values"), "queries": ("logits",)}


class _Extend(nn.Module):
    """The `triples` form's step; its small weights are float32 as in training."""

    def __init__(self, model: AnyOrderTransformer) -> None:
        super().__init__()
        self.model = model

    def forward(self, *told: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """As `AnyOrderTransformer.extend`."""
        inputs, values, targets, mask, keys, cached = told
        return self.model.extend(inputs, values, targets, mask, keys, cached)


class _Ask(nn.Module):
    """The `queries` form: known pairs, the begin token among them, and queries."""

    def __init__(self, model: AnyOrderTransformer) -> None:
        super().__init__()
        self.model = model

    def forward(self, *told: Tensor) -> tuple[Tensor]:
        """Logits (B, Q, C) from known (B, K), values (B, K) and queries (B, Q)."""
        known, values, queries = told
        return (self.model.ask(*self.model.encode(known, values), queries),)


def export_run(folder: Path, output: Path) -> Path:
    """Write a finished any-order run on digits as the ONNX file `output`; returns `output`.

    Raises RunError or WeightsMissingError for a run that is not finished, ExportError where it is of another form, too
    large, or differs from PyTorch; then nothing is written.
    """
    run = digits.load(folder)
    model = run.model
    if not isinstance(model, AnyOrderTransformer) or model.form not in _INPUTS:
        raise ExportError(f"{run.name} has the form {run.recipe.form}: only triples and queries are exported.")
    program = torch.onnx.export(
        _step_of(model),
        _example(model, 2, 3, 5),
        input_names=list(_INPUTS[model.form]),
        output_names=list(_OUTPUTS[model.form]),
        dynamic_shapes={"told": _axes(model.form)},
        opset_version=OPSET,
        dynamo=True,
        optimize=True,
        verbose=False,
    )
    proto = program.model_proto
    remove_traces(proto)
    entry = proto.metadata_props.add()
    entry.key, entry.value = METADATA_KEY, json.dumps(_told(model, run))
    _check_axes(proto)
    write_proven(proto, output, lambda draft: check_parity(model, open_model(draft), output.name))
    return output


def check_parity(model: AnyOrderTransformer, file: AnyOrderModel, name: str) -> float:
    """The largest difference of any output between PyTorch and the installed onnxruntime, over SHAPES.

    Raises ExportError where it is beyond TOLERANCE.
    """
    step, worst = _step_of(model), np.float32(0)
    for shape in SHAPES:
        example = _example(model, *shape)
        with torch.no_grad():
            wanted = step(*example)
        told = {key: value.numpy() for key, value in zip(_INPUTS[model.form], example, strict=True)}
        got = file.session.run(list(_OUTPUTS[model.form]), told)
        for want, value in zip(wanted, got, strict=True):
            worst = np.maximum(worst, np.max(np.abs(want.numpy() - value)))  # keeps what is no number
    if not worst <= TOLERANCE:  # no number is refused too
        raise ExportError(f"{name} differs from PyTorch by {worst:.1e}, more than {TOLERANCE}: not exported.")
    return float(worst)


def _step_of(model: AnyOrderTransformer) -> nn.Module:
    return (_Extend(model) if model.form == "triples" else _Ask(model)).eval()


def _told(model: AnyOrderTransformer, run: digits.DigitsRun) -> dict[str, object]:
    heads = model.blocks[0].heads
    return {
        "form": model.form,
        "name": run.name,
        "count": model.count,
        "classes": run.recipe.levels ** (run.recipe.patch**2),
        "layers": len(model.blocks),
        "heads": heads,
        "head_width": run.recipe.width // heads,
        "patch": run.recipe.patch,
        "levels": run.recipe.levels,
    }


def _example(model: AnyOrderTransformer, sequences: int, tokens: int, before: int) -> tuple[Tensor, ...]:
    """What a step is called with, the same every time; the begin token is among it."""
    generator = torch.Generator().manual_seed(0)
    order = torch.rand(sequences, model.count, generator=generator).argsort(dim=1)
    classes = model.head.out_features
    values = torch.randint(classes, (sequences, model.count), generator=generator)
    inputs = torch.cat((torch.full((sequences, 1), model.count), order), dim=1)
    if model.form == "queries":
        return inputs[:, : before + 1], values[:, : before + 1], order[:, before : before + tokens]
    heads = model.blocks[0].heads
    shape = (len(model.blocks), sequences, heads, before, model.blocks[0].query.out_features // heads)
    keys, cached = torch.randn(2, *shape, generator=generator)
    mask = torch.cat((torch.zeros(tokens, before), causal_mask(tokens, keys.device)), dim=1)
    chain = slice(before, before + tokens)
    return inputs[:, chain], values[:, chain], order[:, chain], mask, keys, cached


def _axes(form: str) -> tuple[dict[int, object], ...]:
    # AUTO: the exporter finds out itself that the mask's width is the sum of the other two.
    free = torch.export.Dim.AUTO
    if form == "queries":
        return ({0: free, 1: free}, {0: free, 1: free}, {0: free, 1: free})
    token, cache = {0: free, 1: free}, {1: free, 3: free}
    return (token, token, token, {0: free, 1: free}, cache, cache)


def _check_axes(proto: onnx.ModelProto) -> None:
    """Raises ExportError where an axis that must stay free was fixed, or weights lie outside the file."""
    onnx.checker.check_model(proto)
    for value in proto.graph.input:
        sizes = value.type.tensor_type.shape.dim
        free = (1, 3) if len(sizes) == 5 else (0, 1)
        if not all(sizes[axis].dim_param for axis in free):
            raise ExportError(f"The exporter fixed a size of {value.name}: not exported.")
    if any(tensor.external_data for tensor in proto.graph.initializer):
        raise ExportError("The exporter left weights outside the file: not exported.")


def main(arguments: list[str]) -> int:
    """`python -m export any-order RUN OUTPUT`: export a finished run on digits."""
    parser = argparse.ArgumentParser(prog="python -m export any-order", description=main.__doc__)
    parser.add_argument("run", help="a recipe's name, for runs/NAME, or a run's folder")
    parser.add_argument("output", type=Path, help="the file to write")
    typed = parser.parse_args(arguments)
    folder = runs.FOLDER / typed.run if (runs.FOLDER / typed.run).is_dir() else Path(typed.run)
    try:
        path = export_run(folder, typed.output)
    except MenderError as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    sys.stdout.write(f"{path}: {path.stat().st_size / 1000:.0f} kB\n")
    return 0
