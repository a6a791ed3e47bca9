"""How samples of digits compare with digits: ink, blank images, balance of the classes, a classifier's features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.stats import wasserstein_distance

from .data.mnist import Images
from .models.digit_classifier import DigitClassifier


@dataclass(frozen=True)
class Comparison:
    """ink: Wasserstein distance of the histograms of pixels with ink, in pixels. blank: share of images with less ink
    than half of the faintest real one. balance: half the summed differences of the ten digits' shares, 0 to 1.
    features: kernel distance of the classifier's features, each of mean 0 and deviation 1 on the real images
    (Bińkowski et al., 2018, arXiv 1801.01401); unbiased, so that it may be slightly below 0 where there is none.
    features_error: its standard error, were other samples drawn.
    """

    ink: float
    blank: float
    balance: float
    features: float
    features_error: float


def compare(samples: Images, real: Images, classifier: DigitClassifier) -> Comparison:
    """Samples (N, 28, 28) of 0 and 1 beside real images (M, 28, 28)."""
    ink, real_ink = (images.reshape(len(images), -1).sum(axis=1, dtype=np.int64) for images in (samples, real))
    features, digits = _seen(samples, classifier)
    real_features, real_digits = _seen(real, classifier)
    middle, spread = real_features.mean(axis=0), real_features.std(axis=0) + 1e-9
    distance, error = kernel_distance((features - middle) / spread, (real_features - middle) / spread)
    shares, real_shares = (np.bincount(found, minlength=10) / len(found) for found in (digits, real_digits))
    return Comparison(
        ink=float(wasserstein_distance(ink, real_ink)),
        blank=float(np.mean(ink < real_ink.min() / 2)),
        balance=float(np.abs(shares - real_shares).sum() / 2),
        features=distance,
        features_error=error,
    )


def kernel_distance(first: np.ndarray, second: np.ndarray) -> tuple[float, float]:
    """The unbiased squared maximum mean discrepancy of features (N, D) and (M, D), kernel (x·y / D + 1)³.

    N is 3 or more. With its standard error over the N, by the jackknife (Efron and Stein, 1981): what it is without
    each of them.
    """
    n, m = len(first), len(second)
    within, other, across = (
        (a @ b.T / first.shape[1] + 1) ** 3 for a, b in ((first, first), (second, second), (first, second))
    )
    np.fill_diagonal(within, 0)
    inside = within.sum() / (n * (n - 1)) + (other.sum() - np.trace(other)) / (m * (m - 1))
    left_out = (within.sum() - 2 * within.sum(axis=1)) / ((n - 1) * (n - 2))
    left_out = left_out - 2 * (across.sum() - across.sum(axis=1)) / ((n - 1) * m)
    return float(inside - 2 * across.mean()), float(np.sqrt((n - 1) * left_out.var()))


@torch.no_grad()
def _seen(images: Images, classifier: DigitClassifier) -> tuple[np.ndarray, np.ndarray]:
    """Features (N, D) in float64 and digits (N,)."""
    features = classifier.features(torch.from_numpy(images.astype(np.float32)))
    return features.double().numpy(), classifier.head(features).argmax(dim=1).numpy()
