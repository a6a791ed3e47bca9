"""Hands found on a rig at rest are kept, and found anew as soon as anything that tells of them is another."""

import numpy as np
import pytest

from addon.core.hand import HandShapeError
from addon.core.rigs import resting_hands as module
from addon.core.rigs.canonical import sided
from addon.core.rigs.resting_hands import resting_hands
from addon.core.rotation import to_matrix
from tests.core.rigs.test_finger_rig import build


def rig_at_rest(right=True, fingers=("Thumb", "Index", "Middle", "Ring", "Pinky")):
    """What `resting_hands` takes, of a hand with Mixamo's names."""
    hand, heads, tails, rests = build(right, fingers=fingers)
    side = "Right" if right else "Left"
    above = dict.fromkeys(heads, "Hand") | {
        below: bone
        for finger in hand.fingers.values()
        for bone, below in zip(finger.bones, (*finger.bones[1:], finger.tip), strict=True)
    }
    bones = [bone for bone in heads if not bone.endswith("Tip")]
    ends = tails | {f.bones[-1]: heads[f.tip] for f in hand.fingers.values()}
    return {
        "names": [f"{side}Hand" if bone == "Hand" else f"{side}Hand{bone}" for bone in bones],
        "parents": [-1 if bone == "Hand" else bones.index(above[bone]) for bone in bones],
        "heads": np.array([heads[bone] for bone in bones], dtype=np.float32),
        "tails": np.array([ends[bone] for bone in bones], dtype=np.float32),
        "axes": to_matrix(np.array([rests[bone] for bone in bones])).astype(np.float32),
        "keyed": (),
        "chosen": {},
        "called": "Armature",
    }


@pytest.fixture
def looks(monkeypatch):
    """How often the bones were really looked at."""
    seen, find = [], module.find_hands
    monkeypatch.setattr(module, "find_hands", lambda *given: seen.append(given) or find(*given))
    module._found.cache_clear()
    yield seen
    module._found.cache_clear()


def test_the_same_rig_is_looked_at_once(looks):
    (first,) = resting_hands(**rig_at_rest())
    (again,) = resting_hands(**rig_at_rest())
    assert again is first
    assert len(looks) == 1
    assert first.side == 1
    assert len(first.rig.bones) == 15
    assert first.loose is None


def test_a_rest_pose_that_was_edited_is_another_hand(looks):
    rig = rig_at_rest()
    (before,) = resting_hands(**rig)
    rig["axes"] = rig["axes"][:, :, [1, 2, 0]]
    (turned,) = resting_hands(**rig)
    assert np.abs(turned.rig.rest - before.rig.rest).max() > 0.1
    rig["heads"] = rig["heads"] * [1, 1.4, 1]
    (wider,) = resting_hands(**rig | {"heads": rig["heads"].astype(np.float32)})
    assert np.abs(wider.rig.hand.zero - turned.rig.hand.zero).max() > 0.01


def test_names_choices_and_keys_tell_of_it_too(looks):
    rig = rig_at_rest()
    resting_hands(**rig)
    (fewer,) = resting_hands(**rig | {"chosen": {sided(f"Index{place}", "Right"): "" for place in (1, 2, 3)}})
    assert not any("Index" in bone for bone in fewer.rig.bones)
    resting_hands(**rig | {"keyed": rig["names"][:1]})
    (left,) = resting_hands(**rig | {"names": [name.replace("Right", "Left") for name in rig["names"]]})
    assert left.side == 0
    assert len(looks) == 4


def test_a_hand_whose_palm_cannot_be_told_is_refused_each_time(looks):
    rig = rig_at_rest(fingers=("Thumb", "Index"))
    for _ in range(2):
        with pytest.raises(HandShapeError, match="fewer than two fingers"):
            resting_hands(**rig)
    assert len(looks) == 1


def test_a_rig_without_fingers_has_no_hands(looks):
    rig = rig_at_rest()
    assert resting_hands(**rig | {"names": [f"bone {i}" for i in range(len(rig["names"]))]}) == ()
