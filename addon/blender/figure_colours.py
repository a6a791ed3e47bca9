"""The colours of stick figures: an image, a row a bone and columns over time, that nodes read at the frame."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np

from .fcurves import Floats
from .marked import mark

COLOUR = "error"
"""The colour attribute of the sticks."""
ROW = "row"
"""The attribute that says which row of the image is a stick's, 0 to 1; below 0 it keeps its colour."""


def material() -> Any:
    """One that shows the colours in renders and material views."""
    made: Any = mark(bpy.data.materials.new("Comparison"))
    if bpy.app.version < (5, 0, 0):  # from then on a material always has nodes
        made.use_nodes = True
    nodes, links = made.node_tree.nodes, made.node_tree.links
    shader = next(node for node in nodes if node.bl_idname == "ShaderNodeBsdfPrincipled")
    shader.inputs["Roughness"].default_value = 0.55
    source = nodes.new("ShaderNodeAttribute")
    source.attribute_name = COLOUR
    links.new(source.outputs["Color"], shader.inputs["Base Color"])
    return made


def nodes(name: str, frames: Floats, colours: Floats) -> Any:
    """Nodes that look up every stick's colour at the scene's frame.

    frames: (T,) of the motion. colours: (C, R, 3) linear RGB, a row a bone, evenly over the frames.
    """
    tree: Any = mark(bpy.data.node_groups.new(f"{name} error", "GeometryNodeTree"))
    tree.interface.new_socket("Geometry", in_out="INPUT", socket_type="NodeSocketGeometry")
    tree.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")

    def node(kind: str, **settings: object) -> Any:
        made = tree.nodes.new(kind)
        for name, value in settings.items():
            setattr(made, name, value)
        return made

    start, end = node("NodeGroupInput"), node("NodeGroupOutput")
    # From the first key's column to the last one's; what lies beyond is held.
    column = node("ShaderNodeMapRange", clamp=True)
    for socket, value in (
        ("From Min", frames[0]),
        ("From Max", max(frames[-1], frames[0] + 1)),
        ("To Min", 0.5 / len(colours)),
        ("To Max", 1 - 0.5 / len(colours)),
    ):
        column.inputs[socket].default_value = float(value)
    row = node("GeometryNodeInputNamedAttribute", data_type="FLOAT")
    row.inputs["Name"].default_value = ROW
    place = node("ShaderNodeCombineXYZ")
    lookup = node("GeometryNodeImageTexture", interpolation="Linear", extension="EXTEND")
    lookup.inputs["Image"].default_value = _image(name, colours)
    known = node("FunctionNodeCompare", data_type="FLOAT", operation="GREATER_THAN")
    store = node("GeometryNodeStoreNamedAttribute", data_type="FLOAT_COLOR", domain="CORNER")
    store.inputs["Name"].default_value = COLOUR
    connect = tree.links.new
    connect(node("GeometryNodeInputSceneTime").outputs["Frame"], column.inputs["Value"])
    connect(column.outputs["Result"], place.inputs["X"])
    connect(row.outputs["Attribute"], place.inputs["Y"])
    connect(row.outputs["Attribute"], known.inputs["A"])
    connect(place.outputs["Vector"], lookup.inputs["Vector"])
    connect(start.outputs["Geometry"], store.inputs["Geometry"])
    connect(known.outputs["Result"], store.inputs["Selection"])
    value = next(socket for socket in store.inputs if socket.name == "Value" and socket.enabled)
    connect(lookup.outputs["Color"], value)
    connect(store.outputs["Geometry"], end.inputs["Geometry"])
    return tree


def _image(name: str, colours: Floats) -> Any:
    frames, rows, _ = colours.shape
    image = mark(bpy.data.images.new(f"{name} error", frames, max(rows, 1), float_buffer=False))
    image.colorspace_settings.name = "Non-Color"
    pixels = np.ones((max(rows, 1), frames, 4), dtype=np.float32)
    pixels[:rows, :, :3] = colours.transpose(1, 0, 2)
    image.pixels.foreach_set(pixels.ravel())
    image.pack()
    return image
