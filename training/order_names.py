"""The study of orders by name: which models there are, in which orders each can be asked, and what tables call them."""

from __future__ import annotations

from addon.core.orders import Rule

CLASSIFIER = "mnist-classifier"
PLAIN = ("mnist-triples", "mnist-query")
MIXED = ("mnist-triples-mixed", "mnist-query-mixed")
OWN = ("mnist-triples-own", "mnist-query-own")
ANY_ORDER = (*PLAIN, *MIXED, *OWN)
FIXED_ORDER = "mnist-raster"
ONE_ORDER = (FIXED_ORDER, "mnist-triples-raster", "mnist-query-raster")
MASKED_ENCODER = "mnist-masked"
MASKED = (MASKED_ENCODER, "mnist-mlp")

LABELS = {
    "mnist-triples": "triples",
    "mnist-query": "queries",
    "mnist-triples-mixed": "triples, raster orders too",
    "mnist-query-mixed": "queries, raster orders too",
    "mnist-triples-own": "triples, their own orders too",
    "mnist-query-own": "queries, their own orders too",
    FIXED_ORDER: "fixed-order transformer",
    "mnist-triples-raster": "triples, raster order alone",
    "mnist-query-raster": "queries, raster order alone",
    MASKED_ENCODER: "masked encoder",
    "mnist-mlp": "order-agnostic perceptron (DeepNADE)",
}

RANDOM, RASTER, BEST = "random", "raster", "best fixed"
FIXED = (RANDOM, RASTER, BEST)
LOWEST: Rule = "lowest-entropy"
HIGHEST: Rule = "highest-entropy"
RULES = (LOWEST, HIGHEST)
LOOK_AHEAD = "variance-reduction"
ORDERS = (*FIXED, *RULES, LOOK_AHEAD)


def orders_of(name: str) -> tuple[str, ...]:
    """The orders that a model of this name can be asked in."""
    if name in ANY_ORDER:
        return ORDERS
    return (RANDOM, RASTER, *RULES) if name in MASKED else (RASTER,)
