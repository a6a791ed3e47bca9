"""Light stick figures that move by themselves: sticks on a second object of an armature, coloured frame by frame.

Nothing of ours has to run for them to move: the second object has an action, and the colours come out of an image, a
row a bone and columns over time, that nodes read at the scene's frame. All that is made bears a mark, so that all of it
can be found and taken away again.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from mathutils import Vector

from ..core.kinematics import joint_positions
from ..core.rotation import IDENTITY, Array, conjugate, multiply
from ..core.skeleton import Skeleton
from . import action, fcurves, figure_colours
from .armature import rest_pose
from .fcurves import Floats
from .figure_colours import COLOUR, ROW
from .marked import MARK, mark, marked, remove
from .steps import Steps

_HOME, _HEIGHT, _LABEL_OF = f"{MARK}_home", f"{MARK}_height", f"{MARK}_label_of"
_THICKNESS = 0.03  # of the figure's extent
_SHORTEST = 1e-3  # of the extent: shorter sticks are not seen
_LETTERS = 0.075  # of the extent
_BOLD = 0.02  # of a letter's size: thin letters are not seen from where all figures are
_LETTER_WIDTH = 0.55  # of a letter's size, on average
_LINE = 14  # letters of a label in a line
_STACKED = 2.4  # letters' sizes from one label to the next: two lines
_RESTING = (0.32, 0.34, 0.37)
_LOOKED_AT = 500
"""Frames at most that a figure's width is taken from."""


@dataclass(frozen=True, eq=False)
class Stick:
    """A line in the armature's rest pose that one bone moves. row: its row of colours, -1 for one that stays grey."""

    bone: str
    start: Array
    end: Array
    row: int


@dataclass(frozen=True, eq=False)
class Performance:
    """What a figure does.

    label: what stands above it. frames: (T,) of the keys. rotations: bone -> (T, 4), its own. locations: bone ->
    (T, 3). colours: (C, R, 3) linear RGB, a row a coloured bone, evenly over the frames.
    """

    label: str
    frames: Floats
    rotations: dict[str, Array]
    locations: dict[str, Array]
    colours: Floats


def sticks(obj: Any, coloured: Sequence[str], skeleton: Skeleton) -> list[Stick]:
    """The sticks of an armature: from each coloured bone's head to those of the next coloured bones below, from the
    last ones to their tails; and grey ones from the bone that carries all to these.

    skeleton: the armature's rest pose, as `rest_pose` reads it.
    """
    heads, rows = skeleton.rest_positions(), {bone: row for row, bone in enumerate(coloured)}
    extent = float(np.ptp(heads, axis=0).max())
    found, ends = [], set(coloured)
    for joint, bone in enumerate(skeleton.names):
        if bone not in rows:
            continue
        above = skeleton.parents[joint]
        while above >= 0 and skeleton.names[above] not in rows:
            above = skeleton.parents[above]
        if above >= 0:
            ends.discard(skeleton.names[above])
            upper = skeleton.names[above]
            found.append(Stick(upper, heads[above], heads[joint], rows[upper]))
        elif skeleton.parents[joint] >= 0:
            root = skeleton.parents[joint]
            found.append(Stick(skeleton.names[root], heads[root], heads[joint], -1))
    for bone in sorted(ends):
        own = obj.data.bones[bone]
        found.append(Stick(bone, np.array(own.head_local), np.array(own.tail_local), rows[bone]))
    return [stick for stick in found if np.linalg.norm(stick.end - stick.start) > _SHORTEST * extent]


