"""Operations of a training step against those that PyTorch counts, and what a run's metrics tell of its speed."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from training import digits, record, throughput
from training.tasks.mnist import Digits

sys.path.insert(0, str(Path(__file__).parent))
from test_digits import made_up, tiny


@pytest.mark.parametrize("name", ["mnist-triples", "mnist-query", "mnist-raster", "mnist-masked"])
def test_operations_are_those_that_pytorch_counts(name):
    """The formula's convention leaves little out: the gradient of the first layer's inputs, and the embeddings."""
    recipe = tiny(name, "width=64", "depth=3", "batch=4")
    learning, model = digits.task(recipe, made_up(8)), digits.network(recipe)
    batch = learning.batch(torch.arange(4), torch.Generator().manual_seed(0))
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH):  # it does not see into the fused one
        learning.losses(model, *batch).sum().backward()
    work = digits.work(model, recipe)
    assert work is not None
    assert work.tokens == 4 * 196
    assert work.operations == pytest.approx(counter.get_total_flops(), rel=0.05)


def test_tokens_of_a_step_are_those_that_batches_have():
    recipe = tiny("mnist-triples", "tokens=60", "whole=0.3", "random_share=0.6", "batch=8")
    learning = digits.task(recipe, made_up(64))
    assert isinstance(learning, Digits)
    counts = [learning.batch(torch.arange(8), torch.Generator().manual_seed(seed))[0].numel() for seed in range(400)]
    work = digits.work(digits.network(recipe), recipe)
    assert work is not None
    mean = torch.tensor(counts, dtype=torch.float64)
    assert abs(mean.mean() - work.tokens) < 4 * mean.std() / 20
    own = replace(recipe, own_share=0.5, random_share=1.0)
    assert digits.work(digits.network(own), own).tokens == 8 * 196


def test_networks_that_are_no_transformers_have_none():
    for name in ("mnist-mlp", "mnist-classifier"):
        assert digits.work(digits.network(tiny(name)), tiny(name)) is None


def test_the_metrics_tell_tokens_a_second_and_the_share_of_the_peak(tmp_path, monkeypatch):
    monkeypatch.setattr(throughput, "peak", lambda device, precision: 1e9)
    now = iter(range(1000))
    monkeypatch.setattr(throughput.time, "perf_counter", lambda: 2.0 * next(now))
    recipe = tiny("mnist-triples", "log_every=3")
    digits.start("mnist-triples", recipe, made_up(48), tmp_path)
    work = digits.work(digits.network(recipe), recipe)
    lines = record.read(tmp_path)
    assert len(lines) == 2
    for line in lines:  # three steps in two seconds
        assert line["tokens_per_second"] == pytest.approx(1.5 * work.tokens)
        assert line["share_of_peak"] == pytest.approx(1.5 * work.operations / 1e9)


def test_a_cards_peak_is_its_data_sheets(monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "NVIDIA H200")
    monkeypatch.setattr(throughput, "_timed_product", lambda device, kind: 7.0)
    card = torch.device("cuda", 0)
    assert throughput.peak(card, "bfloat16") == 989e12
    assert throughput.peak(card, "float32") == 7.0
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "another")
    assert throughput.peak(card, "bfloat16") == 7.0


def test_a_timed_product_is_a_rate():
    assert 1e7 < throughput.peak(torch.device("cpu"), "float32") < 1e14
