"""The quick reader of numbers: what it reads is what Python reads, and what it does not know it leaves alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from addon.core.formats.digits import plain_table


def plain(whole, decimals, negative, point):
    return f"{'-' if negative else ''}{whole}{'.' + decimals if point or decimals else ''}"


numbers = st.builds(
    plain,
    st.integers(0, 99_999_999).map(str) | st.sampled_from(["", "00", "007", "0"]),
    st.text("0123456789", max_size=7),
    st.booleans(),
    st.booleans(),
).filter(lambda text: any(character.isdigit() for character in text))


@given(st.lists(st.tuples(numbers, numbers, numbers), min_size=1, max_size=12))
def test_it_reads_what_python_reads_to_the_last_bit(rows):
    text = "\n".join("  ".join(row) + " \t" for row in rows).encode()
    expected = np.array([[float(number) for number in row] for row in rows])
    table = plain_table(text, 3)
    assert table is not None
    assert table.tobytes() == expected.tobytes()


def test_blank_lines_are_passed_over():
    np.testing.assert_array_equal(plain_table(b"\n1 2\n  \n\n3 4\n\n", 2), [[1, 2], [3, 4]])


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"\n", b"1 2\n3", b"1 2 3\n", b"1 2\n3 4 5\n6", b"1 1e5", b"1 +2", b"1 nan", b"1 2,5", b"1 2\r3 4"),
        *(
            b"1 .",
            b"1 -",
            b"1 -.",
            b"1 1.2.3",
            b"1 ..",
            b"1 2-3",
            b"1 2.-3",
            b"1 --2",
            b"1 -2-",
            b"1 123456789",
            b"- 1",
        ),
        *(b"1 0.123456789", b"1 12345678.12345678", "1 ²".encode(), b"1 2\x00", b". 1", b"1. . 1", b"1.2.3 4", b".. 1"),
    ],
)
def test_anything_else_is_left_to_the_slower_reader(text):
    assert plain_table(text, 2) is None
