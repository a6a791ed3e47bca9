"""What the animator chose, from an operator's properties to the rooms' own records: model, keys, bones."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import bpy

from ..blender.limbs import OBJECT
from ..blender.steps import Steps, threaded
from ..blender.tracks import KeyRange
from ..core.errors import MenderError
from ..core.rigs.parts import PARTS
from ..inference.fingers import KIND as FINGER_KIND
from ..inference.model_file import ModelEntry, installed_models
from ..inference.session import Model, load_model
from ..preferences import DEFAULT_FINGER_MODEL, DEFAULT_MODEL, model_folders, threads
from .denoising import Wishes

DENOISING_KINDS = ("denoiser", "pose_autoencoder")


def denoising_models() -> list[ModelEntry]:
    """The installed models that can denoise, the default one first, then the files that are refused and say why.

    Cheap enough to be asked for in every redraw: cards are read again only where a file has changed.
    """
    return _models(DENOISING_KINDS, DEFAULT_MODEL)


def finger_models() -> list[ModelEntry]:
    """The same for the models of fingers."""
    return _models((FINGER_KIND,), DEFAULT_FINGER_MODEL)


def chosen_model(name: str) -> Model:
    """The installed model called `name` that can denoise (empty: the default one), loaded.

    Raises MenderError where there is none of that name, or where it or the runtime does not load.
    """
    return load_model(_chosen(name or DEFAULT_MODEL, denoising_models()), threads())


def loading(name: str) -> Steps[Model]:
    """The same in a thread: a network takes a tenth of a second to load."""
    path, count = _chosen(name or DEFAULT_MODEL, denoising_models()), threads()
    return (yield from threaded(lambda progress: load_model(path, count)))


def chosen_finger_model(name: str) -> Model:
    """The same for a model of fingers."""
    return load_model(_chosen(name or DEFAULT_FINGER_MODEL, finger_models()), threads())


def _models(kinds: Collection[str], first: str) -> list[ModelEntry]:
    found = [entry for entry in installed_models(model_folders()) if entry.card is None or entry.card.kind in kinds]
    return sorted(found, key=lambda entry: (entry.card is None, entry.name != first, entry.name))


def _chosen(wanted: str, entries: Sequence[ModelEntry]) -> Path:
    usable = {entry.name: entry for entry in entries if entry.card}
    if wanted in usable:
        return usable[wanted].path
    for entry in entries:
        if entry.name == wanted or entry.path.stem == wanted:
            raise MenderError(entry.problem)
    there = f"choose one of {', '.join(sorted(usable))}" if usable else "install the extension again"
    raise MenderError(f"There is no model called {wanted}: {there}.")


def chosen_keys(scene: bpy.types.Scene, frame_range: str, frame_start: float, frame_end: float) -> KeyRange:
    """The keys that a frame range means ('ALL', 'PREVIEW', 'CUSTOM' or 'SELECTED_KEYS').

    Raises MenderError where the range ends before it starts.
    """
    if frame_range == "SELECTED_KEYS":
        return KeyRange(selected=True)
    if frame_range == "PREVIEW":
        if scene.use_preview_range:
            return KeyRange(scene.frame_preview_start, scene.frame_preview_end)
        return KeyRange(scene.frame_start, scene.frame_end)
    if frame_range == "CUSTOM":
        if frame_end < frame_start:
            raise MenderError(f"The range from {frame_start:g} to {frame_end:g} is empty: let it end after its start.")
        return KeyRange(frame_start, frame_end)
    return KeyRange()


def chosen_wishes(options: Any, obj: Any, scene: bpy.types.Scene) -> Wishes:
    """What an operator's or the panel's options ask for. Raises MenderError as `chosen_bones` and `chosen_keys` do."""
    return Wishes(
        bones=frozenset(chosen_bones(obj, options.bones) | ({OBJECT} if options.bones == "ALL" else set())),
        keys=chosen_keys(scene, options.frame_range, options.frame_start, options.frame_end),
        strength=options.strength,
        parts={part: getattr(options, f"strength_{part}") for part in PARTS},
        root=options.strength_root,
        plant_feet=options.plant_feet,
        reduce_degrees=options.reduce_degrees if options.reduce_keys else None,
        fill=options.fill_gaps,
        gap_frames=options.gap_frames,
        marked=(options.gap_start, options.gap_end),
    )


def chosen_bones(obj: Any, bones: str) -> set[str]:
    """Names of the bones of an armature object meant by 'ALL' or 'SELECTED'. Raises MenderError if none is selected."""
    if bones == "ALL":
        return {bone.name for bone in obj.pose.bones}
    selected = selected_bones(obj)
    if not selected:
        raise MenderError("No bone is selected: select the bones to change in pose mode, or change all of them.")
    return selected


def selected_bones(obj: Any) -> set[str]:
    """Names of the selected bones of an armature object."""
    # From 5.0 on the pose bone is selected, before that the armature's bone.
    own = bpy.app.version >= (5, 0, 0)
    return {bone.name for bone in obj.pose.bones if (bone if own else bone.bone).select}
