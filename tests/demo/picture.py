"""The picture: figures side by side, rendered with Cycles on the CPU, above the curves of their errors."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import bpy
import matplotlib as mpl
import numpy as np
from mathutils import Vector

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

WIDTH, HEIGHT = 1800, 600
SAMPLES = 16
PAPER = "#f4f2ee"
INK = "#2b2b2b"
COLOUR_MAP = mpl.colormaps["viridis"]


@dataclass(frozen=True)
class Shown:
    """One figure of the row: its label, where it stands (3,) in metres, and its error in degrees by frame (T,)."""

    label: str
    place: np.ndarray
    error: np.ndarray
    colour: str

    @property
    def is_original(self) -> bool:
        """Whether this is what the others are measured against."""
        return float(self.error.max()) < 1e-3


def colour_of(degrees: float, worst: float) -> tuple[float, float, float]:
    """Linear RGB of an error between 0 and `worst` degrees."""
    srgb = np.array(COLOUR_MAP(min(degrees / worst, 1.0))[:3])
    return tuple(srgb**2.2)


def render(figures: Sequence[Shown], along: np.ndarray, path: Path) -> np.ndarray:
    """Render the scene's figures, which stand in a row along the unit vector `along` (3,), and save the image.

    Returns the horizontal place of each figure in the image, 0 to 1.
    """
    scene = bpy.context.scene
    places = np.array([figure.place for figure in figures])
    middle = Vector(places.mean(axis=0)) + Vector((0, 0, 1.12))
    row = Vector(along)
    towards_camera = row.cross(Vector((0, 0, 1))).normalized()

    _add_ground(middle)
    _add_lights(middle, row, towards_camera)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.collection.objects.link(camera)
    camera.location = middle + towards_camera * 14 + Vector((0, 0, 1.2))
    camera.rotation_euler = (middle - camera.location).to_track_quat("-Z", "Y").to_euler()
    camera.data.type = "ORTHO"
    width = float(np.ptp(places @ along)) + 1.7
    camera.data.ortho_scale = max(width, 2.5 * WIDTH / HEIGHT)
    scene.camera = camera

    scene.render.engine = "CYCLES"
    scene.cycles.device = "CPU"
    scene.cycles.samples = SAMPLES
    scene.cycles.use_denoising = False
    scene.cycles.max_bounces = 3
    scene.render.film_transparent = True
    scene.view_settings.view_transform = "Standard"
    scene.render.resolution_x, scene.render.resolution_y = WIDTH, HEIGHT
    scene.render.resolution_percentage = 100
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.color_mode = "RGBA"
    scene.render.filepath = str(path)
    with quiet():
        bpy.ops.render.render(write_still=True)
    return 0.5 + ((places - np.array(middle)) @ along) / camera.data.ortho_scale


def compose(
    image: Path,
    columns: Sequence[float],
    figures: Sequence[Shown],
    fps: float,
    shown_frame: int,
    worst: float,
    title: str,
    path: Path,
) -> None:
    """Put labels over the rendered row and the error curves below it, and save the whole as one picture."""
    plt.rcParams.update({"font.family": "DejaVu Sans", "text.color": INK, "axes.labelcolor": INK})
    sheet = plt.figure(figsize=(15, 9), facecolor=PAPER)
    grid = sheet.add_gridspec(2, 1, height_ratios=(5, 3.1), left=0.05, right=0.98, top=0.94, bottom=0.07, hspace=0.14)

    top = sheet.add_subplot(grid[0])
    top.imshow(plt.imread(image), extent=(0, 1, 0, HEIGHT / WIDTH), aspect="equal")
    top.set_axis_off()
    for column, figure in zip(columns, figures, strict=True):
        text = figure.label if figure.is_original else f"{figure.label}\n{figure.error.mean():.2f}°"
        top.text(column, HEIGHT / WIDTH - 0.012, text, ha="center", va="top", fontsize=13, linespacing=1.4)
    scale = ScalarMappable(Normalize(0, worst), COLOUR_MAP)
    bar = sheet.colorbar(scale, cax=top.inset_axes((0.82, 0.02, 0.16, 0.02)), orientation="horizontal")
    bar.set_label("mean error of the bone, degrees", fontsize=9)
    bar.ax.xaxis.set_label_position("top")
    bar.ax.tick_params(labelsize=8, length=2)
    bar.outline.set_visible(False)

    bottom = sheet.add_subplot(grid[1], facecolor=PAPER)
    for figure in figures:
        if not figure.is_original:
            seconds = np.arange(len(figure.error)) / fps
            bottom.plot(seconds, figure.error, color=figure.colour, linewidth=1.4, label=figure.label)
    bottom.axvline(shown_frame / fps, color=INK, linewidth=0.8, linestyle=":")
    bottom.set_xlim(0, (len(figures[0].error) - 1) / fps)
    bottom.set_ylim(bottom=0)
    bottom.set_xlabel("seconds (dotted: the frame above)")
    bottom.set_ylabel("mean error, degrees")
    bottom.spines[["top", "right"]].set_visible(False)
    bottom.legend(frameon=False, ncols=len(figures), loc="upper center", bbox_to_anchor=(0.5, 1.16))
    sheet.suptitle(title, fontsize=16, x=0.05, ha="left")
    sheet.savefig(path, dpi=120, facecolor=PAPER)
    plt.close(sheet)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Blender's own progress lines, which it writes past Python, off the terminal."""
    sys.stdout.flush()
    terminal = os.dup(1)
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        try:
            yield
        finally:
            os.dup2(terminal, 1)
            os.close(terminal)


def _add_ground(middle: Vector) -> None:
    mesh = bpy.data.meshes.new("Ground")
    size = 60.0
    corners = [(x * size + middle.x, y * size + middle.y, 0.0) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    mesh.from_pydata(corners, [], [(0, 1, 2, 3)])
    ground = bpy.data.objects.new("Ground", mesh)
    material = bpy.data.materials.new("Ground")
    material.use_nodes = True
    shader = material.node_tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (0.82, 0.80, 0.77, 1)
    shader.inputs["Roughness"].default_value = 1.0
    mesh.materials.append(material)
    ground.is_shadow_catcher = True
    bpy.context.scene.collection.objects.link(ground)


def _add_lights(middle: Vector, row: Vector, towards_camera: Vector) -> None:
    world = bpy.data.worlds.new("Paper")
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.88, 0.87, 0.85, 1)
    world.node_tree.nodes["Background"].inputs["Strength"].default_value = 0.55
    bpy.context.scene.world = world
    sun = bpy.data.objects.new("Sun", bpy.data.lights.new("Sun", "SUN"))
    sun.data.energy, sun.data.angle = 2.6, 0.15
    direction = -(towards_camera * 0.8 - row * 0.6 + Vector((0, 0, 1.4)))
    sun.rotation_euler = direction.to_track_quat("-Z", "Y").to_euler()
    bpy.context.scene.collection.objects.link(sun)
