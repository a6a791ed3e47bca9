"""A trained finger model as one ONNX file: two networks and their closed forms, proven to compute the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import compose, helper, numpy_helper

from addon.core.finger_fill import FEATURES, FPS, OUTPUTS, OWN_WRIST_KNOWN, SINCE, UNTIL
from addon.core.hand import DOF, JOINTS, SIDES
from addon.core.hand_gaussian import BEGIN, CHANNELS, FRAMES
from addon.inference.card import METADATA_KEY, ModelCard
from addon.inference.card import Tensor as CardTensor
from addon.inference.fingers import CONSTANTS, FILL_INPUT, FILL_OUTPUT, KIND, POSE_INPUTS, POSE_OUTPUT
from addon.inference.session import load_model
from training.config import HandsRecipe
from training.data import hands
from training.data.hands import Sources
from training.environment import commit
from training.evaluation import shipped_metrics
from training.hands import load
from training.models.hand_model import HandModel
from training.models.hands_any_order import COMPONENTS, FORMS
from training.recipes import RECIPES
from training.runs import read

from .half import store_half
from .hands_pose import pose_proto
from .promises import OPSET, VERSION, ExportError, check_structure, write_proven
from .traces import remove_traces

TOLERANCE = 1e-4
"""Of the networks' outputs: means in radians, logarithms of weights, of kappa and of rates."""
FILL_LENGTHS = ((2, 1), (2, 37), (1, 300))
POSE_SIZES = ((0, 1), (7, 33), (120, 6))
"""Known places and wanted ones that the file is compared with PyTorch on."""

LABELS = {"hands": "Fingers (non-commercial)", "hands-open": "Fingers"}
TEXT = (
    "Completes poses of the fingers and animates them between keys, for both hands, from any angles that are known; "
    "the wrists' motion tells when fingers move."
)


MODELS = {"all": Path("models-noncommercial"), "open": Path("addon/models")}
"""Where a file goes: with those that ship, or beside them where the licence of its data does not let it."""


def is_run(folder: Path) -> bool:
    """Whether a folder holds a run on hands."""
    recipe = RECIPES.get(read(folder).get("recipe", ""), {}).get("cpu")
    return isinstance(recipe, HandsRecipe)


def export_run(folder: Path, output: Path | None = None) -> Path:
    """Write the finished run on hands in `folder` as an ONNX file, by default where its licence puts it; its path.

    Raises RunError or WeightsMissingError for a run that is not finished, ExportError as `export_model` does.
    """
    run = load(folder)
    sources = run.recipe.sources
    return export_model(run.name, sources, run.model, output or MODELS[sources] / f"{run.name}.onnx")


def export_model(name: str, sources: Sources, model: HandModel, output: Path) -> Path:
    """Write a finger model as the ONNX file `output`; returns `output`.

    Raises ExportError for one without a network between keys or of another form than `queries`, and where its numbers,
    axes, versions or size are not what is promised; then nothing is written.
    """
    if not model.fill.members or model.pose.transformer.form != "queries":
        raise ExportError(f"{name} was trained to be compared with, not to animate: train hands or hands-open.")
    model = model.eval()
    pose = compose.add_prefix(pose_proto(model.pose), "pose/", rename_inputs=False, rename_outputs=False)
    proto = joined(_fill_proto(model), pose, name)
    check_structure(proto)
    _add_constants(proto, model)
    store_half(proto)
    remove_traces(proto)
    entry = proto.metadata_props.add()
    entry.key, entry.value = METADATA_KEY, _card(name, sources, model).to_json()
    write_proven(proto, output, lambda draft: check_parity(model, draft))
    return output


