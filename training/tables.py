"""Results as Markdown tables: those of the documents are these, made from the results that the project keeps."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from . import markdown
from .order_names import ORDERS, orders_of

DOCUMENTS = (Path("README.md"), Path("docs/measured.md"))
"""Where tables stand, from the project's folder."""


def compress(content: dict[str, Any]) -> str:
    """A row a method: mean error with interval, over all joints, over the moving ones, and of positions."""
    head = ("method", "all joints, degrees", "moving joints, degrees", "joint positions, cm")
    rows = [
        (name, _cell(row["degrees"]["all"]), _cell(row["degrees"]["moving"]), _cell(row["centimetres"]))
        for name, row in content["rows"].items()
    ]
    return markdown.table(head, rows)


def denoise_pose(content: dict[str, Any]) -> str:
    """A row a method, a column a σ: mean error over all joints in degrees."""
    rows = content["rows"]
    sigmas = list(next(iter(rows.values())))
    head = ("method", *(f"σ = {sigma}" for sigma in sigmas))
    return markdown.table(head, [(name, *(f"{row[s]['all'][0]:.2f}" for s in sigmas)) for name, row in rows.items()])


def denoise(content: dict[str, Any]) -> str:
    """Two tables, one a frame rate: a row a method, a column a σ, mean error over all joints in degrees.

    In brackets, at the rate where it means something: the error of the joints' accelerations in m/s².
    """
    rows = content["rows"]
    rates = list(next(iter(rows.values())))
    return "\n".join(_denoise_at(rows, rate, rate == rates[0]) for rate in rates)


def _denoise_at(rows: Mapping[str, Any], rate: str, accelerations: bool) -> str:
    sigmas = list(next(iter(rows.values()))[rate])

    def cell(row: Mapping[str, Any]) -> str:
        return f"{row['degrees'][0]:.2f}" + (f" ({row['acceleration']:.1f})" if accelerations else "")

    head = (f"method, {rate}", *(f"σ = {sigma}" for sigma in sigmas))
    return markdown.table(head, [(name, *(cell(row[rate][sigma]) for sigma in sigmas)) for name, row in rows.items()])


SINGLE_FILTERS = ("Gaussian", "Butterworth", "Savitzky–Golay", "median + Butterworth", "one-euro", "RTS Kalman")
TUTORIAL = ("tutorial-compress", "tutorial-sparse")


def summary(content: dict[str, Any]) -> str:
    """The README's one table: the first rate of `denoise`, the best single filter of each σ in place of all of them."""
    rows = content["rows"]
    rate = next(iter(rows["noisy input"]))
    sigmas = list(rows["noisy input"][rate])
    best = {sigma: min(rows[name][rate][sigma]["degrees"][0] for name in SINGLE_FILTERS) for sigma in sigmas}

    def of(name: str) -> dict[str, float]:
        return {sigma: rows[name][rate][sigma]["degrees"][0] for sigma in sigmas}

    shown = {
        "noisy, untouched": of("noisy input"),
        **{f"`{name}`": of(name) for name in TUTORIAL},
        f"the best of {len(SINGLE_FILTERS)} classical filters": best,
        "the best filter that knows poses (PCA and Butterworth)": of("PCA-60 + Butterworth"),
        "**Denoise**, the default": of("denoise"),
    }
    least = {sigma: min(row[sigma] for row in shown.values()) for sigma in sigmas}

    def cell(value: float, sigma: str) -> str:
        return f"**{value:.2f}°**" if value == least[sigma] else f"{value:.2f}°"

    head = (f"mean error, {rate}", *(f"σ = {sigma}" for sigma in sigmas))
    return markdown.table(head, [(name, *(cell(row[s], s) for s in sigmas)) for name, row in shown.items()])


def missed(results: Mapping[str, Any]) -> str:
    """A row a figure that was asked for and not reached, of all tasks."""
    figures = [(task, figure) for task, result in results.items() for figure in result.get("figures", ())]
    rows = [
        (f"`{task}`", figure["name"], f"{figure['value']:.3f}", f"{figure['limit']:.3f}")
        for task, figure in figures
        if not figure["met"]
    ]
    return markdown.table((f"`evaluate`, {len(rows)} of {len(figures)} figures", "missed", "measured", "at most"), rows)


def feet(content: dict[str, Any]) -> str:
    """A row a method, a column a rate and σ: foot slide in cm/s, in brackets the mean error of joints in degrees."""
    rows = content["rows"]
    columns = [(rate, sigma) for rate, sigmas in next(iter(rows.values())).items() for sigma in sigmas]
    head = ("foot slide", *(f"{rate}, σ = {sigma}" for rate, sigma in columns))

    def cell(row: Mapping[str, Any]) -> str:
        return f"{row['slide'][0]:.1f}" + (f" ({row['degrees']:.3f})" if row["degrees"] else "")

    return markdown.table(
        head, [(name, *(cell(row[rate][sigma]) for rate, sigma in columns)) for name, row in rows.items()]
    )


