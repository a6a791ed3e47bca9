"""What moves bones beside their keys is found: constraints, IK chains, drivers and NLA tracks that act."""

from __future__ import annotations

import numpy as np
import pytest

from addon.blender import action
from addon.blender.constraints import what_moves
from tests.blender.figure import key_rotations, make_armature, wobble

FRAMES = np.arange(1, 11, dtype=np.float32)


@pytest.fixture
def figure():
    obj = make_armature()
    key_rotations(obj, FRAMES, {bone: wobble(FRAMES, 1) for bone in ("LeftUpLeg", "LeftLeg", "Head")})
    return obj


def found(obj):
    return what_moves(obj, action.assigned_channels(obj))


def test_keys_alone(figure):
    what = found(figure)
    assert what.keyed == {"LeftUpLeg", "LeftLeg", "Head"}
    assert not what.moved
    assert what.why("Head") == ""


def test_without_an_action_nothing_is_keyed(figure):
    assert what_moves(figure, None).keyed == frozenset()


def test_muted_curves_play_nothing(figure):
    for curve in action.assigned_channels(figure).fcurves:
        curve.mute = True
    assert not found(figure).keyed


def aim(figure, **properties):
    constraint = figure.pose.bones["Head"].constraints.new("DAMPED_TRACK")
    constraint.target, constraint.subtarget = figure, "LeftForeArm"
    for name, value in properties.items():
        setattr(constraint, name, value)
    return constraint


def test_a_constraint_overrules_keys(figure):
    aim(figure)
    what = found(figure)
    assert what.constraints == {"Head": ("Damped Track",)}
    assert what.overruled == {"Head"}
    assert what.why("Head") == "constraints (Damped Track)"


@pytest.mark.parametrize("properties", [{"mute": True}, {"influence": 0.0}, {"target": None}])
def test_a_constraint_that_does_not_act_is_none(figure, properties):
    aim(figure, **properties)
    assert not found(figure).moved


@pytest.mark.parametrize(("values", "acts"), [((0.0, 0.0), False), ((0.0, 0.7), True)])
def test_keyed_influence_counts_if_there_ever_is_any(figure, values, acts):
    constraint = aim(figure, influence=0.0 if acts else 1.0)
    for frame, value in zip((1, 10), values, strict=True):
        constraint.influence = value
        constraint.keyframe_insert("influence", frame=frame)
    constraint.influence = 1.0 - acts
    assert bool(found(figure).moved) == acts


@pytest.mark.parametrize(
    ("chain_count", "use_tail", "moved"),
    [
        (2, True, {"LeftUpLeg"}),
        (2, False, {"LeftUpLeg", "Hips"}),
        (0, True, {"LeftUpLeg", "Hips"}),
        (1, True, set()),
    ],
)
def test_inverse_kinematics_moves_the_chain_above(figure, chain_count, use_tail, moved):
    constraint = figure.pose.bones["LeftLeg"].constraints.new("IK")
    constraint.target, constraint.subtarget = figure, "Head"
    constraint.chain_count, constraint.use_tail = chain_count, use_tail
    what = found(figure)
    assert what.chains == dict.fromkeys(moved, "LeftLeg")
    assert what.overruled == {"LeftLeg", *moved} - {"Hips"}


def test_drivers_of_a_bones_own_transform_count(figure):
    figure.pose.bones["Spine"].driver_add("rotation_quaternion", 1).driver.expression = "0.2"
    figure.pose.bones["Head"].driver_add("bbone_curveinx").driver.expression = "0.2"
    what = found(figure)
    assert what.drivers == {"Spine": ("rotation_quaternion",)}
    assert what.why("Spine") == "drivers"


def test_nla_tracks_that_play_are_named(figure):
    own = figure.animation_data.action
    other = own.copy()
    for name, mute in (("Walk", False), ("Old", True)):
        track = figure.animation_data.nla_tracks.new()
        track.name = name
        track.strips.new(name, 1, other)
        track.mute = mute
    assert found(figure).nla == ("Walk",)


def test_a_bones_name_may_hold_anything(figure):
    figure.pose.bones["Spine"].name = 'a "quoted" \\ name'
    figure.pose.bones['a "quoted" \\ name'].driver_add("location", 1).driver.expression = "0.2"
    assert list(found(figure).drivers) == ['a "quoted" \\ name']
