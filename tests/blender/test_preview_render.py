"""A render shows the preview: at its own frame, in background mode, with all else that is animated at its place."""

from __future__ import annotations

import bpy
import numpy as np
import pytest

from addon.blender import fcurves
from addon.operators.preview_settings import preview_of
from tests.blender.figure import figure_rotations, key_rotations, make_armature, make_model

FRAMES = np.arange(1, 41, dtype=np.float32)


@pytest.fixture
def figure(model_folder):
    make_model(model_folder, 0.4)
    obj = make_armature()
    channels = key_rotations(obj, FRAMES, figure_rotations(FRAMES))
    fcurves.write_curve(channels, fcurves.bone_path("Hips", "location"), 0, FRAMES, FRAMES * 0.02, "Hips")
    constraint = obj.pose.bones["Hips"].constraints.new("LIMIT_LOCATION")
    constraint.use_max_y, constraint.max_y, constraint.owner_space = True, -0.4, "LOCAL"
    for frame in (1, 40):
        constraint.influence = frame / 40
        constraint.keyframe_insert("influence", frame=frame)
    return obj


class Camera:
    """Small pictures of the figure from the front."""

    def __init__(self, figure, folder):
        self.folder = folder
        scene = bpy.context.scene
        scene.render.engine = "CYCLES"
        scene.cycles.device, scene.cycles.samples, scene.cycles.use_denoising = "CPU", 1, False
        scene.render.resolution_x = scene.render.resolution_y = 96
        scene.render.resolution_percentage = 100
        mesh = bpy.data.meshes.new("Flag")
        mesh.from_pydata([(0, 0, 0), (0.4, 0, 0), (0.4, 0, 0.6), (0, 0, 0.6)], [], [(0, 1, 2, 3)])
        material = bpy.data.materials.new("White")
        if bpy.app.version < (5, 0, 0):
            material.use_nodes = True
        nodes = material.node_tree
        emission = nodes.nodes.new("ShaderNodeEmission")
        output = next(node for node in nodes.nodes if node.bl_idname == "ShaderNodeOutputMaterial")
        nodes.links.new(emission.outputs[0], output.inputs["Surface"])
        mesh.materials.append(material)
        for bone in ("LeftForeArm", "LeftLeg", "Head"):
            flag = bpy.data.objects.new(bone, mesh)
            flag.parent, flag.parent_type, flag.parent_bone = figure, "BONE", bone
            scene.collection.objects.link(flag)
        camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
        camera.location, camera.rotation_euler = (0.4, -4.5, 0.9), (np.pi / 2, 0, 0)
        scene.collection.objects.link(camera)
        scene.camera = camera

    def rendered(self, first, last):
        """(frames, 96, 96) brightness of a rendered animation."""
        scene = bpy.context.scene
        scene.frame_start, scene.frame_end = first, last
        scene.render.filepath = str(self.folder / "frame_")
        bpy.ops.render.render(animation=True)
        return np.array([self._brightness(frame) for frame in range(first, last + 1)])

    def _brightness(self, frame):
        image = bpy.data.images.load(str(self.folder / f"frame_{frame:04d}.png"))
        pixels = np.array(image.pixels[:]).reshape(96, 96, 4)[..., :3].mean(axis=-1)
        bpy.data.images.remove(image)
        return pixels


def test_background_rendering_shows_the_preview(figure, tmp_path):
    """The same pictures as of the pose that the window shows, keyed: an animated root and constraint among it."""
    camera = Camera(figure, tmp_path)
    scene = bpy.context.scene
    plain = camera.rendered(14, 15)
    preview_of(figure).noise, preview_of(figure).enabled = 0.05, True
    scene.frame_set(1)
    shown = camera.rendered(14, 15)
    rotations = {}
    for frame in (14, 15):
        scene.frame_set(frame)
        rotations[frame] = {bone.name: bone.rotation_quaternion.copy() for bone in figure.pose.bones}
    preview_of(figure).enabled = False
    key_as_shown(figure, rotations)
    expected = camera.rendered(14, 15)
    assert (np.abs(shown - expected) > 0.2).mean() < 0.002
    assert (np.abs(shown - plain) > 0.2).mean() > 0.01
    assert (np.abs(shown[1] - shown[0]) > 0.2).mean() > 0.01


def key_as_shown(obj, rotations):
    for frame, pose in rotations.items():
        for name, rotation in pose.items():
            if name != "Hips":
                obj.pose.bones[name].rotation_quaternion = rotation
                obj.pose.bones[name].keyframe_insert("rotation_quaternion", frame=frame)


def test_after_rendering_the_window_is_at_its_frame_again(figure, tmp_path):
    camera = Camera(figure, tmp_path)
    scene = bpy.context.scene
    scene.frame_set(20)
    there = [bone.matrix.copy() for bone in figure.pose.bones]
    preview_of(figure).enabled = True
    bpy.context.view_layer.update()
    shown = [bone.matrix.copy() for bone in figure.pose.bones]
    camera.rendered(3, 4)
    scene.frame_set(20)
    assert [bone.matrix for bone in figure.pose.bones] == shown != there
    preview_of(figure).enabled = False
    bpy.context.view_layer.update()
    assert [bone.matrix for bone in figure.pose.bones] == there
