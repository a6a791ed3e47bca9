"""Tables of numbers in the tutorial's layout, as CSV text or `.npy`, one pose a row.

A pose is the root's position xyz, the root's quaternion xyzw, then one quaternion xyzw a bone, 3 + 4·J numbers, in the
file's length unit. What a table cannot say stands in one comment that `write` puts above it (in `.npy`, below it) and
that `numpy.loadtxt` and `numpy.load` pass over: rate, unit, joints, parents, offsets.
"""

from __future__ import annotations

import io
import tokenize
import warnings
from pathlib import Path
from typing import BinaryIO

import numpy as np

from ..clip import Clip
from ..errors import MotionFileError
from ..files import reason
from ..rigs import cmu
from ..rotation import Array, continuous
from ..skeleton import Skeleton
from .table_header import Header, header_of, parse_header
from .text import LARGEST_FILE, LARGEST_NUMBER, number, read_lines, read_table
from .unit import guess_unit_of_root
from .writing import require_frames, write_files

_LONGEST_LINE = 64 << 20  # a channel of a long take, where frames run across the columns
_COMMENT = "#"
_QUATERNION_LENGTHS = (0.1, 10.0)  # noisy ones are not unit; angles in degrees or zeros are something else


def read(
    path: str | Path, skeleton: Skeleton | None = None, fps: float | None = None, unit: float | None = None
) -> Clip:
    """The motion of a table: comma, semicolon or tab, with or without a header, or `.npy`.

    Whether frames run down the rows or across the columns is found out by shape and said in `Clip.notes`. Joints come
    from the header that `write` makes, else they are those of `skeleton`, else of the CMU skeleton.
    fps: the rate where the header does not tell it, else 120. unit: metres per unit of the positions; without it, and
    without a header, it is guessed from the root's height.
    Raises MotionFileError.
    """
    path = Path(path)
    table, header, lines = _read_npy(path) if path.suffix.lower() == ".npy" else _read_text(path)
    notes = []
    if header is None:
        skeleton = skeleton or cmu.SKELETON
        if fps is None:
            fps = cmu.FPS
            notes.append(f"The table tells no rate: taken as {fps:g} frames per second")
    else:
        skeleton, fps, unit = header.skeleton, header.fps, unit or header.unit
    poses, layout = _poses(path, table, skeleton)
    rotations = poses[:, 3:].reshape(len(poses), len(skeleton), 4)
    _check_quaternions(path, rotations, skeleton, lines, down=poses is table)
    if unit is None:
        unit, name = guess_unit_of_root(poses[:, 1], skeleton)
        notes.append(f"The table tells no length unit: taken as {name}")
    rotations = continuous(rotations[..., [3, 0, 1, 2]])
    return Clip(skeleton, fps, poses[:, :3] * unit, rotations, {}, unit, (layout, *notes))


def write(clip: Clip, path: str | Path) -> None:
    """Write the clip as a table with a header: commas, or NumPy's own format where the suffix is `.npy`.

    Raises MotionFileError where the clip does not fit the layout or the file cannot be written.
    """
    path = Path(path)
    require_frames(clip, path)
    if clip.translations:
        moving = ", ".join(clip.skeleton.names[joint] for joint in sorted(clip.translations)[:3])
        raise MotionFileError(path, f"a table holds positions of the root alone, but {moving} move too; write a BVH")
    quaternions = clip.rotations[..., [1, 2, 3, 0]].reshape(len(clip), -1)
    table = np.concatenate([clip.root_position.astype(np.float64) / clip.unit, quaternions], axis=1)
    header = header_of(clip)
    if path.suffix.lower() == ".npy":
        write_files({path: _npy_bytes(table.astype(np.float32)) + header.encode() + b"\n"})
        return
    # Nine digits hold every single-precision number exactly.
    line_format = ",".join(["%.9g"] * table.shape[1])
    lines = [f"{_COMMENT} {header}", *(line_format % tuple(row) for row in table.tolist())]
    write_files({path: ("\n".join(lines) + "\n").encode()})


def _poses(path: Path, table: Array, skeleton: Skeleton) -> tuple[Array, str]:
    """(T, 3 + 4·J) poses of the table, and how frames ran in it."""
    width = 3 + 4 * len(skeleton)
    rows, columns = table.shape
    down, across = columns == width, rows == width
    if down and across:
        across = _unit_error(table.T) < _unit_error(table)
        down = not across
    if down:
        return table, "Frames run down the rows"
    if across:
        return table.T, "Frames run across the columns"
    expected = f"{width} numbers a frame (3 of the root's position, 4 for each of {len(skeleton)} joints)"
    found = f"found {rows} rows of {columns}"
    raise MotionFileError(path, f"expected {expected}, {found}; choose the skeleton that the file is made for", 1)