def joined(fill: onnx.ModelProto, pose: onnx.ModelProto, name: str) -> onnx.ModelProto:
    """Both networks in one graph, that between keys run only where there is motion.

    The runtime computes every node of a graph, whatever output is asked for, but of an If one branch alone: so that a
    pose does not wait for the network between keys. Where there is no pose, the other network's nodes do nothing.
    """
    graph = fill.graph
    (output,) = graph.output
    result, nothing = onnx.ValueInfoProto(), onnx.ValueInfoProto()
    for inner, value in (("run", result), ("nothing", nothing)):
        value.CopyFrom(output)
        value.name = f"{output.name}.{inner}"
    for node in graph.node:
        node.output[:] = [result.name if made == output.name else made for made in node.output]
        node.input[:] = [result.name if used == output.name else used for used in node.input]
    none, wanted, size, many = (f"{output.name}.{step}" for step in ("none", "wanted", "size", "many"))
    run = helper.make_graph(list(graph.node), result.name, [], [result])
    empty = numpy_helper.from_array(np.zeros((1, 0, OUTPUTS), dtype=np.float32))
    skip = helper.make_graph(
        [helper.make_node("Constant", [], [nothing.name], value=empty)], nothing.name, [], [nothing]
    )
    nodes = [
        *pose.graph.node,
        helper.make_node("Shape", [FILL_INPUT], [size], start=1, end=2),
        helper.make_node("Squeeze", [size], [many]),
        helper.make_node("Greater", [many, none], [wanted]),
        helper.make_node("If", [wanted], [output.name], then_branch=run, else_branch=skip),
    ]
    kept = [*graph.initializer, *pose.graph.initializer, numpy_helper.from_array(np.array(0, dtype=np.int64), none)]
    both = helper.make_graph(nodes, name, [*graph.input, *pose.graph.input], [output, *pose.graph.output], kept)
    opsets = [entry for entry in fill.opset_import if entry.domain in ("", "ai.onnx")]
    return helper.make_model(both, opset_imports=opsets, functions=[*fill.functions, *pose.functions])


def check_parity(model: HandModel, path: Path) -> float:
    """The largest difference between PyTorch and the installed onnxruntime. Raises ExportError beyond TOLERANCE."""
    session, worst = load_model(path).session, np.float32(0)
    unused_fill = {FILL_INPUT: _motion(1, 1)[:, :0]}
    unused_pose = dict(zip(POSE_INPUTS, (part[:0] for part in _asked(1, 1)), strict=True))
    for batch, frames in FILL_LENGTHS:
        motion = _motion(batch, frames)
        with torch.no_grad():
            want = model.fill(torch.from_numpy(motion)).numpy()
        (got,) = session.run([FILL_OUTPUT], {**unused_pose, FILL_INPUT: motion})
        worst = np.maximum(worst, np.max(np.abs(want - got)))
    for known, wanted in POSE_SIZES:
        asked = _asked(known, wanted)
        # As one batch of the network as it was trained, which begins every set by itself.
        places, values, queries, means, scales = (torch.from_numpy(part)[None] for part in asked)
        with torch.no_grad():
            (want,) = model.pose.predict(
                places[:, 1:], values[:, 1:, 0], queries, means, scales[..., :-1], scales[:, 0, -1]
            ).numpy()
        (got,) = session.run([POSE_OUTPUT], {**unused_fill, **dict(zip(POSE_INPUTS, asked, strict=True))})
        worst = np.maximum(worst, np.max(np.abs(want - got)))
    if not worst <= TOLERANCE:  # no number is refused too
        raise ExportError(f"{path.name} differs from PyTorch by {worst:.1e}, more than {TOLERANCE}: not exported.")
    return float(worst)


def _fill_proto(model: HandModel) -> onnx.ModelProto:
    free = torch.export.Dim
    program = torch.onnx.export(
        model.fill,
        (torch.from_numpy(_motion(2, 50)),),
        input_names=[FILL_INPUT],
        output_names=[FILL_OUTPUT],
        dynamic_shapes={"features": {0: free("H", min=1, max=64), 1: free("T", min=1, max=100_000)}},
        opset_version=OPSET,
        dynamo=True,
        optimize=True,
        verbose=False,
    )
    return compose.add_prefix(program.model_proto, "fill/", rename_inputs=False, rename_outputs=False)


