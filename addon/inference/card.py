"""The card of a model file: what the network takes, gives and was trained on, as JSON inside the `.onnx`.

Only the record and its checks live here; nothing here opens a model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

import numpy as np

from ..core.errors import MenderError
from ..core.rotation import Array, normalize
from ..core.skeleton import Skeleton, end_sites_of

METADATA_KEY = "mocap_mender"
"""The key of the card among an ONNX file's `metadata_props`."""

SCHEMA = 1
_FASTEST = 1e6
KINDS = ("pose_autoencoder", "denoiser", "finger_sampler")


class ModelCardError(MenderError):
    """A card that is missing, unreadable or does not fit: says what and what to do."""


@dataclass(frozen=True)
class Tensor:
    """An input or output of the network. `shape` holds whole numbers, and names for sizes that are free."""

    name: str
    shape: tuple[int | str, ...]
    unit: str


@dataclass(frozen=True, eq=False)
class ModelCard:
    """What a model is made for.

    kind: one of `KINDS`.
    joints: J joint names in the network's order.
    parents: J indices into `joints`; -1 hangs on the body's root joint, which no pose model sees.
    offsets: (J, 3) metres, from the parent's position in the rest pose, Y up.
    tips: (J, 3) metres, from each last joint of a chain to its tip in the rest pose; zero for all others, and where it
        is not known.
    reference: (J, 4) unit quaternions, the mean pose: rotations are given the sign that lies nearer to it.
    fps: the rate that the network expects; None for one that sees a pose at a time.
    window: frames that it sees at once; None where it takes any number.
    normalisation: in words, and where it happens ("inside the network").
    inputs, outputs: of a pose_autoencoder the first of each is (any, J * 4), rotations wxyz joint by joint; a second
        output may give the code.
    angles: A names of what a finger_sampler's angles are, in order; none for other kinds.
    limits: (2, A) radians, the lowest and highest angle that its joints may have.
    metrics: figures of the model's evaluation, by name.
    created_by: the commit that made the file.

    Raises ModelCardError where these do not fit together.
    """

    kind: str
    name: str
    label: str
    version: str
    description: str
    joints: tuple[str, ...]
    parents: tuple[int, ...]
    offsets: Array
    reference: Array
    fps: float | None
    window: int | None
    normalisation: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    training_data: str
    licence: str
    metrics: Mapping[str, Any] = field(default_factory=dict)
    created_by: str = ""
    tips: Array = field(default_factory=lambda: np.zeros((0, 3), dtype=np.float32))
    angles: tuple[str, ...] = ()
    limits: Array = field(default_factory=lambda: np.zeros((2, 0), dtype=np.float32))
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        _check_schema(self.schema)
        if self.kind not in KINDS:
            raise _does_not_fit(f"its kind is {_shown(self.kind)}, not one of {', '.join(KINDS)}")
        if not self.name:
            raise _does_not_fit("it has no name")
        joints = len(self.joints)
        if isinstance(self.tips, list | np.ndarray) and not len(self.tips):
            object.__setattr__(self, "tips", np.zeros((joints, 3), dtype=np.float32))
        shapes = (("offsets", (joints, 3)), ("tips", (joints, 3)), ("reference", (joints, 4)))
        for key, shape in (*shapes, ("limits", (2, len(self.angles)))):
            object.__setattr__(self, key, _numbers(getattr(self, key), shape, key))
        lengths = np.linalg.norm(self.reference.astype(np.float64), axis=-1)
        if np.any((lengths < 1e-6) | (lengths > 1e6)):
            raise _does_not_fit("a reference rotation has no length, or is no quaternion at all")
        if np.any(self.limits[0] > self.limits[1]):
            raise _does_not_fit("an angle's lowest limit is above its highest")
        object.__setattr__(self, "reference", normalize(self.reference))
        if self.fps is not None and not (_is_number(self.fps) and 0 < self.fps < _FASTEST):
            raise _does_not_fit(f"fps must be a positive number or empty, not {_shown(self.fps)}")
        if self.window is not None and not (type(self.window) is int and self.window > 0):
            raise _does_not_fit(f"window must be a positive whole number or empty, not {_shown(self.window)}")
        try:
            Skeleton(tuple(self.joints), tuple(self.parents), self.offsets)
        except (ValueError, TypeError) as error:
            raise _does_not_fit(str(error)) from error
        if self.kind == "pose_autoencoder":
            for key, tensors in (("input", self.inputs), ("output", self.outputs)):
                if not tensors or tensors[0].shape[1:] != (4 * len(self.joints),):
                    raise _does_not_fit(f"its first {key} must be (any, {4 * len(self.joints)})")

    @property
    def skeleton(self) -> Skeleton:
        """The joints as a skeleton; a parent of -1 marks what hangs on the body's root."""
        return Skeleton(self.joints, self.parents, self.offsets, end_sites_of(self.tips))

    def to_json(self) -> str:
        """The card as JSON text for the model file's metadata; `from_json` reads it."""
        content = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        content |= {
            "offsets": self.offsets.tolist(),
            "tips": self.tips.tolist(),
            "limits": self.limits.tolist(),
            "reference": self.reference.tolist(),
            "inputs": [asdict(tensor) for tensor in self.inputs],
            "outputs": [asdict(tensor) for tensor in self.outputs],
            "metrics": dict(self.metrics),
        }
        return json.dumps(content, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> ModelCard:
        """Read a card. Keys that this version does not know are left out.

        Raises ModelCardError where the text is no card, or a card that does not fit.
        """
        try:
            content = json.loads(text, parse_constant=_refused)
        except (ValueError, RecursionError) as error:
            raise _does_not_fit("it is not JSON") from error
        if not isinstance(content, dict):
            raise _does_not_fit("it is not a JSON object")
        _check_schema(content.get("schema"))
        content = {"tips": [], "angles": [], "limits": [[], []], **content}
        missing = [entry.name for entry in fields(cls) if entry.name not in content]
        if missing:
            raise _does_not_fit(f"it lacks {', '.join(missing)}")
        known = {entry.name: content[entry.name] for entry in fields(cls)}
        known |= {
            "joints": _strings(content["joints"], "joints"),
            "parents": _whole_numbers(content["parents"], "parents"),
            "angles": _strings(content["angles"], "angles"),
            "inputs": _tensors(content["inputs"], "inputs"),
            "outputs": _tensors(content["outputs"], "outputs"),
        }
        for key in _TEXTS:
            if not isinstance(known[key], str):
                raise _does_not_fit(f"{key} must be text, not {_shown(known[key])}")
        if not isinstance(known["metrics"], dict):
            raise _does_not_fit("metrics must be a JSON object")
        return cls(**known)


_TEXTS = ("kind", "name", "label", "version", "description", "normalisation", "training_data", "licence", "created_by")


def _refused(constant: str) -> None:
    raise ValueError(f"JSON has no {constant}")


def _check_schema(schema: object) -> None:
    if schema != SCHEMA:
        raise ModelCardError(
            f"The model's card has schema {str(schema)[:20]} and this version of Mocap Mender reads schema {SCHEMA}; "
            "update the extension or export the model again."
        )


def _does_not_fit(why: str) -> ModelCardError:
    return ModelCardError(f"The model's card does not fit: {why}; export the model again.")


def _shown(value: object) -> str:
    """What a card says, no longer than fits into a sentence."""
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}…"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def _numbers(values: object, shape: tuple[int, ...], key: str) -> Array:
    try:
        with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused below
            array = np.asarray(values, dtype=np.float32)
    except (ValueError, TypeError, OverflowError) as error:
        raise _does_not_fit(f"{key} must be numbers {shape}") from error
    if array.shape != shape or not np.all(np.isfinite(array)):
        raise _does_not_fit(f"{key} must be finite numbers {shape}, not {array.shape}")
    return array


def _strings(values: object, key: str) -> tuple[str, ...]:
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise _does_not_fit(f"{key} must be a list of names")
    return tuple(values)


def _whole_numbers(values: object, key: str) -> tuple[int, ...]:
    if not isinstance(values, list) or not all(type(value) is int for value in values):
        raise _does_not_fit(f"{key} must be a list of whole numbers")
    return tuple(values)


def _tensors(values: object, key: str) -> tuple[Tensor, ...]:
    if not isinstance(values, list) or not all(_is_tensor(value) for value in values):
        raise _does_not_fit(f"{key} must be a list, each with a name, a unit and a shape of whole numbers and names")
    return tuple(Tensor(value["name"], tuple(value["shape"]), value["unit"]) for value in values)


def _is_tensor(value: object) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("name"), str)
        and isinstance(value.get("unit"), str)
        and isinstance(value.get("shape"), list)
        and all(type(size) in (int, str) for size in value["shape"])
    )
