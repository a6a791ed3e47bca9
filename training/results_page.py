"""The page training/RESULTS.md, made from the results that the project keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import orders_answer, record
from .evaluation import RESULTS, published
from .markdown import table
from .order_names import (
    ANY_ORDER,
    FIXED_ORDER,
    LABELS,
    MASKED,
    MIXED,
    ONE_ORDER,
    ORDERS,
    orders_of,
)

PAGE = Path(__file__).parent / "RESULTS.md"
PICTURES = RESULTS / "pictures"
SWEEP = RESULTS / "sweep.jsonl"
COMMAND = "python -m training evaluate orders --publish"
SWEEP_COMMAND = "python -m training sweep --one-at-a-time --epochs 1 --sample 8000 --images 300"


def write() -> Path:
    """Write the page anew from the kept results."""
    PAGE.write_text(page(published("orders"), record.lines(SWEEP)), encoding="utf-8")
    return PAGE


def page(content: dict[str, Any], sweep: list[dict[str, Any]]) -> str:
    """The whole page as Markdown."""
    parts = [
        "# Any-order transformers on MNIST: which order is best?",
        "",
        "This page is generated; each table and picture names the command that makes it. Proofs stand in "
        "[docs/attention-and-angles.md](docs/attention-and-angles.md).",
        "",
        f"Data: {content['data']}. Likelihoods on images made binary otherwise are not comparable. Brackets are 95 % "
        "bootstrap intervals over images. Every model was trained once, from one seed.",
        "",
        'Triples and queries learn from random orders alone. "Raster orders too" are the same weights, trained on '
        f'{_mixture(content)}; "their own orders too" are the same weights, trained on with half of each batch in the '
        "orders that the model itself would choose, lowest entropy first.",
        "",
        "## Figures asked for",
        "",
        _figures(content),
        "## Exact negative log-likelihood",
        "",
        f"`{COMMAND}`. Tokens are patches of 2 by 2 pixels, 16 classes each: the likelihood is exactly that of the 28 "
        "by 28 pixels. Lower is better. An adaptive order looks at revealed values alone and breaks ties by position, "
        "so that its likelihood is exact. The number after @ tells on how many of the first images, where not on all. "
        "The masked models' random orders are an unbiased guess, four masks an image.",
        "",
        orders(content),
        "The same images in a random order, subtracted image by image (negative: better than random):",
        "",
        _against(content),
        *_against_fixed_order(content),
        *_ensembles(content),
        f"The marginal model, every pixel on its own: {content['marginal'][0]:.1f} nats.",
        "",
        "## Samples",
        "",
        f"`{COMMAND}`. Ink: Wasserstein distance of the histograms of black pixels, in pixels. Blank: share of images "
        "with less than half of the ink of the faintest test image. Balance: half the summed differences of the ten "
        "digits' shares, as a small classifier reads them. Features: kernel distance of that classifier's features "
        "(Bińkowski et al., 2018), ± what 95 % of other draws would keep within. "
        f"As many real images give {_sample_cells(content['real'])}.",
        "",
        _samples(content),
        *_pictures(content),
        "## How long each was trained",
        "",
        "`python -m training train RECIPE --preset cpu`, with `--set KEY=VALUE` for what the last column names (in "
        "brackets what the recipe has), on one core that other work shared; minutes are those that each thread worked "
        "for the run. Operations are those of "
        'matrices, forward and backward (Chowdhery et al., 2022, appendix B), in units of 10¹²; "with the run before" '
        f"adds those of the weights that a run began with{_compared_work(content)}. The choosing of own orders is not "
        "counted.",
        "",
        _trained(content),
        "The preset `gpu` (pixels one by one, width 256, depth 8), its ensemble of 8 orders, tokens a second and share "
        "of the card's peak: not run, there was no GPU at hand. A run's `metrics.jsonl` tells the last two.",
        "",
        *_sweep_part(sweep),
        "## The thesis' question",
        "",
        "Clarke (2022), section 4.3, supposes that digits look better where the surest patch is revealed first (lowest "
        "entropy) than where the least sure is (highest entropy). The former less the latter, with 95 % intervals, so "
        "that below 0 the former is better; looks are the distance of the classifier's features:",
        "",
        orders_answer.compared(content),
        orders_answer.answer(content),
        "",
    ]
    return "\n".join(parts)


def orders(content: dict[str, Any]) -> str:
    """A row a model, a column an order: nats with interval, and how many images where not all."""
    most = max((cell["images"] for row in content["rows"].values() for cell in row.values()), default=0)

    def cell(name: str, row: dict[str, Any], order: str) -> str:
        if order not in row:
            return "not run" if order in orders_of(name) else "–"
        mean, low, high = row[order]["nats"]
        count = row[order]["images"]
        return f"{mean:.2f} ({low:.2f}–{high:.2f})" + (f" @{count}" if count != most else "")

    rows = [(LABELS[name], *(cell(name, row, order) for order in ORDERS)) for name, row in content["rows"].items()]
    return table(("model", *ORDERS), [*rows, *_missing(content)])


def _figures(content: dict[str, Any]) -> str:
    rows = [
        (entry["name"], f"{entry['value']:.2f}", f"{entry['limit']:g}", "met" if entry["met"] else "missed")
        for entry in content["figures"]
    ]
    return table(("figure", "measured", "at most", ""), rows)


def _against(content: dict[str, Any]) -> str:
    def cell(row: dict[str, Any], order: str) -> str:
        if "against random" not in row.get(order, {}):
            return "–"
        mean, low, high = row[order]["against random"]
        return f"{mean:+.2f} ({low:+.2f} to {high:+.2f})"

    rows = [
        (LABELS[name], *(cell(row, order) for order in ORDERS[1:]))
        for name, row in content["rows"].items()
        if name not in ONE_ORDER
    ]
    return table(("model", *ORDERS[1:]), rows)


def _against_fixed_order(content: dict[str, Any]) -> list[str]:
    found = [
        f"{LABELS[name]} {mean:+.2f} ({low:+.2f} to {high:+.2f})"
        for name, (mean, low, high) in content["against fixed order"].items()
    ]
    told = (
        "Raster order beside the fixed-order transformer, image by image, in nats, which tells what raster orders in "
        f"training do: {'; '.join(found)}."
    )
    return [told, ""] if found else []


def _ensembles(content: dict[str, Any]) -> list[str]:
    found = []
    for name, told in content["ensembles"].items():
        mean, low, high = told["nats"]
        found.append(f"{LABELS[name]} {mean:.2f} ({low:.2f}–{high:.2f}) on {told['images']:,} images")
    told = f"The mean of the likelihoods in 8 random orders an image, in nats: {'; '.join(found)}."
    return [told, ""] if found else []


def _mixture(content: dict[str, Any]) -> str:
    shares = {told["raster share"] for name, told in content["trained"].items() if name in MIXED}
    return " or ".join(f"with {share:.0%} of the steps in raster order" for share in sorted(shares)) or "likewise"


def _samples(content: dict[str, Any]) -> str:
    rows = [
        (LABELS[name], order, str(cell["sampled"]), *_sample_values(cell["samples"]))
        for name, row in content["rows"].items()
        for order, cell in row.items()
        if "samples" in cell
    ]
    return table(("model", "order", "images", "ink", "blank", "balance", "features"), rows)


def _sample_values(values: dict[str, float]) -> tuple[str, str, str, str]:
    blank = f"{100 * values['blank']:.0f} %"
    features = f"{values['features']:.2f} ± {orders_answer.NORMAL * values['features_error']:.2f}"
    return f"{values['ink']:.1f}", blank, f"{values['balance']:.2f}", features


def _sample_cells(values: dict[str, float]) -> str:
    ink, blank, balance, features = _sample_values(values)
    return f"ink {ink}, blank {blank}, balance {balance}, features {features}"


def _pictures(content: dict[str, Any]) -> list[str]:
    lines = []
    for name in (name for name in ANY_ORDER if name in content["rows"]):
        where = f"results/{PICTURES.name}/{name}"
        lines += [
            f"Samples of {LABELS[name]}, and how early each patch is revealed, dark first (`{COMMAND}`):",
            "",
            f"![Samples of {LABELS[name]}]({where}-samples.png)",
            "",
        ]
        if name in content["best"] or name in content["lowest against highest"]:
            lines += [f"![Places in the orders of {LABELS[name]}]({where}-places.png)", ""]
        if name in content["best"]:
            lines += [f"The best fixed order came from: {content['best'][name]}.", ""]
    return lines


def _trained(content: dict[str, Any]) -> str:
    trained = content["trained"]
    rows = [
        (
            LABELS[name],
            f"`{name}`",
            f"{told['parameters']:,}",
            f"{told['steps']:,}",
            f"{told['images']:,}",
            _operations(told["operations"]),
            _operations(_with_before(trained, name)),
            _changed(told["changed"]),
        )
        for name, told in trained.items()
    ]
    head = ("model", "recipe", "parameters", "steps", "images seen", "operations", "with the run before", "set")
    return table(head, rows)


def _changed(settings: dict[str, list[Any]]) -> str:
    def text(value: Any) -> str:
        return f"{value:g}" if isinstance(value, float) else str(value)

    told = [f"`{key}={text(own)}` ({text(recipes)})" for key, (own, recipes) in settings.items()]
    return ", ".join(told) or "–"


def _compared_work(content: dict[str, Any]) -> str:
    """How much the fixed-order transformer had beside those that are compared with it."""
    trained = content["trained"]
    ours = [_operations(_with_before(trained, name)) for name in MIXED if name in trained]
    if FIXED_ORDER not in trained or not ours:
        return ""
    fixed = _operations(_with_before(trained, FIXED_ORDER))
    return f": {fixed} of the fixed-order transformer, {' and '.join(ours)} of those that saw raster orders too"


def _with_before(trained: dict[str, Any], name: str) -> float | None:
    own, before = trained[name]["operations"], trained.get(trained[name]["after"])
    return own if not before or own is None else own + before["operations"]


def _operations(count: float | None) -> str:
    return f"{count / 1e12:.1f}" if count else "–"


def _missing(content: dict[str, Any]) -> list[tuple[str, ...]]:
    absent = [name for name in (*ANY_ORDER, *ONE_ORDER, *MASKED) if name not in content["rows"]]
    return [(LABELS[name], *("not run" if order in orders_of(name) else "–" for order in ORDERS)) for name in absent]


def _sweep_part(lines: list[dict[str, Any]]) -> list[str]:
    if not lines:
        return []
    keys = ("width", "depth", "encoding", "random_share")
    rows = [
        (*(str(line["settings"][key]) for key in keys), f"{line['random']:.2f}", f"{line['raster']:.2f}")
        for line in lines
    ]
    return [
        "## Ablations",
        "",
        f"`{SWEEP_COMMAND}`: width, depth, position encoding and share of random orders (the others run in raster "
        f"order) of the triples, one changed at a time, each trained for {lines[0]['steps']} steps alone; nats on the "
        f"first {lines[0]['images']} test images in one random order each, and in raster order. So short a training "
        "tells what learns fast, not what is best in the end.",
        "",
        table(("width", "depth", "encoding", "random orders", "random", "raster"), rows),
    ]
