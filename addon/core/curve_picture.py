"""Errors of joints over time as curves: a picture of one chart a motion, drawn in an array."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .letters import ADVANCE, HEIGHT, drawn

Picture = NDArray[np.float32]

WIDTH, CHART = 960, 150
GAP, LEFT, RIGHT, FOOT = 34, 40, 8, 30
_ROUND = (0.5, 1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 180)

_PAPER, _INK, _GRID = (0.115, 0.115, 0.115), (0.85, 0.85, 0.85), (0.24, 0.24, 0.24)
_JOINT, _WORST, _MEAN = (0.36, 0.42, 0.50), (0.92, 0.55, 0.20), (0.55, 0.85, 1.0)


@dataclass(frozen=True, eq=False)
class Chart:
    """One motion's errors: (T, J) degrees; the name of the joint that is drawn out, and its place."""

    title: str
    degrees: NDArray[np.float32]
    worst_joint: str
    worst: int


def picture(
    charts: Sequence[Chart], first_frame: float, last_frame: float, width: int = WIDTH, height: int = CHART
) -> Picture:
    """(H, width, 4) RGBA as a screen shows it, its first row at the bottom as Blender's images have it.

    height: of one chart; all have the same scale. Thin curves are joints, the orange one is the worst of them, the blue
    one the mean.
    """
    top = _top(charts)
    canvas = np.ones((FOOT + len(charts) * (height + GAP), width, 4), dtype=np.float32)
    canvas[..., :3] = _PAPER
    for number, chart in enumerate(reversed(charts)):
        bottom = FOOT + number * (height + GAP)
        _draw(canvas[bottom : bottom + height + GAP], height, chart, top)
    _write(canvas, LEFT, 8, f"frame {first_frame:g}", _INK)
    last = f"frame {last_frame:g}"
    _write(canvas, width - RIGHT - ADVANCE * len(last), 8, last, _INK)
    return canvas


def _top(charts: Sequence[Chart]) -> float:
    """Degrees at the upper end of every chart: a round number that most errors stay below; what does not is cut."""
    high = 1.2 * max((float(np.percentile(chart.degrees, 95)) for chart in charts), default=1.0)
    return next((float(end) for end in _ROUND if end >= high), float(_ROUND[-1]))


def _draw(canvas: Picture, height: int, chart: Chart, top: float) -> None:
    """A chart `height` pixels high, and above it what it shows, on its own part of the picture."""
    width = canvas.shape[1]
    for share in (0.0, 0.5, 1.0):
        row = round(share * (height - 1))
        canvas[row, LEFT : width - RIGHT, :3] = _GRID
        text = f"{share * top:g}°"
        _write(canvas, LEFT - 4 - ADVANCE * len(text), max(row - HEIGHT // 2, 0), text, _INK)
    plot = canvas[:height, LEFT : width - RIGHT]
    for joint in range(chart.degrees.shape[1]):
        _curve(plot, chart.degrees[:, joint], top, _JOINT, 1)
    _curve(plot, chart.degrees[:, chart.worst], top, _WORST, 1)
    mean = chart.degrees.mean(axis=1)
    _curve(plot, mean, top, _MEAN, 2)
    told, worst = f"mean {mean.mean():.2f}°", chart.worst_joint
    roomy = width >= WIDTH
    _write(canvas, LEFT, height + 8, chart.title, _INK, 2 if roomy else 1)
    if roomy:
        worst = f"worst joint: {worst}"
    place = width - RIGHT - ADVANCE * len(worst)
    _write(canvas, place, height + 8, worst, _WORST)
    _write(canvas, place - ADVANCE * (len(told) + 2), height + 8, told, _MEAN)


def _curve(
    plot: Picture, values: NDArray[np.float32], top: float, colour: tuple[float, float, float], thickness: int
) -> None:
    """A curve over all of the plot: in every column the span from its least to its greatest value there."""
    height, width, _ = plot.shape
    rows = np.clip(values / top, 0, 1) * (height - 1)
    if len(rows) < 2 * width:
        rows = np.interp(np.linspace(0, len(rows) - 1, 2 * width), np.arange(len(rows)), rows)
    starts = np.linspace(0, len(rows) - 1, width).astype(np.intp)
    low, high = np.minimum.reduceat(rows, starts), np.maximum.reduceat(rows, starts)
    # Columns meet halfway, so that a steep curve has no holes.
    low[1:], high[1:] = np.minimum(low[1:], high[:-1]), np.maximum(high[1:], low[:-1])
    for row in range(height):
        plot[row, (low - 0.5 <= row) & (row < high + thickness - 0.5), :3] = colour


def _write(
    canvas: Picture, left: int, bottom: int, text: str, colour: tuple[float, float, float], size: int = 1
) -> None:
    points = np.kron(drawn(text)[::-1], np.ones((size, size), dtype=bool))
    rows, columns = np.nonzero(points)
    rows, columns = rows + bottom, columns + left
    inside = (rows >= 0) & (rows < canvas.shape[0]) & (columns >= 0) & (columns < canvas.shape[1])
    canvas[rows[inside], columns[inside], :3] = colour
