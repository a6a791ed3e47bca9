"""Motions to write and to read: arbitrary ones, and small files of each format made by hand."""

import numpy as np
import pytest
from hypothesis import strategies as st

from addon.core import rotation
from addon.core.clip import Clip
from addon.core.skeleton import EndSite, Skeleton

ORDERS = ("XYZ", "XZY", "YXZ", "YZX", "ZXY", "ZYX")
RATES = (23.976023976023978, 24.0, 25.0, 29.97002997002997, 30.0, 59.94005994005994, 60.0, 100.0, 120.0, 37.123)
NAMES = ("Hips", "Left Up Leg", "mixamorig:Spine", "Neck.001", "頭", "Arm_L", "a", "LeftHand-2", "#tip", "12")


@st.composite
def _clips(draw, moving_joints=True, roots=True):
    count = draw(st.integers(1, 7))
    parents = [-1] + [draw(st.integers(-1 if roots else 0, joint - 1)) for joint in range(1, count)]
    frames = draw(st.integers(1, 5))
    orders = tuple(draw(st.sampled_from(ORDERS)) for _ in range(count))
    unit = draw(st.sampled_from((1.0, 0.01, 0.0254, 0.05644)))
    moving = [joint for joint in range(1, count) if moving_joints and draw(st.booleans())]
    locked = draw(st.sampled_from((None, 1e-3, 1e-5, 1e-7, 0.0)))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    offsets = np.round(random.normal(size=(count, 3)) * 20, 4) * draw(st.sampled_from((0.0, 1.0))) * unit
    rotations = rotation.normalize(random.normal(size=(frames, count, 4)))
    if locked is not None:
        angles = random.uniform(-np.pi, np.pi, size=(frames, count, 3))
        angles[..., 1] = np.pi / 2 - locked
        for joint, order in enumerate(orders):
            rotations[:, joint] = rotation.from_euler(angles[:, joint], order)
    sites = [joint for joint in range(count) if draw(st.booleans())]
    return Clip(
        Skeleton(
            names=tuple(draw(st.permutations(NAMES))[:count]),
            parents=tuple(parents),
            offsets=offsets,
            end_sites=tuple(EndSite(joint, (0.25 * unit, -1.5 * unit, 0.0)) for joint in sites),
            rotation_orders=orders,
        ),
        fps=draw(st.sampled_from(RATES)),
        root_position=random.normal(size=(frames, 3)) * 50 * unit,
        rotations=rotations,
        translations={joint: random.normal(size=(frames, 3)) * 5 * unit for joint in moving},
        unit=unit,
    )


@pytest.fixture(scope="session")
def any_clip():
    """Clips with any hierarchy, several roots and moving joints."""
    return _clips()


@pytest.fixture(scope="session")
def table_clip():
    """Clips in which the root alone moves."""
    return _clips(moving_joints=False)


@pytest.fixture(scope="session")
def one_root_clip():
    """Clips whose joints all hang on joint 0."""
    return _clips(roots=False)


@pytest.fixture(scope="session")
def same_motion():
    """Asserts that two clips agree, joint by joint of the first one's names."""

    def check(clip, other, names=None, degrees=1e-4):
        places = [other.skeleton.index(name) for name in names or clip.skeleton.names]
        assert other.fps == pytest.approx(clip.fps, rel=1e-9)
        angles = rotation.angle_between(
            clip.rotations.astype(np.float64), other.rotations[:, places].astype(np.float64)
        )
        assert np.degrees(angles.max()) < degrees
        assert np.allclose(other.root_position, clip.root_position, rtol=1e-6, atol=2e-6 * clip.unit)

    return check


@pytest.fixture(scope="session")
def walk():
    """A little figure of 4 joints, in centimetres, 6 frames at 30 frames per second."""
    random = np.random.default_rng(7)
    return Clip(
        Skeleton(
            names=("Hips", "Spine", "Head", "Leg"),
            parents=(-1, 0, 1, 0),
            offsets=np.array([[0, 0, 0], [0, 0.3, 0], [0, 0.5, 0], [0.1, -0.9, 0]]),
            end_sites=(EndSite(2, (0.0, 0.2, 0.0)), EndSite(3, (0.0, 0.0, 0.1))),
            rotation_orders=("ZXY", "ZYX", "ZYX", "XYZ"),
        ),
        fps=30.0,
        root_position=random.normal(size=(6, 3)) * 0.1 + np.array([0, 0.9, 0]),
        rotations=rotation.continuous(rotation.normalize(random.normal(size=(6, 4, 4)))),
        unit=0.01,
    )
