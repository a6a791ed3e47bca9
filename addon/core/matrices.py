"""Products of matrices, which whoever calls may know to make faster than NumPy does.

The NumPy that Blender brings is mostly built without a fast library for them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .rotation import Array

Product = Callable[[Array, Array], Array]
"""(N, K) and (K, M), both float32 or both float64, to (N, M) of the same type."""


def product(a: Array, b: Array) -> Array:
    """NumPy's own."""
    result: Array = np.matmul(a, b)
    return result
