"""Adaptive binary arithmetic coding: bits in, fewer bytes out, for bits whose chances are learned on the way.

The arithmetic is the range coder of LZMA (Pavlov; after Martin, "Range encoding", 1979), with chances of 16 bits that
learn fast at first and slower later. All of it is done in whole numbers, so that every machine reads the same bits.
`Encoder` and `Decoder` have the same methods, and a caller is written once for both: an encoder writes the bit that it
is given and returns it, a decoder ignores what it is given and returns the bit that was written.
"""

from __future__ import annotations

from typing import Protocol

_TOP = 1 << 24
_WHOLE = 1 << 16
# The share of the way to certainty that a chance goes with each bit. Rounded down, the last steps never reach it.
_LEARN = tuple(max(int(_WHOLE / (seen + 1.6)), _WHOLE // 96) for seen in range(128))
_LEARNT = len(_LEARN) - 1
_UNARY = 14  # numbers from here on are written with their length in bits
_PLACES = 5  # unary places with chances of their own
CONTEXTS_OF_A_NUMBER = _PLACES + 24


class CodingError(ValueError):
    """Bytes that no encoder wrote."""


class Coder(Protocol):
    """What encoder and decoder have in common."""

    def bit(self, context: int, value: int) -> int:
        """One bit, 0 or 1, with the chances of this context."""

    def even(self, value: int) -> int:
        """One bit that is as likely 0 as 1."""


class Encoder:
    """Writes bits. `finish` gives the bytes."""

    def __init__(self, contexts: int) -> None:
        self._ones, self._seen = [_WHOLE // 2] * contexts, [0] * contexts
        self._low, self._range = 0, 0xFFFFFFFF
        self._kept, self._waiting = 0, 0
        self._bytes = bytearray()

    def bit(self, context: int, value: int) -> int:
        """See `Coder`."""
        one, seen = self._ones[context], self._seen[context]
        bound = (self._range >> 16) * one
        if value:
            self._range = bound
            self._ones[context] = one + ((_WHOLE - one) * _LEARN[seen] >> 16)
        else:
            self._low += bound
            self._range -= bound
            self._ones[context] = one - (one * _LEARN[seen] >> 16)
        if seen < _LEARNT:
            self._seen[context] = seen + 1
        while self._range < _TOP:
            self._range = self._range << 8 & 0xFFFFFFFF
            self._shift()
        return value

    def even(self, value: int) -> int:
        """See `Coder`."""
        self._range >>= 1
        if value:
            self._low += self._range
        while self._range < _TOP:
            self._range = self._range << 8 & 0xFFFFFFFF
            self._shift()
        return value

    def finish(self) -> bytes:
        """All that was written. A decoder reads zeros behind the end, so those at the end are left away."""
        for zeros in (24, 16, 8):
            rounded = (self._low + (1 << zeros) - 1) >> zeros << zeros
            if rounded < self._low + self._range:
                self._low = rounded
                break
        for _ in range(5):
            self._shift()
        return bytes(self._bytes[1:]).rstrip(b"\0")  # the first byte is always zero

    def _shift(self) -> None:
        """Write the topmost byte; while it may still change by a carry it waits."""
        if self._low < 0xFF000000 or self._low > 0xFFFFFFFF:
            carry = self._low >> 32
            self._bytes.append(self._kept + carry & 0xFF)
            if self._waiting:
                self._bytes += bytes([0xFF + carry & 0xFF]) * self._waiting
                self._waiting = 0
            self._kept = self._low >> 24 & 0xFF
        else:
            self._waiting += 1
        self._low = (self._low & 0x00FFFFFF) << 8


class Decoder:
    """Reads the bits that an `Encoder` with as many contexts wrote."""

    def __init__(self, contexts: int, content: bytes) -> None:
        self._ones, self._seen = [_WHOLE // 2] * contexts, [0] * contexts
        self._content = content + b"\0\0\0\0"
        self._range = 0xFFFFFFFF
        self._code = int.from_bytes(self._content[:4], "big")
        self._place = 4

    def bit(self, context: int, value: int = 0) -> int:
        """See `Coder`."""
        one, seen = self._ones[context], self._seen[context]
        bound = (self._range >> 16) * one
        if self._code < bound:
            self._range = bound
            self._ones[context] = one + ((_WHOLE - one) * _LEARN[seen] >> 16)
            result = 1
        else:
            self._code -= bound
            self._range -= bound
            self._ones[context] = one - (one * _LEARN[seen] >> 16)
            result = 0
        if seen < _LEARNT:
            self._seen[context] = seen + 1
        if self._range < _TOP:
            self._refill()
        return result

    def even(self, value: int = 0) -> int:
        """See `Coder`."""
        self._range >>= 1
        result = int(self._code >= self._range)
        if result:
            self._code -= self._range
        if self._range < _TOP:
            self._refill()
        return result

    def _refill(self) -> None:
        while self._range < _TOP:
            byte = self._content[self._place] if self._place < len(self._content) else 0
            self._place += 1
            self._range = self._range << 8 & 0xFFFFFFFF
            self._code = (self._code << 8 | byte) & 0xFFFFFFFF


def number(coder: Coder, contexts: int, value: int) -> int:
    """A whole number from 0 on: small ones in unary, with chances of their own; large ones with their length first.

    contexts: the first of `CONTEXTS_OF_A_NUMBER`. Raises CodingError for a length that no encoder writes.
    """
    for place in range(_UNARY):
        if not coder.bit(contexts + min(place, _PLACES - 1), int(value > place)):
            return place
    rest = value - _UNARY + 1  # at least 1
    length = 0
    while coder.bit(contexts + _PLACES + min(length, 23), int(rest >> length + 1 > 0)):
        length += 1
        if length > 40:
            raise CodingError("a number without end")
    result = 1
    for place in range(length - 1, -1, -1):
        result = result << 1 | coder.even(rest >> place & 1)
    return result - 1 + _UNARY


def signed(coder: Coder, contexts: int, value: int) -> int:
    """A whole number of either sign: its size as `number`, then its sign."""
    size = number(coder, contexts, abs(value))
    return -size if size and coder.even(int(value < 0)) else size
