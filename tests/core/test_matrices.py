"""Matrices: the inverse of a covariance."""

import numpy as np
import pytest

from addon.core.matrices import inverse


@pytest.mark.parametrize("size", [1, 2, 3, 63, 64, 65, 240])
def test_the_inverse_is_that_of_numpy(size):
    rng = np.random.default_rng(size)
    unequal = rng.standard_normal((2 * size, size)) * np.exp(rng.normal(0, 1.5, size))  # as motion is in its components
    matrix = unequal.T @ unequal / size + np.eye(size)
    np.testing.assert_allclose(inverse(matrix), np.linalg.inv(matrix), atol=1e-10)
