"""The pictures that evaluations leave beside their numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

matplotlib.use("Agg")
from matplotlib import pyplot as plt


def compress(content: dict[str, Any], path: Path) -> Path:
    """A bar a method: mean error in degrees and in centimetres, with their intervals."""
    rows = content["rows"]
    names = list(rows)[::-1]
    figure, panels = plt.subplots(1, 2, figsize=(11, 0.6 * len(names) + 1.4), sharey=True, layout="constrained")
    values = {"degrees": [rows[n]["degrees"]["all"] for n in names], "cm": [rows[n]["centimetres"] for n in names]}
    for panel, (unit, measured) in zip(panels, values.items(), strict=True):
        mean, low, high = np.array(measured).T
        panel.barh(names, mean, xerr=[mean - low, high - mean], color="#4878a8", ecolor="#222222", capsize=3)
        panel.set_xlabel(f"mean error, {unit}")
    figure.suptitle(f"A pose through a code and back: {content['data']}")
    return _saved(figure, path)


def denoise_pose(content: dict[str, Any], path: Path) -> Path:
    """A line a method: mean error over σ, both logarithmic."""
    figure, panel = plt.subplots(figsize=(7, 5), layout="constrained")
    for name, by_sigma in content["rows"].items():
        points = [(float(sigma), *measured["all"]) for sigma, measured in by_sigma.items() if float(sigma) > 0]
        sigma, mean, low, high = np.array(points).T
        style = "k--" if name == "noisy input" else "o-"
        (line,) = panel.plot(sigma, mean, style, label=name, markersize=4)
        panel.fill_between(sigma, low, high, alpha=0.15, color=line.get_color(), linewidth=0)
    panel.set(xscale="log", yscale="log", xlabel="σ of the noise on components", ylabel="mean error, degrees")
    panel.set_title(content["data"])
    panel.legend()
    return _saved(figure, path)


def denoise(content: dict[str, Any], path: Path) -> Path:
    """A panel a frame rate, a line a method: mean error over σ, both logarithmic."""
    title = f"White noise taken out, filters at their best setting: {content['data']}"
    return _over_sigma(content["rows"], "degrees", "mean error, degrees", title, path)


def feet(content: dict[str, Any], path: Path) -> Path:
    """A panel a frame rate, a line a method: foot slide over σ, with its interval."""
    title = f"Feet that stand on the clean take: {content['data']}"
    return _over_sigma(content["rows"], "slide", "foot slide, cm/s", title, path)


def others(content: dict[str, Any], path: Path) -> Path:
    """A panel a motion, a line a method: mean error over σ."""
    rows = content["rows"]
    motions = list(next(iter(rows.values())))
    figure, panels = plt.subplots(1, len(motions), figsize=(3.5 * len(motions), 4), sharey=True, layout="constrained")
    for panel, motion in zip(panels, motions, strict=True):
        for method, found in rows.items():
            points = [(float(sigma), value) for sigma, value in found[motion].items() if sigma != "clean"]
            panel.plot(*np.array(points).T, "o-", label=method, markersize=4)
        panel.set(xscale="log", yscale="log", xlabel="σ of the noise on components", title=motion)
    panels[0].set_ylabel("mean error, degrees")
    panels[0].legend(fontsize=8)
    return _saved(figure, path)


def keys(content: dict[str, Any], path: Path) -> Path:
    """A line a motion and rate: share of frames keyed over the tolerance."""
    figure, panel = plt.subplots(figsize=(7, 4), layout="constrained")
    for name, by_rate in content["rows"].items():
        for rate, by_degrees in by_rate.items():
            degrees, mean, low, high = np.array([(float(d), *row["share"]) for d, row in by_degrees.items()]).T
            (line,) = panel.plot(degrees, mean, "o-", label=f"{name}, {rate}", markersize=4)
            panel.fill_between(degrees, low, high, alpha=0.15, color=line.get_color(), linewidth=0)
    panel.set(xscale="log", xlabel="tolerance, degrees", ylabel="share of frames keyed", title=content["data"])
    panel.legend()
    return _saved(figure, path)


def _over_sigma(rows: dict[str, Any], measured: str, label: str, title: str, path: Path) -> Path:
    """rows: method -> rate -> σ -> what was measured -> mean, low and high."""
    rates = list(next(iter(rows.values())))
    figure, panels = plt.subplots(1, len(rates), figsize=(6 * len(rates), 5), sharey=True, layout="constrained")
    for panel, rate in zip(panels, rates, strict=True):
        for name, by_rate in rows.items():
            points = [(float(sigma), *row[measured]) for sigma, row in by_rate[rate].items()]
            sigma, mean, low, high = np.array(points).T
            style = {"noisy input": "k--", "denoise": "o-"}.get(name, "-")
            (line,) = panel.plot(sigma, mean, style, label=name, markersize=4)
            panel.fill_between(sigma, low, high, alpha=0.15, color=line.get_color(), linewidth=0)
        panel.set(xscale="log", yscale="log", xlabel="σ of the noise on components", title=rate)
    panels[0].set_ylabel(label)
    panels[0].legend(fontsize=8)
    figure.suptitle(title)
    return _saved(figure, path)


def _saved(figure: Any, path: Path) -> Path:
    figure.savefig(path, dpi=120)
    plt.close(figure)
    return path