def others(content: dict[str, Any]) -> str:
    """A row a motion and method, a column a σ: mean error in degrees."""
    rows = content["rows"]
    motions = next(iter(rows.values()))
    sigmas = list(next(iter(motions.values())))
    head = ("motion", "method", *(sigma if sigma == "clean" else f"σ = {sigma}" for sigma in sigmas))
    lines = [
        (motion, method, *(f"{rows[method][motion][sigma]:.2f}" for sigma in sigmas))
        for motion in motions
        for method in rows
    ]
    return markdown.table(head, lines)


def keys(content: dict[str, Any]) -> str:
    """A row a motion and rate, a column a tolerance: share of frames keyed."""
    rows = [(name, rate, by) for name, rates in content["rows"].items() for rate, by in rates.items()]
    head = ("frames keyed", *(f"within {degrees}°" for degrees in rows[0][2]))
    return markdown.table(
        head, [(f"{name}, {rate}", *(f"{row['share'][0]:.1%}" for row in by.values())) for name, rate, by in rows]
    )


def compression(content: dict[str, Any]) -> str:
    """A row a way of storing the test takes, a column a tolerance: kB, and how many times less than float16 and zlib.

    The smallest of each column is bold.
    """
    rows, tolerances = content["rows"], [str(degrees) for degrees in content["tolerances"]]
    head = ("kB", *(f"off by {float(degrees):g}° at most" for degrees in tolerances))
    plain = rows["quaternions, float16, zlib"]
    least = {degrees: min(sizes[degrees] for sizes in rows.values() if degrees in sizes) for degrees in tolerances}

    def cell(sizes: Mapping[str, int], degrees: str) -> str:
        if degrees not in sizes:
            return "–"
        size = sizes[degrees]
        text = f"{size / 1000:.1f} (1/{plain[degrees] / size:.1f})"
        return f"**{text}**" if size == least[degrees] else text

    return markdown.table(
        head, [(name, *(cell(sizes, degrees) for degrees in tolerances)) for name, sizes in rows.items()]
    )


def hands(content: dict[str, Any]) -> str:
    """A row a model, a column a distance between keys: error as a share of Blender's own interpolation."""
    shares = {name: next(iter(groups.values())) for name, groups in content["rows"].items()}
    seconds = list(next(iter(shares.values())))
    head = ("error, share of Blender's auto-clamped Bezier's", *(f"keys every {gap} s" for gap in seconds))
    return markdown.table(head, [(name, *(f"{row[gap]:.3f}" for gap in seconds)) for name, row in shares.items()])


def orders(content: dict[str, Any]) -> str:
    """A row a model, a column an order: nats an image, after @ the number of images where not all of them."""
    rows = content["rows"]
    most = max(cell["images"] for row in rows.values() for cell in row.values())

    def cell(name: str, order: str) -> str:
        if order not in rows[name]:
            return "not run" if order in orders_of(name) else "–"
        images = rows[name][order]["images"]
        return f"{rows[name][order]['nats'][0]:.1f}" + (f" @{images:,}" if images < most else "")

    return markdown.table(("model", *ORDERS), [(name, *(cell(name, order) for order in ORDERS)) for name in rows])


def filled(text: str, results: Mapping[str, Any]) -> str:
    """A Markdown text with its tables put anew between `<!-- table: NAME -->` and `<!-- end -->`.

    Raises KeyError where `results`, task -> result, lacks a task that the text asks for.
    """

    def table(match: re.Match[str]) -> str:
        name = match[2]
        lines = missed(results) if name == MISSED else RENDERED[name](results[OF_TASK.get(name, name)])
        return f"{match[1]}\n{lines}{match[3]}"

    return re.sub(r"(<!-- table: ([\w-]+) -->)\n.*?(<!-- end -->)", table, text, flags=re.DOTALL)


RENDERED: dict[str, Callable[[dict[str, Any]], str]] = {
    "compress": compress,
    "compression": compression,
    "denoise-pose": denoise_pose,
    "denoise": denoise,
    "feet": feet,
    "hands": hands,
    "keys": keys,
    "orders": orders,
    "others": others,
    "summary": summary,
}
MISSED = "missed"
OF_TASK = {"summary": "denoise"}
"""The task whose result a table shows, where it is not called after the task."""


def _cell(measured: Sequence[float]) -> str:
    mean, low, high = measured
    return f"{mean:.2f} ({low:.2f}–{high:.2f})"