def _unit_error(poses: Array) -> float:
    """How far the quaternions of poses, taken as such, are from unit length."""
    lengths = np.linalg.norm(poses[:, 3:].reshape(len(poses), -1, 4), axis=-1)
    return float(np.median(np.abs(lengths - 1)))


def _check_quaternions(path: Path, rotations: Array, skeleton: Skeleton, lines: list[int], down: bool) -> None:
    lengths = np.linalg.norm(rotations, axis=-1)
    shortest, longest = _QUATERNION_LENGTHS
    wrong = np.argwhere(~((lengths >= shortest) & (lengths <= longest)))
    if len(wrong):
        frame, joint = wrong[0]
        name, length = skeleton.names[joint], lengths[frame, joint]
        line = lines[frame if down else 3 + 4 * joint] if lines else None
        message = f"expected a unit quaternion xyzw for {name} in frame {frame + 1}, found one of length {length:g}"
        raise MotionFileError(path, message, line)


def _read_text(path: Path) -> tuple[Array, Header | None, list[int]]:
    """The table as it stands, its header, and the line of each row."""
    lines = read_lines(path, _LONGEST_LINE)
    header = None
    for index, line in enumerate(lines):
        if line.startswith(_COMMENT):
            header = header or parse_header(path, line[1:], index + 1)
            lines[index] = ""
    filled = [index for index, line in enumerate(lines) if line and not line.isspace()]
    first = next((index for index in filled if _has_numbers(lines[index])), None)
    if first is None:
        raise MotionFileError(path, "expected rows of numbers, found none", len(lines))
    lines, filled = lines[first:], [index + 1 for index in filled if index >= first]
    delimiter = _delimiter(lines[0])
    if delimiter in (";", "\t"):
        lines = [line.replace(",", ".") for line in lines]
    cells = lines[0].split(delimiter)
    if len(cells) > 1 and not _is_number(cells[0]):
        lines = [line.strip().partition(delimiter or " ")[2] for line in lines]
        cells = cells[1:]
    return read_table(path, lines, first + 1, len(cells), delimiter), header, filled


def _delimiter(line: str) -> str | None:
    """What parts the numbers of a line; None is blanks. A comma beside a semicolon or a tab is a decimal comma."""
    return next((delimiter for delimiter in (";", "\t", ",") if delimiter in line), None)


def _is_number(cell: str) -> bool:
    """Whether a cell is meant as a number, NaN and infinity too: those are errors, not names of columns."""
    text = cell.strip().lower().lstrip("+-").replace(",", ".")
    return number(text) == number(text) or text in ("nan", "inf", "infinity")


def _has_numbers(line: str) -> bool:
    return any(_is_number(cell) for cell in line.split(_delimiter(line)))


def _read_npy(path: Path) -> tuple[Array, Header | None, list[int]]:
    """The matrix, and the header that `write` left behind it, where `numpy.load` does not look."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            shape, data_type, start, fortran = _npy_layout(file)
            count = int(np.prod([int(length) for length in shape], dtype=object))
            end = start + count * data_type.itemsize
            if len(shape) != 2 or min(shape) < 1 or data_type.kind not in "fiu" or end > min(size, LARGEST_FILE):
                raise ValueError(f"a matrix of {shape} {data_type} in a file of {size} bytes")
            file.seek(start)
            matrix = np.frombuffer(file.read(end - start), data_type).reshape(shape, order="F" if fortran else "C")
            rest = file.read(_LONGEST_LINE)
    except OSError as error:
        raise MotionFileError(path, f"the file cannot be read: {reason(error)}") from error
    except ValueError as error:
        message = f"expected NumPy's format with a whole matrix of numbers, found something else ({error})"
        raise MotionFileError(path, message) from None
    with np.errstate(invalid="ignore"):  # damaged NaNs warn when they are cast
        table = matrix.astype(np.float64)
    if not np.all(np.abs(table) <= LARGEST_NUMBER):
        row, column = np.argwhere(~(np.abs(table) <= LARGEST_NUMBER))[0]
        raise MotionFileError(
            path, f"expected a number in row {row + 1}, column {column + 1}, found {table[row, column]}"
        )
    return table, parse_header(path, rest.decode(errors="replace"), None), []


def _npy_layout(file: BinaryIO) -> tuple[tuple[int, ...], np.dtype, int, bool]:
    """Shape, type, first byte and Fortran order of the array in a `.npy` file. Raises ValueError."""
    version = np.lib.format.read_magic(file)
    read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}.get(version)
    if read is None:
        raise ValueError(f"version {version}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # files that Python 2 wrote are welcome
            shape, fortran, data_type = read(file)
    except (SyntaxError, TypeError, RecursionError, MemoryError, tokenize.TokenError) as error:
        raise ValueError("a damaged header") from error
    return shape, data_type, file.tell(), fortran


def _npy_bytes(table: Array) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, table, allow_pickle=False)
    return buffer.getvalue()
