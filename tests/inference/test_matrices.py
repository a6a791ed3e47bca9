"""Products of matrices by the runtime: those of NumPy."""

import numpy as np
import pytest

from addon.core import curves, matrices, noise, rotation
from addon.inference.matrices import matmul_model, product


@pytest.mark.parametrize(("dtype", "near"), [(np.float32, 1e-5), (np.float64, 1e-13)])
@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 5, 2), (0, 4, 3), (300, 64, 130)])
def test_products_are_numpys(dtype, near, shape):
    rows, inner, columns = shape
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal((rows, inner)).astype(dtype), rng.standard_normal((inner, columns)).astype(dtype)
    result = product(a, b)
    assert result.dtype == dtype
    np.testing.assert_allclose(result, matrices.product(a, b), atol=near * inner)


def test_matrices_that_lie_otherwise_in_memory_are_multiplied_too():
    a = np.random.default_rng(2).standard_normal((6, 8))
    np.testing.assert_allclose(product(a.T, a[:, ::2]), a.T @ a[:, ::2])


def test_the_model_is_as_small_as_its_encoding_allows():
    """Its lengths are written as one byte each."""
    assert len(matmul_model(11)) < 128


def test_curves_come_out_alike_whoever_multiplies():
    time = np.arange(200)[:, None, None] / 30
    clean = rotation.exp(np.sin(3 * time + np.arange(4)[:, None]) * np.array([0.3, 0.2, 0.1])).astype(np.float32)
    noisy = noise.white(clean, 0.02, 1)
    results = [curves.denoised_curves(noisy, 30.0, product=made) for made in (matrices.product, product)]
    np.testing.assert_allclose(*results, atol=1e-5)
