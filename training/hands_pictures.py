"""The pictures of the finger models' evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

from addon.core.finger_curves import smooth
from addon.core.hand import DOF

from .data import hands
from .data.hands import FPS
from .hands_fit import between_keys, moving, with_sample
from .models.hand_model import HandModel

matplotlib.use("Agg")
from matplotlib import pyplot as plt

BETWEEN, POSES, CURVES = "hands-between.png", "hands-poses.png", "hands-curves.png"
_SHOWN = ("index PIP", "ring MCP flexion")
_FROM, _SECONDS = 8.0, 6.0


def write(content: Mapping[str, Any], model: HandModel, folder: Path) -> None:
    """All three pictures into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    _between(content["motion"]["between"], folder / BETWEEN)
    _poses(content["poses"]["hands"], folder / POSES)
    _curves(model, folder / CURVES)


def _between(table: Mapping[str, Any], path: Path) -> None:
    figure, panel = plt.subplots(figsize=(7, 5), layout="constrained")
    seconds = list(table)
    for name in table[seconds[0]]:
        if name in ("hold", "linear"):
            continue
        shares = [table[key][name]["share"] for key in seconds]
        panel.plot(seconds, shares, "k--" if name.startswith("Bezier, auto") else "o-", label=name, markersize=4)
    panel.set(xlabel="seconds between keys", ylabel="error, share of Blender's Bezier", ylim=(0.8, 1.3))
    panel.set_title("Between full finger keys: ManipNet teapot3, never seen")
    panel.legend(fontsize=8)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _poses(table: Mapping[str, Any], path: Path) -> None:
    figure, panels = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
    for name, row in table["completed"].items():
        if name != "coverage":
            errors = [row[known]["all"] for known in row]
            panels[0].plot(list(row), errors, "o-", label=name, linewidth=2 if name == "ours" else 1, markersize=4)
    panels[0].set(xlabel="angles known of 20", ylabel="error of the others, degrees", title="A pose completed")
    panels[0].legend(fontsize=8)
    orders = table["orders"]
    panels[1].barh(list(orders)[::-1], list(orders.values())[::-1], color="#4878a8")
    panels[1].set(xlabel="nats an angle, lower is better", title="By the order in which angles are revealed")
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _curves(model: HandModel, path: Path) -> None:
    """Two angles of the test take's right hand: as recorded, Blender's curve, ours, and two samples."""
    (take,) = hands.load("all", "test").of("manipnet").takes
    clip = moving(take)
    step = round(FPS)
    keys = np.arange(0, len(clip.times), step)
    found = between_keys(model, clip, step)
    drawn = [with_sample(model, found, clip.times, model.how_lively(), seed) for seed in (1, 2)]
    plain = smooth(clip.times[keys], clip.dof[keys], clip.times)
    shown = (clip.times >= _FROM) & (clip.times <= _FROM + _SECONDS)
    figure, panels = plt.subplots(len(_SHOWN), 1, figsize=(10, 6), sharex=True, layout="constrained")
    for panel, angle in zip(panels, _SHOWN, strict=True):
        column = 20 + DOF.index(angle)
        at = clip.times[shown]
        panel.plot(at, np.degrees(clip.dof[shown, column]), "k", label="recorded", linewidth=1.5)
        panel.plot(at, np.degrees(plain[shown, column]), color="#999999", linestyle="--", label="Bezier")
        panel.plot(at, np.degrees(found.values[shown, column]), color="#c44e52", label="ours, average")
        for number, sample in enumerate(drawn):
            label = "ours, samples" if number == 0 else None
            panel.plot(at, np.degrees(sample[shown, column]), color="#4878a8", alpha=0.6, linewidth=0.9, label=label)
        inside = keys[shown[keys]]
        panel.plot(clip.times[inside], np.degrees(clip.dof[inside, column]), "ko", markersize=5)
        panel.set(ylabel=f"right {angle}, degrees")
    panels[0].legend(fontsize=8)
    panels[-1].set(xlabel="seconds; keys every second")
    figure.savefig(path, dpi=110)
    plt.close(figure)