def _add_constants(proto: onnx.ModelProto, model: HandModel) -> None:
    """Let the file carry the closed forms as outputs that are always the same: the add-on reads them once."""
    for name in CONSTANTS:
        values = getattr(model, name).numpy()
        kind = helper.np_dtype_to_tensor_dtype(values.dtype)
        proto.graph.initializer.append(numpy_helper.from_array(values, f"{name}.kept"))
        proto.graph.node.append(helper.make_node("Identity", [f"{name}.kept"], [name]))
        proto.graph.output.append(helper.make_tensor_value_info(name, kind, values.shape))


def _card(name: str, sources: Sources, model: HandModel) -> ModelCard:
    joints = tuple(f"{side} {joint}" for side in SIDES for joint in JOINTS)
    parents = tuple(i - 1 if i % 3 else -1 for i in range(len(joints)))
    identity = np.tile(np.array([1.0, 0.0, 0.0, 0.0], dtype=np.float32), (len(joints), 1))
    places, radians = "channel + frame · 46", "radians"
    return ModelCard(
        kind=KIND,
        name=name,
        label=LABELS[name],
        version=VERSION,
        description=TEXT,
        joints=joints,
        parents=parents,
        offsets=np.zeros((len(joints), 3), dtype=np.float32),
        reference=identity,
        fps=FPS,
        window=FRAMES,
        normalisation="in addon.core.finger_fill and by the closed forms in the file",
        inputs=(
            CardTensor(FILL_INPUT, ("H", "T", FEATURES), "as in addon.core.finger_fill.features"),
            CardTensor("known", ("K",), f"{places}; {BEGIN} first"),
            CardTensor("values", ("K", 1), f"{radians}; 0 first"),
            CardTensor("queries", ("Q",), places),
            CardTensor("means", ("Q", FORMS), radians),
            CardTensor("scales", ("Q", FORMS + 1), f"{radians} of deviations, and seconds between frames"),
        ),
        outputs=(
            CardTensor(FILL_OUTPUT, ("H", "T", OUTPUTS), "radians, logarithm of a rate, logarithm of radians"),
            CardTensor(POSE_OUTPUT, ("Q", 3, COMPONENTS), "logarithms of weights, radians, logarithms of kappa"),
            *(CardTensor(part, tuple(getattr(model, part).shape), "as named") for part in CONSTANTS),
        ),
        training_data=hands.DESCRIPTIONS[sources],
        licence=hands.LICENCES[sources],
        metrics=shipped_metrics(name),
        created_by=commit(),
        angles=tuple(f"{side} {angle}" for side in SIDES for angle in DOF),
        limits=np.tile(model.limits.numpy(), (1, len(SIDES))),
    )


def _motion(batch: int, frames: int) -> np.ndarray:
    motion = np.random.default_rng(0).normal(0, 0.7, (batch, frames, FEATURES)).astype(np.float32)
    for distance in (SINCE, UNTIL):
        motion[..., distance] = np.abs(motion[..., distance])
    motion[..., OWN_WRIST_KNOWN] = motion[..., OWN_WRIST_KNOWN] > 0
    return motion


def _asked(known: int, wanted: int) -> tuple[np.ndarray, ...]:
    """The any-order network's inputs, the same each time."""
    rng = np.random.default_rng(0)
    places = rng.permutation(3 * CHANNELS)[: known + wanted]
    values, means = (rng.normal(0.3, 0.4, shape).astype(np.float32) for shape in ((known, 1), (wanted, FORMS)))
    scales = rng.uniform(0.05, 0.4, (wanted, FORMS + 1)).astype(np.float32)
    scales[:, -1] = 0.1
    begun = np.append(BEGIN, places[:known]), np.concatenate([np.zeros((1, 1), np.float32), values])
    return *begun, places[known:], means, scales
