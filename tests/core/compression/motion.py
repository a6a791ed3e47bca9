"""Motion for the tests of compression: a body that walks about, as curves of an action and as a file."""

from __future__ import annotations

import numpy as np

from addon.core.compression import archive, plan
from addon.core.compression.block import PoseCode
from addon.core.compression.plan import LOCATION, BoneKeys
from addon.core.compression.recording import Curve, Header
from addon.core.rotation import IDENTITY, exp, log
from addon.core.rotation_mode import from_quaternions

STYLE = np.array([1, 0, 4, 4, 0], dtype=np.uint8)  # linear, automatic handles


def walk(frames=200, bones=5, seed=0, noise=0.01, first=0):
    """(T, J, 4) rotations: swings of each bone about axes of its own, and jitter."""
    rng = np.random.default_rng(seed)
    axes, phases = rng.normal(size=(2, bones, 3)), rng.uniform(0, 6, (bones, 3))
    time = (first + np.arange(frames))[:, None, None] / 30
    jitter = noise * np.random.default_rng(seed + 1 + first).normal(size=(frames, bones, 3))
    return exp(0.7 * axes[0] * np.sin(5 * time + phases) + 0.3 * axes[1] + jitter).astype(np.float32)


def path_of(frames=200, first=0):
    """(T, 3) metres: where the root walks."""
    time = (first + np.arange(frames)) / 30
    return np.stack([time, np.sin(5 * time) * 0.05 + 0.9, np.cos(time)], axis=-1).astype(np.float32)


def curve(data_path, index, frames, values, style=STYLE, **settings):
    points = np.stack([frames, values], axis=-1).astype(np.float32)
    styles = np.tile(style, (len(frames), 1)).astype(np.uint8)
    bone = data_path.split('"')[1]
    return Curve(data_path, index, bone, points, points, points, styles, np.zeros((len(frames), 3)), settings)


def bone_keys(bone, mode, frames, values, style=STYLE):
    path = f'pose.bones["{bone}"].{mode or "location"}'
    return BoneKeys(bone, mode, tuple(curve(path, i, frames, column, style) for i, column in enumerate(values.T)))


def action(rotations, frames=None, modes=("QUATERNION",), root=True):
    """The curves of bones B0, B1, … whose modes take turns, and of the first one's location."""
    frames = np.arange(len(rotations), dtype=np.float32) + 1 if frames is None else np.asarray(frames, np.float32)
    keys = []
    for bone in range(rotations.shape[1]):
        mode = modes[bone % len(modes)]
        keys.append(bone_keys(f"B{bone}", mode, frames, from_quaternions(rotations[:, bone], mode)))
    if root:
        keys.append(bone_keys("B0", LOCATION, frames, path_of(len(rotations))))
    return keys


def header(degrees=1.0, length=0.001, **told):
    return Header("walk", "Armature", 30.0, degrees, length, (), **told)


def written(path, keys, told=None, places=None, joints=0, poses=None, others=()):
    planned = plan.plan(keys, others, told or header(), places or {}, joints)
    return archive.write(path, planned.header, plan.runs(planned), poses)


def linear_code(bones):
    """A pose code as simple as can be: the rotation vectors of all bones."""

    def encode(rotations):
        return log(rotations).reshape(len(rotations), -1)

    def decode(codes):
        return exp(codes.reshape(len(codes), bones, 3))

    return PoseCode(encode, decode, np.tile(IDENTITY, (bones, 1)), 3 * bones, 1.0)
