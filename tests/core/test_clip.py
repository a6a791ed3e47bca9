"""The clip: what it accepts, and what its copies keep."""

import dataclasses

import numpy as np
import pytest

from addon.core.clip import Clip
from addon.core.rotation import angle_between, exp
from addon.core.skeleton import Skeleton

SKELETON = Skeleton(("a", "b", "c"), (-1, 0, 1), np.zeros((3, 3)))
SOUND = {
    "skeleton": SKELETON,
    "fps": 30.0,
    "root_position": np.arange(30.0).reshape(10, 3),
    "rotations": np.tile(np.array([2.0, 0, 0, 0]), (10, 3, 1)),
    "translations": {2: np.arange(30.0).reshape(10, 3)},
    "unit": 0.01,
    "notes": ("a guess",),
}


@pytest.fixture
def clip():
    return Clip(**SOUND)


def test_rotations_are_unit_quaternions_in_single_precision(clip):
    assert clip.rotations.dtype == clip.root_position.dtype == clip.translations[2].dtype == np.float32
    assert np.linalg.norm(clip.rotations, axis=-1) == pytest.approx(np.ones((10, 3)))


def test_length_and_duration(clip):
    assert len(clip) == 10
    assert clip.duration == pytest.approx(0.3)
    assert clip.section(0, 1).duration == 0
    assert clip.section(4, 4).duration == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"fps": 0}, "fps"),
        ({"fps": float("nan")}, "fps"),
        ({"fps": float("inf")}, "fps"),
        ({"unit": 0}, "unit"),
        ({"unit": float("nan")}, "unit"),
        ({"rotations": np.ones((10, 2, 4))}, r"\(T, 3, 4\)"),
        ({"rotations": np.ones((10, 3, 3))}, r"\(T, 3, 4\)"),
        ({"root_position": np.zeros((9, 3))}, r"\(10, 3\)"),
        ({"translations": {2: np.zeros((9, 3))}}, "joint 2"),
        ({"translations": {0: np.zeros((10, 3))}}, "joint 0"),
        ({"translations": {3: np.zeros((10, 3))}}, "joint 3"),
    ],
)
def test_what_does_not_fit_together_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        Clip(**SOUND | changes)


def test_a_section_takes_every_stream_and_its_rate_falls_with_the_step(clip):
    part = clip.section(2, 9, 3)
    assert len(part) == 3
    assert part.fps == 10
    assert part.root_position[:, 0].tolist() == [6, 15, 24]
    assert part.translations[2][:, 0].tolist() == [6, 15, 24]
    assert part.duration == pytest.approx(6 / 30)


def test_other_rotations_leave_everything_else(clip):
    turned = np.tile(np.array([0.0, 1, 0, 0]), (10, 3, 1))
    other = clip.with_rotations(turned)
    assert np.all(other.rotations == turned)
    assert np.all(clip.rotations[..., 0] == 1)
    for field in dataclasses.fields(Clip):
        if field.name not in ("rotations", "translations"):
            assert getattr(other, field.name) is getattr(clip, field.name)
    assert other.translations.keys() == clip.translations.keys()


def test_a_clip_does_not_change_what_it_was_given():
    rotations = np.tile(np.array([2.0, 0, 0, 0]), (10, 3, 1))
    Clip(**SOUND | {"rotations": rotations})
    assert np.all(rotations[..., 0] == 2)


def turning(frames, fps):
    """A clip whose joints turn steadily, one radian a second about X, while all of it goes a metre a second."""
    seconds = np.arange(frames) / fps
    along = np.stack([seconds, 0 * seconds, 0 * seconds], axis=-1)
    signs = np.where(np.arange(frames) % 3 == 1, -1, 1)[:, None, None]  # rotations do not care
    return Clip(SKELETON, fps, along, exp(along)[:, None].repeat(3, axis=1) * signs, {1: along})


@pytest.mark.parametrize(("fps", "frames"), [(60.0, 61), (10.0, 11), (24.0, 25), (30.0, 31)])
def test_another_rate_reads_between_the_frames(fps, frames):
    other = turning(31, 30.0).at_rate(fps)
    wanted = turning(frames, fps)
    assert (len(other), other.fps) == (frames, fps)
    assert np.allclose(other.root_position, wanted.root_position, atol=1e-6)
    assert np.allclose(other.translations[1], wanted.translations[1], atol=1e-6)
    assert np.degrees(angle_between(other.rotations, wanted.rotations).max()) < 0.01


def test_the_same_rate_in_other_digits_and_a_single_frame_keep_their_frames(clip):
    assert clip.at_rate(30.0) is clip
    close = clip.at_rate(29.99)
    assert (close.fps, len(close)) == (29.99, 10)
    assert np.array_equal(close.rotations, clip.rotations)
    for frames in (0, 1):
        assert len(clip.section(0, frames).at_rate(120.0)) == frames
