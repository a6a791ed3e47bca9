"""Figures for the picture: a bone-shaped mesh skinned to an armature, coloured bone by bone, and trails of joints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import bpy
import numpy as np
from mathutils import Vector

COLOUR_ATTRIBUTE = "error"
_AROUND = 16
_BELOW = tuple(np.sin(np.linspace(-np.pi / 2, 0, 6)))
_ABOVE = tuple(np.sin(np.linspace(0, np.pi / 2, 6)))
"""Rings of the round ends of a limb, in its radius."""


def add_figure(
    armature: bpy.types.Object, colours: Mapping[str, Sequence[float]], thickness: float
) -> bpy.types.Object:
    """A mesh with one octahedron a bone of `armature`, skinned to it, each bone in its own linear RGB colour.

    thickness: metres across the middle of a bone; very short bones are thinner.
    """
    vertices: list[Vector] = []
    faces: list[tuple[int, int, int]] = []
    face_colours: list[Sequence[float]] = []
    groups: dict[str, list[int]] = {}
    for bone in armature.data.bones:
        head, tail = bone.head_local, bone.tail_local
        length = (tail - head).length
        if length < thickness / 4:
            continue
        first = len(vertices)
        half = min(thickness, length / 3) / 2
        frame = bone.matrix_local.to_3x3()
        ring = [frame @ Vector((x * half, 0, z * half)) for x, z in ((1, 0), (0, 1), (-1, 0), (0, -1))]
        belly = head.lerp(tail, 0.25)
        vertices += [head, *(belly + corner for corner in ring), tail]
        for side in range(4):
            here, there = first + 1 + side, first + 1 + (side + 1) % 4
            faces += [(first, here, there), (first + 5, there, here)]
        face_colours += [colours[bone.name]] * 8
        groups[bone.name] = list(range(first, len(vertices)))

    return _skinned(armature, vertices, faces, face_colours, groups)


def add_limbs(
    armature: bpy.types.Object, radii: Mapping[str, tuple[float, float]], colours: Mapping[str, Sequence[float]]
) -> bpy.types.Object:
    """A mesh with a round limb for each bone in `radii`, skinned to it: metres at its head and at its tail."""
    vertices: list[Vector] = []
    faces: list[tuple[int, int, int]] = []
    face_colours: list[Sequence[float]] = []
    groups: dict[str, list[int]] = {}
    for name, (at_head, at_tail) in radii.items():
        bone, first = armature.data.bones[name], len(vertices)
        frame, length = bone.matrix_local.to_3x3(), (bone.tail_local - bone.head_local).length
        ends = [(along * at_head, 0.0, at_head) for along in _BELOW] + [
            (along * at_tail, length, at_tail) for along in _ABOVE
        ]
        for along, start, radius in ends:
            across = np.sqrt(max(radius**2 - along**2, 0.0))
            for turn in np.linspace(0, 2 * np.pi, _AROUND, endpoint=False):
                point = Vector((across * np.cos(turn), start + along, across * np.sin(turn)))
                vertices.append(bone.head_local + frame @ point)
        for ring in range(len(ends) - 1):
            for side in range(_AROUND):
                low, high = (first + (ring + up) * _AROUND for up in (0, 1))
                beside = (side + 1) % _AROUND
                faces += [(low + side, high + side, low + beside), (low + beside, high + side, high + beside)]
        face_colours += [colours[name]] * (2 * _AROUND * (len(ends) - 1))
        groups[name] = list(range(first, len(vertices)))
    limbs = _skinned(armature, vertices, faces, face_colours, groups)
    limbs.data.polygons.foreach_set("use_smooth", np.ones(len(faces), dtype=bool))
    return limbs


def _skinned(
    armature: bpy.types.Object,
    vertices: Sequence[Vector],
    faces: Sequence[tuple[int, int, int]],
    face_colours: Sequence[Sequence[float]],
    groups: Mapping[str, Sequence[int]],
) -> bpy.types.Object:
    mesh = bpy.data.meshes.new(f"{armature.name} figure")
    mesh.from_pydata(vertices, [], faces)
    attribute = mesh.attributes.new(COLOUR_ATTRIBUTE, "FLOAT_COLOR", "CORNER")
    per_corner = np.repeat(np.array([[*colour[:3], 1.0] for colour in face_colours], dtype=np.float32), 3, axis=0)
    attribute.data.foreach_set("color", per_corner.ravel())
    mesh.materials.append(_material("Figure", COLOUR_ATTRIBUTE))

    figure = bpy.data.objects.new(mesh.name, mesh)
    figure.parent = armature
    for name, members in groups.items():
        figure.vertex_groups.new(name=name).add(members, 1.0, "REPLACE")
    modifier = figure.modifiers.new("Armature", "ARMATURE")
    modifier.object = armature
    bpy.context.scene.collection.objects.link(figure)
    return figure


def add_trail(name: str, points: np.ndarray, colour: Sequence[float], thickness: float) -> bpy.types.Object:
    """A tube through `points` (N, 3), world space metres, in one linear RGB colour."""
    curve = bpy.data.curves.new(name, "CURVE")
    curve.dimensions = "3D"
    curve.bevel_depth = thickness / 2
    spline = curve.splines.new("POLY")
    spline.points.add(len(points) - 1)
    spline.points.foreach_set("co", np.column_stack([points, np.ones(len(points))]).astype(np.float32).ravel())
    curve.materials.append(_plain_material(name, colour))
    trail = bpy.data.objects.new(name, curve)
    bpy.context.scene.collection.objects.link(trail)
    return trail


def _material(name: str, attribute: str) -> bpy.types.Material:
    material = bpy.data.materials.get(name)
    if material is not None:
        return material
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    shader = nodes["Principled BSDF"]
    shader.inputs["Roughness"].default_value = 0.55
    source = nodes.new("ShaderNodeAttribute")
    source.attribute_name = attribute
    links.new(source.outputs["Color"], shader.inputs["Base Color"])
    return material


def _plain_material(name: str, colour: Sequence[float]) -> bpy.types.Material:
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    shader = material.node_tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (*colour[:3], 1.0)
    shader.inputs["Roughness"].default_value = 0.8
    return material
