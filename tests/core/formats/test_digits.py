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
    lines = ["  ".join(row) + " \t" for row in rows]
    expected = np.array([[float(number) for number in row] for row in rows])
    table = plain_table(lines, 3)
    assert table is not None
    assert table.tobytes() == expected.tobytes()


def test_blank_lines_are_passed_over():
    np.testing.assert_array_equal(plain_table(["", "1 2", "  ", "", "3 4", ""], 2), [[1, 2], [3, 4]])
    assert plain_table(["", " "], 2).shape == (0, 2)
    assert plain_table([], 2).shape == (0, 2)


def test_long_tables_are_read_part_by_part():
    numbers = np.arange(5002).reshape(-1, 2) / 8
    np.testing.assert_array_equal(plain_table([f"{a} {b}" for a, b in numbers.tolist()], 2), numbers)


@pytest.mark.parametrize(
    "text",
    [
        *("1 2\n3", "1 2 3", "1 2\n3 4 5\n6", "1 1e5", "1 +2", "1 nan", "1 2,5", "1 2\r3 4", "1 .", "1 -", "1 -."),
        *("1 1.2.3", "1 ..", "1 2-3", "1 2.-3", "1 --2", "1 -2-", "1 123456789", "- 1", "1 0.123456789", "1 ²", ". 1"),
        *("1 12345678.12345678", "1 2\0", "1. . 1", "1.2.3 4", ".. 1"),
    ],
)
def test_anything_else_is_left_to_the_slower_reader(text):
    assert plain_table(["1 2", *text.split("\n")], 2) is None
