"""Run the main job on a real take and show it: `python -m tests.demo` leaves a scene, a picture and a report."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable
from pathlib import Path

import bpy
import matplotlib as mpl
import numpy as np

import addon
from addon.core.clip import Clip
from addon.core.kinematics import clip_positions
from addon.core.metrics import acceleration_error, geodesic_degrees
from addon.core.rigs.cmu import POSE_JOINTS
from addon.core.rigs.matching import match_by_name
from addon.inference.model_file import installed_models
from addon.operators.choice import DENOISING_KINDS
from tests.leaving import leave_after

from .figure import add_figure, add_trail
from .hands import show_fingers
from .picture import Shown, colour_of, compose, render
from .stage import Player, activate, add_noise, import_take, read, stand, twin
from .takes import ROOT, demo_take

SIGMA = 0.02
SPACING = 1.25  # metres between the figures
WORST = 6.0  # degrees at the end of the colour scale
TRAIL_SECONDS = 0.5
TRAIL_JOINTS = ("LeftHand", "RightHand", "LeftFoot", "RightFoot")
THICKNESS = 0.075
COLOURS = ("#b5382a", "#8d8d8d", "#c28a2c", "#3d7dbf", "#2a9d5c", "#7b4ea3")
ORDER = ("tutorial-compress", "tutorial-sparse", "pose-compress", "pose-denoise", "denoise")
MODELS = ROOT / "addon" / "models"


def main() -> None:
    """The whole demo."""
    arguments = argparse.ArgumentParser(prog="python -m tests.demo", description=__doc__)
    arguments.add_argument("--output", type=Path, default=ROOT / "build" / "demo")
    output = arguments.parse_args().output
    output.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()

    take = demo_take(ROOT / "build" / "cache")
    bpy.ops.wm.read_factory_settings(use_empty=True)
    addon.register()
    original = import_take(take.path)
    original.name = "original"
    fps = bpy.context.scene.render.fps / bpy.context.scene.render.fps_base
    first, last = original.animation_data.action.frame_range
    frames = np.arange(first, last + 0.5, dtype=np.float32)

    noisy = twin(original, "noisy")
    add_noise(noisy, SIGMA, frames, fps)
    players = [Player("original", original, "#222222"), Player(f"noisy, σ = {SIGMA:g}", noisy, COLOURS[0])]
    for name, colour in zip(shipped_models(), COLOURS[1:], strict=False):
        armature = twin(noisy, name)
        before = time.perf_counter()
        bpy.ops.mocap_mender.denoise_action(model=name)
        players.append(Player(name, armature, colour, time.perf_counter() - before))

    clips = [read(player.armature, frames, fps) for player in players]
    bone_of = match_by_name(clips[0].skeleton.names, POSE_JOINTS).bone_of
    errors = [errors_by_bone(clip, clips[0], bone_of.values()) for clip in clips]

    shown_frame = widest_stride(clip_positions(clips[0]), clips[0].skeleton.index(bone_of["LeftFoot"]))
    bpy.context.scene.frame_set(int(frames[shown_frame]))
    trailing = [bone_of[joint] for joint in TRAIL_JOINTS]
    shown = place_row(players, clips, errors, trailing, shown_frame, fps)
    along = row_direction(clip_positions(clips[0])[:, 0], shown_frame)
    columns = render(shown, along, output / "figures.png")
    title = f"{take.name}, {len(frames):,} frames, noise σ = {SIGMA:g} on every quaternion component"
    compose(output / "figures.png", columns, shown, fps, shown_frame, WORST, title, output / "demo.png")

    fingers = show_fingers(original, fps, output / "fingers.png")
    activate(original)
    bpy.ops.wm.save_as_mainfile(filepath=str(output / "demo.blend"), compress=True)
    rows = [measured(player, clip, clips[0], error) for player, clip, error in zip(players, clips, errors, strict=True)]
    report = {"take": take.name, "frames": len(frames), "fps": fps, "sigma": SIGMA, "results": rows[1:]}
    (output / "report.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print_table(title, rows[1:])
    print(f"\nFingers from the wrists' motion: {fingers}")
    seconds = time.perf_counter() - started
    print(f"\n{seconds:.0f} s. Open {output / 'demo.blend'}, look at demo.png and fingers.png beside it.")


def shipped_models() -> list[str]:
    """Names of the models in the add-on that can denoise, the tutorial's first."""
    names = [entry.name for entry in installed_models([MODELS]) if entry.card and entry.card.kind in DENOISING_KINDS]
    return sorted(names, key=lambda name: (name not in ORDER, ORDER.index(name) if name in ORDER else 0, name))