def build(
    scene: bpy.types.Scene, obj: Any, lines: Sequence[Stick], performances: Sequence[Performance], room: float
) -> Steps[list[Any]]:
    """A figure for each performance, in a collection of their own, instead of all figures that were there before.

    room: metres that a label may be wide. The figures are where `obj` is until `arrange` moves them. Returns the second
    armatures. Where the steps are closed early, everything is as it was before.
    """
    before = marked()
    done = False
    try:
        collection = mark(bpy.data.collections.new("Comparison"))
        scene.collection.children.link(collection)
        material = figure_colours.material()
        made = []
        for number, performance in enumerate(performances):
            made.append((yield from _figure(collection, obj, lines, performance, number, room, material)))
            yield (number + 1) / len(performances)
        done = True
    finally:
        if done:
            remove([block for block in before if block.id_type != "FONT"])  # the new labels are written in it
        else:
            remove([block for block in marked() if block not in before])
    for block in marked():
        if block.id_type != "FONT":
            block.name = re.sub(r"\.\d{3}$", "", block.name)  # what was there before had the name
    return made


def arrange(figures: Sequence[Any], places: Sequence[Array], stacked: bool) -> None:
    """Move each figure by (3,) metres from where its original stands; labels stand above, or above each other."""
    for number, (figure, place) in enumerate(zip(figures, places, strict=True)):
        figure.location = np.array(figure[_HOME]) + place
        for label in figure.users_collection[0].objects:
            if label.get(_LABEL_OF) == number:
                label.delta_location.z = label[_HEIGHT] + (_STACKED * label.data.size * number if stacked else 0.0)


def armatures() -> list[Any]:
    """The second armatures of the comparison, in the order in which they were made."""
    return sorted((obj for obj in marked() if obj.id_type == "OBJECT" and obj.type == "ARMATURE"), key=_order)


def _order(block: Any) -> int:
    return int(block[MARK])


def _figure(
    collection: bpy.types.Collection,
    obj: Any,
    lines: Sequence[Stick],
    performance: Performance,
    number: int,
    room: float,
    material: Any,
) -> Steps[Any]:
    armature = mark(bpy.data.objects.new(performance.label, obj.data))
    armature[MARK] = number
    collection.objects.link(armature)
    armature.matrix_world = obj.matrix_world
    armature[_HOME] = list(armature.location)
    armature.hide_render = True
    armature.display_type = "WIRE"
    armature.show_in_front = False
    yield from _animate(armature, performance)
    mesh = _mesh(performance.label, lines, performance.colours.shape[1])
    mesh.materials.append(material)
    figure = mark(bpy.data.objects.new(f"{performance.label} figure", mesh))
    figure.parent = armature
    for stick in {stick.bone: stick for stick in lines}.values():
        figure.vertex_groups.new(name=stick.bone)
    for first, stick in enumerate(lines):
        figure.vertex_groups[stick.bone].add(list(range(first * 6, first * 6 + 6)), 1.0, "REPLACE")
    figure.modifiers.new("Armature", "ARMATURE").object = armature
    nodes: Any = figure.modifiers.new("Error", "NODES")
    nodes.node_group = figure_colours.nodes(performance.label, performance.frames, performance.colours)
    collection.objects.link(figure)
    label = _label(armature, lines, performance.label, room)
    label[_LABEL_OF] = number
    collection.objects.link(label)
    armature.hide_set(True)
    return armature


def _animate(armature: Any, performance: Performance) -> Steps[None]:
    channels = action.new_action(armature, performance.label)
    mark(armature.animation_data.action)
    armature.animation_data.action.use_fake_user = False
    curves = [(bone, "rotation_quaternion", values) for bone, values in performance.rotations.items()]
    curves += [(bone, "location", values) for bone, values in performance.locations.items()]
    for bone, name, values in curves:
        path = fcurves.bone_path(bone, name)
        for index in range(values.shape[1]):
            fcurves.write_curve(channels, path, index, performance.frames, values[:, index], bone)
        yield 0.0


