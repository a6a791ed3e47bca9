"""The arithmetic coder: what goes in comes out, whatever the bits, and likely bits cost little."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.core.compression.coder import (
    CONTEXTS_OF_A_NUMBER,
    CodingError,
    Decoder,
    Encoder,
    number,
    signed,
)
from addon.core.compression.coefficients import CONTEXTS, coefficients


@given(st.lists(st.tuples(st.integers(-1, 3), st.booleans()), max_size=400))
def test_bits_come_back(bits):
    def code(coder):
        return [coder.even(int(bit)) if context < 0 else coder.bit(context, int(bit)) for context, bit in bits]

    encoder = Encoder(4)
    written = code(encoder)
    decoder = Decoder(4, encoder.finish())
    read = [decoder.even() if context < 0 else decoder.bit(context) for context, _ in bits]
    assert read == written == [int(bit) for _, bit in bits]


@given(st.lists(st.integers(-(2**30), 2**30) | st.integers(-20, 20), max_size=60))
def test_numbers_come_back(values):
    encoder = Encoder(CONTEXTS_OF_A_NUMBER)
    for value in values:
        signed(encoder, 0, value)
    decoder = Decoder(CONTEXTS_OF_A_NUMBER, encoder.finish())
    assert [signed(decoder, 0, 0) for _ in values] == values


def test_carries_run_through_any_number_of_bytes():
    # Unlikely bits behind long rows of likely ones move the low end of the range across many bytes of FF.
    rng = np.random.default_rng(3)
    bits = (rng.random(60_000) < 0.0005).astype(int).tolist()
    encoder = Encoder(1)
    for bit in bits:
        encoder.bit(0, bit)
    content = encoder.finish()
    decoder = Decoder(1, content)
    assert [decoder.bit(0) for _ in bits] == bits
    assert len(content) < 150  # 60,000 bits whose entropy is 46 bytes


def test_likely_bits_cost_what_their_chance_says():
    rng = np.random.default_rng(0)
    bits = (rng.random(20_000) < 0.1).astype(int).tolist()
    encoder = Encoder(1)
    for bit in bits:
        encoder.bit(0, bit)
    entropy = 20_000 * -(0.1 * np.log2(0.1) + 0.9 * np.log2(0.9)) / 8
    assert len(encoder.finish()) < 1.04 * entropy


def test_a_number_without_end_is_an_error():
    decoder = Decoder(CONTEXTS_OF_A_NUMBER, bytes(4000))  # all ones, as long as there is a bit
    with pytest.raises(CodingError):
        number(decoder, 0, 0)


@given(st.integers(0, 2**31), st.integers(1, 40), st.integers(1, 12))
def test_matrices_come_back(seed, rows, columns):
    rng = np.random.default_rng(seed)
    matrix = (rng.laplace(0, 3, (rows, columns)) * (rng.random((rows, 1)) < 0.7)).astype(int).tolist()
    encoder = Encoder(CONTEXTS)
    coefficients(encoder, 0, [row.copy() for row in matrix])
    back = [[0] * columns for _ in range(rows)]
    coefficients(Decoder(CONTEXTS, encoder.finish()), 0, back)
    assert back == matrix
