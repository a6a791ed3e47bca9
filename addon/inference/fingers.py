"""Fingers from what an animator has set: one pose, or a motion between keys, by one model file and one way to ask.

Angles are the 20 of `core.hand.DOF` a hand, radians, the left hand first; NaN stands for what is not known.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.errors import MenderError
from ..core.finger_fill import ANGLES, HANDS
from ..core.finger_follow import FingerStatistics
from ..core.finger_motion import MotionModel, generated
from ..core.finger_pose import MODES, ORDERS, Mode, Order, PoseModel, completed
from ..core.finger_samples import Liveliness
from ..core.hand_gaussian import PER_HAND, HandGaussian, Places, channel, variance_told
from ..core.hand_prototypes import HandPrototypes
from ..core.rotation import Array
from ..core.von_mises import Mixture
from .card import ModelCardError
from .session import Model

KIND = "finger_sampler"
CONSTANTS = (
    *("hand_mean", "hand_covariance", "hand_memory", "curve_mean", "curve_covariance", "curve_between"),
    *("prototype_poses", "prototype_weight", "prototype_group", "prototype_spread"),
    *("limits", "best_order", "liveliness"),
)
"""What a file carries beside its networks, as outputs that are always the same."""
POSE_INPUTS = ("known", "values", "queries", "means", "scales")
FILL_INPUT, FILL_OUTPUT, POSE_OUTPUT = "motion", "filling", "mixture"


def complete_pose(
    model: Model,
    known: Array,
    mode: Mode = "likely",
    seed: int = 0,
    temperature: float = 1.0,
    order: Order = "best",
) -> Array:
    """The whole pose from the angles that are known: radians of the same shape as `known`, those known unchanged.

    known: (20,) one hand, right or left, or (2, 20) both, of which each sees the other; NaN what is to be found.
    mode: `likely`, each angle's likeliest value given those before; `average`, what errs least; `sample`, one drawn by
    `seed`, the more daring the higher `temperature` (1 is as in the training takes). order: in which angles follow each
    other, except in an average. Found angles lie within the joints' limits.
    Raises ModelCardError for a model of another kind or version, ValueError for another shape, mode, order or
    temperature, MenderError where the network gives no finite numbers.
    """
    if order not in ORDERS:
        raise ValueError(f"order must be one of {', '.join(ORDERS)}, not {order!r}")
    _check(mode, temperature)
    both, places, values, wanted = _split(known)
    rng = np.random.default_rng(seed)
    found = completed(_parts(model).pose, places, values, wanted, mode, order, rng, temperature)
    hand, angle = np.divmod(wanted.channel, PER_HAND)
    both[hand, angle] = found
    return both if np.ndim(known) == HANDS else both[1]


def fill(
    model: Model,
    frames: Array,
    keyed: Array,
    wrist: Array,
    fps: float,
    mode: Mode = "average",
    seed: int = 0,
    temperature: float = 1.0,
    progress: Callable[[float], None] | None = None,
) -> Array:
    """(T, 2, 20) radians at `frames`: the keys exactly as they are, and what the model makes of the rest.

    frames: (T,) rising, whole or not. keyed: (T, 2, 20), NaN where there is no key; any angles may have keys anywhere,
    or nowhere. wrist: (T, 2, 7) where each wrist is and how the hand's axes (`core.hand`: its `frame` after the
    wrist's own rotation) lie in the world: position in metres, Y up, and rotation wxyz; NaN throughout for one that is
    not known. mode: `average` (and `likely`, the same here) errs least; `sample` moves as hands move, drawn by `seed`.
    A hand without any key gets a plausible performance, not the true one. progress: is told the share that is done and
    may raise to stop. Raises as `complete_pose` does.
    """
    times = np.asarray(frames, dtype=np.float64) / fps if np.isfinite(fps) and fps > 0 else np.full(1, np.nan)
    count = len(times)
    if keyed.shape != (count, HANDS, ANGLES) or wrist.shape != (count, HANDS, 7):
        raise ValueError(f"keys must be ({count}, 2, 20) and wrists ({count}, 2, 7), not {keyed.shape}, {wrist.shape}")
    if not count or not np.all(np.isfinite(times)) or np.any(np.diff(times) <= 0):
        raise ValueError("frames must be rising finite numbers, at least one, and fps a positive one")
    _check(mode, temperature)
    rng = np.random.default_rng(seed)
    keys, wrists = (np.asarray(part, dtype=np.float64) for part in (keyed, wrist))
    return generated(_parts(model), times, keys, wrists, mode, rng, temperature, progress)


def entropy(model: Model, known: Array) -> Array:
    """How little is known of each angle, nats, of the same shape as `known`: NaN where it is known.

    known: as in `complete_pose`. An angle known to a degree has about -2.6 nats, one that may be anything 1.8.
    """
    both, places, values, wanted = _split(known)
    result = np.full_like(both, np.nan)
    hand, angle = np.divmod(wanted.channel, PER_HAND)
    if len(wanted.channel):
        result[hand, angle] = _parts(model).pose.grid(places, values, wanted).entropy
    return result if np.ndim(known) == HANDS else result[1]


def next_to_pose(model: Model, known: Array) -> tuple[int, int] | None:
    """Hand (0 left, 1 right) and angle whose value would tell most of what is not known; None where all is known.

    known: as in `complete_pose`; of a single hand the number 1 is told. It is the angle that would take most variance
    away, in the closed-form Gaussian.
    """
    _, places, values, wanted = _split(known)
    if not len(wanted.channel):
        return None
    covariance = _parts(model).pose.gaussian.posterior(places, values, wanted)[1]
    hand, angle = divmod(int(wanted.channel[np.argmax(variance_told(covariance))]), PER_HAND)
    return hand, angle


def joint_limits(model: Model) -> Array:
    """(2, 20) radians: the lowest and highest angle that the model lets a joint have."""
    return _parts(model).pose.limits


def _check(mode: str, temperature: float) -> None:
    if mode not in MODES:
        raise ValueError(f"mode must be one of {', '.join(MODES)}, not {mode!r}")
    if not (np.isfinite(temperature) and temperature > 0):
        raise ValueError(f"temperature must be a positive number, not {temperature}")


def _split(known: Array) -> tuple[Array, Places, Array, Places]:
    """Both hands (2, 20), what is known of them, its values, and what is wanted; a hand alone is the right one."""
    if known.shape not in ((ANGLES,), (HANDS, ANGLES)):
        raise ValueError(f"known must be (20,) or (2, 20), not {known.shape}")
    both = np.full((HANDS, ANGLES), np.nan)
    hands = range(HANDS) if known.ndim == HANDS else (1,)
    both[list(hands)] = known
    channels = np.array([channel(hand, angle) for hand in hands for angle in range(ANGLES)])
    flat = both[list(hands)].ravel()
    there = np.isfinite(flat)
    seen, wanted = (Places(chosen, np.zeros(len(chosen))) for chosen in (channels[there], channels[~there]))
    return both, seen, flat[there], wanted


@lru_cache(maxsize=8)
def _parts(model: Model) -> MotionModel:
    card = model.card
    if card.kind != KIND:
        raise ModelCardError(f"{card.label} is a {card.kind}, not a {KIND}: choose a model of fingers.")
    asks, tells = ({tensor.name for tensor in tensors} for tensors in (card.inputs, card.outputs))
    if asks != {*POSE_INPUTS, FILL_INPUT} or tells != {POSE_OUTPUT, FILL_OUTPUT, *CONSTANTS}:
        raise ModelCardError(f"{card.label} was exported by another version of Mocap Mender: export it again.")
    constants = dict(zip(CONSTANTS, _run(model, CONSTANTS, {}), strict=True))
    doubled = {name: value.astype(np.float64) for name, value in constants.items()}
    gaussian = HandGaussian(doubled["hand_mean"], doubled["hand_covariance"], doubled["hand_memory"])
    poses, weight, spread = (doubled[f"prototype_{part}"] for part in ("poses", "weight", "spread"))
    prototypes = HandPrototypes(poses, weight, constants["prototype_group"].astype(np.int64), spread)
    curves = FingerStatistics(doubled["curve_mean"], doubled["curve_covariance"], doubled["curve_between"], prototypes)

    def fill_network(features: Array) -> Array:
        return _run(model, (FILL_OUTPUT,), {FILL_INPUT: features})[0]

    def predict(
        known: NDArray[np.int64], values: Array, wanted: NDArray[np.int64], means: Array, scales: Array
    ) -> Mixture:
        asked: dict[str, Any] = dict(zip(POSE_INPUTS, (known, values, wanted, means, scales), strict=True))
        return Mixture(*_run(model, (POSE_OUTPUT,), asked)[0].transpose(1, 0, 2))

    best = constants["best_order"].astype(np.int64)
    pose = PoseModel(predict, gaussian, prototypes, doubled["limits"], best)
    return MotionModel(fill_network, curves, pose, Liveliness(*(float(number) for number in doubled["liveliness"])))


@lru_cache(maxsize=8)
def _unused(model: Model) -> dict[str, Array]:
    """Empty values of all inputs: the runtime wants every one, and leaves out the network whose own are empty."""
    kinds: dict[str, Any] = {"known": np.int64, "queries": np.int64}
    found = {}
    for tensor in model.card.inputs:
        # Of the motion there may be no frames, but there is a hand.
        free = {"H": 1} if tensor.name == FILL_INPUT else {}
        shape = [free.get(size, 0) if isinstance(size, str) else size for size in tensor.shape]
        found[tensor.name] = np.zeros(shape, dtype=kinds.get(tensor.name, np.float32))
    return found


def _run(model: Model, outputs: tuple[str, ...], inputs: dict[str, Array]) -> list[Array]:
    """The outputs asked for. Raises MenderError where they are not finite."""
    found: list[Array] = model.session.run(outputs, {**_unused(model), **inputs})
    for value in found:
        if not np.isfinite(value).all():
            raise MenderError(f"{model.card.label} gave numbers that are not finite: choose another model.")
    return found
