"""The cosine transform: what its definition says, and back."""

import numpy as np
import pytest

from addon.core.cosines import cosines


@pytest.mark.parametrize("size", [2, 16, 50, 252, 512])
def test_frequencies_are_those_of_the_definition_and_lead_back(size):
    signal = np.random.default_rng(size).standard_normal(size)
    matrix = cosines(size)
    assert matrix.dtype == np.float32
    for frequency in (0, 1, size // 2, size - 1):
        wave = np.cos(np.pi * frequency * (np.arange(size) + 0.5) / size)
        assert (signal @ matrix)[frequency] == pytest.approx(signal @ wave / np.linalg.norm(wave), abs=1e-5)
    np.testing.assert_allclose(signal @ matrix @ matrix.T, signal, atol=1e-5)
