"""Products of matrices, which whoever calls may know to make faster than NumPy does.

The NumPy that Blender brings is often built without a fast library for them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .rotation import Array

Product = Callable[[Array, Array], Array]
"""(N, K) and (K, M), both float32 or both float64, to (N, M) of the same type."""


_SMALL = 32
"""Rows and columns of a block that LAPACK inverts as fast."""


def product(a: Array, b: Array) -> Array:
    """NumPy's own."""
    result: Array = np.matmul(a, b)
    return result


def inverse(matrix: Array, product: Product = product) -> Array:
    """(N, N) of a symmetric, positive definite matrix (N, N), its halves one after the other.

    By the Schur complement of its first block (Golub & Van Loan, "Matrix Computations", ch. 4), so that most of it is
    products.
    """
    half = len(matrix) // 2
    if half < _SMALL:
        return np.linalg.inv(matrix)
    first = inverse(matrix[:half, :half], product)
    beside = np.ascontiguousarray(matrix[:half, half:])
    across = product(first, beside)
    last = inverse(matrix[half:, half:] - product(np.ascontiguousarray(beside.T), across), product)
    corner = product(across, last)
    return np.block([[first + product(corner, np.ascontiguousarray(across.T)), -corner], [-corner.T, last]])
