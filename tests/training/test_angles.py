"""Heads against numerical integration, and the proofs about angles."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import special, stats

from training import angles
from training.models.heads import Categorical, ThetaMse, VonMises, VonMisesMixture

HEADS = {
    "von Mises, flat": (VonMises(), [0.3, -0.4, -6.0]),
    "von Mises, broad": (VonMises(), [2.0, -1.0, 0.5]),
    "von Mises, sharp": (VonMises(), [-1.0, -1.0, 300.0]),
    "mixture": (VonMisesMixture(3), [0.1, 1.0, -0.5, 0.5, 0.9, -1.0, 1.0, -0.4, 0.2, 3.0, 20.0, 0.5]),
    "mixture across ±π": (VonMisesMixture(2), [0.0, 0.3, 0.1, -0.1, -1.0, -1.0, 8.0, 30.0]),
    "θ-MSE": (ThetaMse(), [0.5, -0.6]),
    "θ-MSE, longer than the circle": (ThetaMse(), [1.5, 0.6]),
}


@pytest.fixture(params=HEADS)
def head(request):
    head, raw = HEADS[request.param]
    return head, torch.tensor(raw, dtype=torch.float64)


def integral(function):
    """Over the circle by Gauss and Legendre in 400 pieces, so that a narrow peak is not missed."""
    edges = np.linspace(-math.pi, math.pi, 401)
    nodes, weights = np.polynomial.legendre.leggauss(8)
    half = np.diff(edges)[:, None] / 2
    return float((function((edges[:-1, None] + half * (nodes + 1)).ravel()).reshape(-1, 8) * weights * half).sum())


def density(head, raw):
    return lambda x: head.log_likelihood(raw.expand(len(x), -1), torch.from_numpy(x)).exp().numpy()


def test_densities_add_up_to_one(head):
    assert integral(density(*head)) == pytest.approx(1, abs=1e-6)


def test_entropy_by_integration(head):
    p = density(*head)
    expected = integral(lambda x: -special.xlogy(p(x), p(x)))
    assert head[0].entropy(head[1]).item() == pytest.approx(expected, abs=1e-6)


def test_mean_direction_by_integration(head):
    p = density(*head)
    sine, cosine = integral(lambda x: p(x) * np.sin(x)), integral(lambda x: p(x) * np.cos(x))
    assert math.cos(head[0].mean(head[1]).item() - math.atan2(sine, cosine)) == pytest.approx(1, abs=1e-9)


def test_the_mode_is_the_top(head):
    p = density(*head)
    top = p(np.linspace(-math.pi, math.pi, 20_001)).max()
    assert p(np.array([head[0].mode(head[1]).item()])) >= top * (1 - 1e-6)


TEMPERATURES = (0.3, 1.0, 3.0)
UNLIKELY = 0.01 / (len(HEADS) * len(TEMPERATURES))
"""One true sampler in a hundred would fail any of the tests: Bonferroni's correction for their number."""


def chance_of_draws(head, raw, drawn, temperature):
    """The p-value (Kolmogorov and Smirnov) of draws from the density raised to 1 / temperature."""
    grid = np.linspace(-math.pi, math.pi, 20_001)
    logs = head.log_likelihood(raw.expand(len(grid), -1), torch.from_numpy(grid)).numpy() / temperature
    share = np.exp(logs - logs.max())
    below = np.concatenate([[0], np.cumsum((share[1:] + share[:-1]) / 2)])
    return stats.kstest(drawn, lambda x: np.interp(x, grid, below / below[-1])).pvalue


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_samples_follow_the_tempered_density(head, temperature):
    head, raw = head
    drawn = head.sample(raw.expand(4_000, -1), torch.Generator().manual_seed(0), temperature).numpy()
    assert np.abs(drawn).max() <= math.pi + 1e-6
    assert chance_of_draws(head, raw, drawn, temperature) > UNLIKELY


def test_draws_at_another_temperature_would_be_seen():
    head, raw = HEADS["mixture"][0], torch.tensor(HEADS["mixture"][1], dtype=torch.float64)
    drawn = head.sample(raw.expand(4_000, -1), torch.Generator().manual_seed(0), 1.3).numpy()
    assert chance_of_draws(head, raw, drawn, 1.0) < UNLIKELY


def test_densities_are_those_of_scipy():
    kappa, mean, x = np.array([0.0, 0.5, 4.0, 50.0, 650.0]), 1.2, 0.9
    ours = angles.log_density(*(torch.tensor(part, dtype=torch.float64) for part in (x, mean, kappa)))
    np.testing.assert_allclose(ours[1:], stats.vonmises.logpdf(x, kappa[1:], loc=mean), atol=1e-9)
    assert ours[0].item() == pytest.approx(-math.log(2 * math.pi))
    assert torch.isfinite(angles.entropy(torch.tensor([0.0, 1e-4, 2000.0, 1e6]))).all()


