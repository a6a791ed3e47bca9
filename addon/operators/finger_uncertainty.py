"""What a model does not know of the fingers: the entropy of each finger bone, and which to pose next."""

# Blender reads properties from annotations, which mypy takes for types.
# mypy: disable-error-code="valid-type, override, misc"

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import bpy
import numpy as np
from bpy.props import StringProperty
from numpy.typing import NDArray

from ..blender.armature import require_armature
from ..blender.rigged_hand import RiggedHand
from ..core.errors import MenderError
from ..core.hand import DOF
from ..core.rotation import Array
from ..finger_properties import FingerOptions, finger_settings_of
from ..inference import fingers
from ..inference.session import Model
from . import needs
from .choice import chosen_finger_model, selected_bones
from .fingering import chosen_sides, hands_with_map, known_pose, pose_channels, posed_bones
from .reporting import reports_errors


@dataclass(frozen=True)
class Uncertainty:
    """Bone -> nats, the most of its angles, for the finger bones that are not given; and the bones that are."""

    entropy: dict[str, float]
    given: frozenset[str]


def uncertainty(obj: Any, options: Any, model_name: str, frame: float) -> Uncertainty:
    """How much is not known of each finger bone of the chosen hands, given those that tell the pose.

    Raises MenderError where there are no hands or no model; bones that nobody has posed yet count as not given.
    """
    found = hands_with_map(obj, pose_channels(obj))
    given = _given(obj, found, options.posed, frame)
    known = known_pose(obj, found, given)
    nats = _entropy(chosen_finger_model(model_name), known.tobytes(), tuple(hand.side for hand in found))
    result = {}
    for hand in _chosen(found, options):
        for place, bone in enumerate(hand.rig.bones):
            own = nats[hand.side][_angles(hand, place)]
            if bone not in given and np.isfinite(own).any():
                result[bone] = float(np.nanmax(own))
    return Uncertainty(result, frozenset(given))


@lru_cache(maxsize=64)
def _entropy(model: Model, known: bytes, sides: tuple[int, ...]) -> Array:
    """(2, 20) nats. Kept: the view is drawn many times for one pose."""
    pose = np.frombuffer(known).reshape(2, len(DOF))
    result = np.full(pose.shape, np.nan)
    nats = fingers.entropy(model, pose if len(sides) > 1 else pose[sides[0]])
    result[list(sides)] = nats if nats.ndim > 1 else nats[None]
    return result


def _select(obj: Any, name: str, beside: bool) -> None:
    """Make a bone the active one and select it: alone, or beside those that are selected already."""
    for bone in obj.pose.bones:
        # From 5.0 on the pose bone is selected, before that the armature's bone.
        shown = bone if bpy.app.version >= (5, 0, 0) else bone.bone
        shown.select = bone.name == name or (beside and shown.select)
    obj.data.bones.active = obj.data.bones[name]


def _given(obj: Any, found: list[RiggedHand], posed: str, frame: float) -> set[str]:
    try:
        return posed_bones(obj, found, posed, selected_bones(obj), frame)
    except MenderError:
        return set()


def _chosen(found: list[RiggedHand], options: Any) -> list[RiggedHand]:
    """The chosen hands; those that there are, where the armature has none of them."""
    return [hand for hand in found if hand.side in chosen_sides(options)] or found


def _angles(hand: RiggedHand, place: int) -> NDArray[np.bool_]:
    joint = hand.rig.joint[place]
    return np.isin(hand.rig.hand.joint, (joint, joint + 1) if hand.rig.doubled[place] else (joint,))


class MOCAP_MENDER_OT_next_finger(needs.Needing, FingerOptions, bpy.types.Operator):
    """Select the finger bone whose pose would tell most about the others"""

    bl_idname = "mocap_mender.next_finger"
    bl_label = "Pose This Joint Next"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012 - the form that Blender reads
    needed = (needs.own_armature, needs.runtime)

    model: StringProperty(name="Model", description="Name of the model to use; empty: the default one")

    @reports_errors
    def execute(self, context: bpy.types.Context) -> set[str]:
        """Make that bone active, and say which angle it is about."""
        obj: Any = require_armature(context.object)
        scene: Any = context.scene
        found = hands_with_map(obj, pose_channels(obj))
        given = _given(obj, found, self.posed, float(scene.frame_current_final))
        known = known_pose(obj, found, given)
        for hand in found:  # an angle that no bone shows is not to be asked for
            known[hand.side, ~hand.rig.usable] = hand.rig.rest_dof()[~hand.rig.usable]
        sides = [hand.side for hand in _chosen(found, self)]
        model = chosen_finger_model(self.model)
        asked = fingers.next_to_pose(model, known if len(sides) > 1 else known[sides[0]])
        if asked is None:
            raise MenderError("Every finger bone tells the pose already: there is nothing left to complete.")
        side, angle = asked if len(sides) > 1 else (sides[0], asked[1])
        hand = next(hand for hand in found if hand.side == side)
        bone = next(bone for place, bone in enumerate(hand.rig.bones) if _angles(hand, place)[angle])
        _select(obj, bone, beside=self.posed == "SELECTED")
        line = f"{bone}: {DOF[angle]}"
        finger_settings_of(scene).next_line = line
        self.report({"INFO"}, f"Pose next: {line}")
        return {"FINISHED"}