def widest_stride(positions: np.ndarray, foot: int) -> int:
    """The frame, away from the ends, at which this foot is furthest from the hips on the ground plane."""
    reach = np.linalg.norm((positions[:, foot] - positions[:, 0])[:, :2], axis=-1)
    margin = len(reach) // 5
    return margin + int(np.argmax(reach[margin:-margin]))


def row_direction(root: np.ndarray, frame: int) -> np.ndarray:
    """(3,) the way the figures stand side by side: along the travel, so that they are seen from the side."""
    travel = (root[min(frame + 30, len(root) - 1)] - root[max(frame - 30, 0)])[:2]
    length = np.linalg.norm(travel)
    direction = travel / length if length > 0.05 else np.array([1.0, 0.0])
    return np.array([direction[0], direction[1], 0.0])


def errors_by_bone(clip: Clip, original: Clip, bones: Iterable[str]) -> dict[str, np.ndarray]:
    """Bone -> (T,) degrees between its rotation and the original one."""
    joints = {bone: original.skeleton.index(bone) for bone in bones}
    return {
        bone: geodesic_degrees(clip.rotations[:, joint], original.rotations[:, joint]) for bone, joint in joints.items()
    }


def mean_error(errors: dict[str, np.ndarray]) -> np.ndarray:
    """(T,) degrees: the mean over the bones."""
    return np.mean(list(errors.values()), axis=0)


def place_row(
    players: list[Player],
    clips: list[Clip],
    errors: list[dict[str, np.ndarray]],
    trailing: list[str],
    frame: int,
    fps: float,
) -> list[Shown]:
    """Stand the figures in a row, give each its mesh in the colours of its errors, and trails to its hands and feet."""
    positions = [clip_positions(clip) for clip in clips]
    along = row_direction(positions[0][:, 0], frame)
    centre = positions[0][frame, 0] * np.array([1, 1, 0])
    reach = round(TRAIL_SECONDS * fps)
    shown = []
    for i, (player, clip, error) in enumerate(zip(players, clips, errors, strict=True)):
        offset = along * i * SPACING - centre
        stand(player.armature, offset)
        means = {bone: float(degrees.mean()) for bone, degrees in error.items()}
        colours = {bone: colour_of(means.get(bone, 0.0), WORST) for bone in clip.skeleton.names}
        add_figure(player.armature, colours, THICKNESS)
        trail_colour = tuple(np.array(mpl.colors.to_rgb(player.colour)) ** 2.2)
        for name in trailing:
            # On the spot, as if the camera walked along: the figures' trails do not cross.
            joint = clip.skeleton.index(name)
            path = positions[i][max(frame - reach, 0) : frame + 1]
            path = path[:, joint] - (path[:, 0] - path[-1, 0]) * np.array([1, 1, 0]) + offset
            add_trail(f"{player.label} {name}", path, trail_colour, 0.012)
        shown.append(Shown(player.label, along * i * SPACING, mean_error(error), player.colour))
    return shown


def measured(player: Player, clip: Clip, original: Clip, errors: dict[str, np.ndarray]) -> dict[str, object]:
    """One row of the report."""
    error = np.array(list(errors.values()))
    skeleton = original.skeleton
    step = max(round(original.fps / 30), 1)  # the take's own jitter would hide the difference at its full rate
    jitter = acceleration_error(
        clip.rotations[::step], original.rotations[::step], skeleton.parents, skeleton.offsets, original.fps / step
    )
    return {
        "name": player.label,
        "mean_error_degrees": round(float(error.mean()), 3),
        "percentile_95_degrees": round(float(np.percentile(error, 95)), 3),
        "acceleration_error_m_s2": round(float(jitter.mean()), 2),
        "seconds": None if player.seconds is None else round(player.seconds, 2),
    }


def print_table(title: str, rows: list[dict]) -> None:
    """The report as a small table."""
    print(f"\n{title}\n")
    print(f"{'':22}{'mean error':>12}{'95 %':>9}{'acceleration error':>21}{'time':>9}")
    for row in rows:
        seconds = "" if row["seconds"] is None else f"{row['seconds']:.1f} s"
        print(
            f"{row['name']:22}{row['mean_error_degrees']:11.2f}°{row['percentile_95_degrees']:8.2f}°"
            f"{row['acceleration_error_m_s2']:16.1f} m/s²{seconds:>9}"
        )


if __name__ == "__main__":
    leave_after(main)