def test_theta_mse_is_a_von_mises_likelihood():
    """Its loss is a straight line in the log-likelihood, with slope 2 / κ, for outputs on the circle."""
    y = torch.linspace(-3, 3, 50, dtype=torch.float64)
    mean, kappa = torch.tensor(0.7, dtype=torch.float64), torch.tensor(3.0, dtype=torch.float64)
    raw = torch.stack((mean.sin(), mean.cos())).expand(50, -1)
    loss = ThetaMse().loss(raw, y)
    torch.testing.assert_close(loss, 2 - 2 * torch.cos(y - mean))
    likelihood = -angles.log_density(y, mean, kappa)
    constant = math.log(2 * math.pi * special.i0(3.0)) - 3.0
    torch.testing.assert_close(likelihood, 3.0 / 2 * loss + constant)


@pytest.mark.parametrize("kappa", [0.3, 2.0, 10.0, 200.0])
def test_theta_mse_outputs_tell_mean_and_kappa(kappa):
    """The outputs of least loss on draws from a von Mises: their direction is the mean, their length I₁/I₀."""
    drawn = torch.from_numpy(np.random.default_rng(0).vonmises(-2.0, kappa, 200_000))
    best = torch.stack((drawn.sin().mean(), drawn.cos().mean()))
    for shift in torch.eye(2, dtype=torch.float64) * 0.01:
        assert ThetaMse().loss(best, drawn).mean() < ThetaMse().loss(best + shift, drawn).mean()
    mean, read = ThetaMse().parameters(best)
    assert best.norm().item() == pytest.approx(special.i1e(kappa) / special.i0e(kappa), abs=5e-3)
    assert math.cos(mean.item() + 2.0) > 0.999
    assert read.item() == pytest.approx(kappa, rel=0.08)


def test_a_mixture_of_one_is_the_single_head():
    raw = torch.tensor([0.4, -0.9, 2.0])
    one = torch.tensor([0.7, 0.4, -0.9, 2.0])
    x = torch.linspace(-3, 3, 7)
    torch.testing.assert_close(
        VonMisesMixture(1).log_likelihood(one.expand(7, -1), x), VonMises().log_likelihood(raw.expand(7, -1), x)
    )
    torch.testing.assert_close(VonMisesMixture(1).entropy(one), VonMises().entropy(raw), atol=1e-5, rtol=0)


@pytest.mark.parametrize("head", [VonMises(), VonMisesMixture(2), ThetaMse(), Categorical(4)])
def test_gradients_are_finite_at_extremes(head):
    for scale in (0.0, 1e-6, 1e3):
        raw = torch.full((head.outputs,), scale, requires_grad=True)
        head.log_likelihood(raw, torch.tensor(0 if isinstance(head, Categorical) else 1.0)).backward()
        assert torch.isfinite(raw.grad).all(), scale


def test_categorical_by_summation():
    raw = torch.tensor([0.2, -1.0, 3.0, 3.0])
    head, share = Categorical(4), np.exp(raw) / np.exp(raw).sum()
    logs = [head.log_likelihood(raw, torch.tensor(value)).item() for value in range(4)]
    np.testing.assert_allclose(np.exp(logs), share, rtol=1e-6)
    assert head.entropy(raw).item() == pytest.approx(-(share * np.log(share)).sum().item(), rel=1e-6)
    assert head.mean(raw).item() == pytest.approx((share * torch.arange(4)).sum().item(), rel=1e-6)
    assert head.mode(raw) == 2
    drawn = head.sample(raw.expand(20_000, -1), torch.Generator().manual_seed(0), 2.0)
    tempered = np.exp(raw / 2) / np.exp(raw / 2).sum()
    np.testing.assert_allclose(np.bincount(drawn, minlength=4) / 20_000, tempered, atol=0.01)


def test_binned_angles_compare_after_the_bin_width():
    """A fine histogram of a density: its log-likelihood and the density's differ by log(bin width)."""
    bins = 3600
    width = 2 * math.pi / bins
    middle = -math.pi + width * (torch.arange(bins, dtype=torch.float64) + 0.5)
    mean, kappa = torch.tensor(0.3, dtype=torch.float64), torch.tensor(5.0, dtype=torch.float64)
    logits = angles.log_density(middle, mean, kappa)
    binned = Categorical(bins).log_likelihood(logits, torch.tensor(1900))
    assert (binned - math.log(width)).item() == pytest.approx(logits[1900].item(), abs=1e-6)


@pytest.mark.parametrize("head", [VonMises(), VonMisesMixture(2), ThetaMse(), Categorical(4)])
@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan")])
def test_a_temperature_that_is_none_is_refused(head, temperature):
    with pytest.raises(ValueError, match="temperature"):
        head.sample(torch.zeros(1, head.outputs), torch.Generator(), temperature)