def _mesh(name: str, lines: Sequence[Stick], rows: int) -> Any:
    """One octahedron a stick: six points and eight faces."""
    extent = float(np.ptp([point for stick in lines for point in (stick.start, stick.end)], axis=0).max())
    points: list[Array] = []
    faces: list[tuple[int, int, int]] = []
    row_of: list[int] = []
    for stick in lines:
        first = len(points)
        along = stick.end - stick.start
        length = float(np.linalg.norm(along))
        along = along / length
        aside = np.cross(along, (1.0, 0, 0) if abs(along[0]) < 0.9 else (0, 1.0, 0))
        aside /= np.linalg.norm(aside)
        half = min(_THICKNESS * extent, length / 2) / 2
        belly = stick.start + 0.25 * length * along
        ring = [belly + half * side for side in (aside, np.cross(along, aside), -aside, -np.cross(along, aside))]
        points += [stick.start, *ring, stick.end]
        for side in range(4):
            here, there = first + 1 + side, first + 1 + (side + 1) % 4
            faces += [(first, there, here), (first + 5, here, there)]
        row_of += [stick.row] * 8
    mesh = mark(bpy.data.meshes.new(f"{name} figure"))
    mesh.from_pydata([tuple(map(float, point)) for point in points], [], faces)
    place = (np.array(row_of, dtype=np.float32) + 0.5) / max(rows, 1)
    mesh.attributes.new(ROW, "FLOAT", "FACE").data.foreach_set("value", place)
    colour = mesh.color_attributes.new(COLOUR, "FLOAT_COLOR", "CORNER")
    colour.data.foreach_set("color", np.tile([*_RESTING, 1.0], len(mesh.loops)).astype(np.float32))
    mesh.color_attributes.active_color = colour
    return mesh


def _label(armature: Any, lines: Sequence[Stick], text: str, room: float) -> Any:
    """Letters that stay above the figure's root, as high as the figure is, face the front and need no more than `room`.

    They follow by drivers: Blender draws no lines to what drives.
    """
    fonts = set(bpy.data.fonts)
    curve: Any = mark(bpy.data.curves.new(f"{text} label", "FONT"))
    for font in set(bpy.data.fonts) - fonts:  # Blender's own, which comes with the first letters of a file
        mark(font)
    world = np.array([_in_world(armature, point) for stick in lines for point in (stick.start, stick.end)])
    words = textwrap.wrap(text, _LINE)
    curve.body = "\n".join(words)
    curve.size = min(_LETTERS * float(np.ptp(world, axis=0).max()), room / (_LETTER_WIDTH * _LINE))
    curve.offset = _BOLD * curve.size
    curve.align_x, curve.align_y = "CENTER", "BOTTOM"
    label = mark(bpy.data.objects.new(f"{text} label", curve))
    label.rotation_euler = (np.pi / 2, 0, 0)
    root = lines[0].bone
    above = world[:, 2].max() - _in_world(armature, np.array(armature.data.bones[root].head_local))[2]
    label[_HEIGHT] = float(above) + 0.5 * curve.size
    for axis in range(3):
        driver = label.driver_add("location", axis).driver
        driver.type = "SUM"
        place = driver.variables.new()
        place.type = "TRANSFORMS"
        target = place.targets[0]
        target.id, target.bone_target = armature, root
        target.transform_type, target.transform_space = f"LOC_{'XYZ'[axis]}", "WORLD_SPACE"
    return label


def width(obj: Any, rest: Skeleton, rotations: Mapping[str, Array], direction: Array) -> float:
    """Metres that an armature takes in the scene along a unit vector (3,) while its bones turn; its place aside.

    rotations: bone -> (T, 4), its own; bones without rest.
    """
    turns = rest_pose(obj).turns
    count = max((len(q) for q in rotations.values()), default=1)
    chosen = np.linspace(0, count - 1, min(count, _LOOKED_AT)).astype(np.intp)
    q = np.tile(IDENTITY, (len(chosen), len(rest), 1))
    for joint, bone in enumerate(rest.names):
        if bone in rotations:
            turn = turns[joint].astype(np.float32)
            q[:, joint] = multiply(multiply(turn, rotations[bone][chosen]), conjugate(turn))
    joints = joint_positions(q, rest.parents, rest.offsets)
    along = np.array(obj.matrix_world.to_3x3()).T @ direction
    return float(np.percentile(np.ptp(joints @ along, axis=1), 99))


def _in_world(obj: Any, point: Array) -> Array:
    return np.array(obj.matrix_world @ Vector([float(value) for value in point]))
