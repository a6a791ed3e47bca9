"""The cosine transform: what its definition says, and back."""

import numpy as np
import pytest

from addon.core.cosines import cosines, from_cosines


@pytest.mark.parametrize("size", [2, 16, 50, 252, 512])
def test_frequencies_are_those_of_the_definition_and_lead_back(size):
    signals = np.random.default_rng(size).standard_normal((3, 2, size)).astype(np.float32)
    frames = np.arange(size)
    matrix = np.sqrt(2 / size) * np.cos(np.pi * frames[:, None] * (frames + 0.5) / size)
    matrix[0] /= np.sqrt(2)
    found = cosines(signals)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, signals @ matrix.T, atol=1e-5)
    np.testing.assert_allclose(from_cosines(found), signals, atol=1e-5)
