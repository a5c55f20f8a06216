"""Many phone numbers in little space: blocks of sorted two-byte entries, and bitmaps where numbers are dense.

A number in E.164 is read as a whole number of at most 15 digits. Its low 16 bits are its entry in a *block*, the
next six bits name the block within its *group*, the rest is the group. A block with fewer than 4096 entries is their
sorted list, two bytes each, high byte first; a fuller one is a bitmap of 8192 bytes, lowest bit first. (The two
layouts meet where they are equally long, as in Roaring bitmaps: Chambi, Lemire et al., 2016.) In Redis a group is one
hash, field -> block; its at most 64 short blocks are kept as a listpack, so that sparse number spaces stay small. In
SQL the same group is one row: its blocks one after another, each after its field and its size.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Numbers: TypeAlias = NDArray[np.uint64]
"""Numbers as whole numbers; sorted and without duplicates unless said otherwise."""

LOW_BITS = 16
FIELD_BITS = 6
GROUP_SHIFT = LOW_BITS + FIELD_BITS
BITMAP_BYTES = 8192
_HEADER = struct.Struct(">BH")
"""Field and length in bytes of the block that follows."""


def whole(e164: str) -> int:
    """``+441632960001`` as a whole number. E.164 numbers begin with 1 to 9, so that none is lost."""
    return int(e164[1:])


def place(number: int) -> tuple[int, int, int]:
    """Group, field and low part of a number."""
    return number >> GROUP_SHIFT, (number >> LOW_BITS) & ((1 << FIELD_BITS) - 1), number & 0xFFFF


def unique(numbers: NDArray[np.uint64]) -> Numbers:
    """Sorted, each once. Sorts in place."""
    numbers.sort()
    if len(numbers) < 2:
        return numbers
    keep = np.empty(len(numbers), dtype=bool)
    keep[0] = True
    np.not_equal(numbers[1:], numbers[:-1], out=keep[1:])
    return numbers[keep]


def merged(first: Numbers, second: Numbers) -> Numbers:
    """All numbers of both."""
    return unique(np.concatenate((first, second)))


def groups(numbers: Numbers) -> Iterator[tuple[int, Numbers]]:
    """Each group and its numbers, in order."""
    start = 0
    while start < len(numbers):
        group = int(numbers[start]) >> GROUP_SHIFT
        end = int(np.searchsorted(numbers, np.uint64((group + 1) << GROUP_SHIFT)))
        yield group, numbers[start:end]
        start = end


def pack(numbers: Numbers) -> bytes:
    """The row of one group; all of ``numbers`` belong to it."""
    fields = ((numbers >> np.uint64(LOW_BITS)) & np.uint64((1 << FIELD_BITS) - 1)).astype(np.int64)
    lows = (numbers & np.uint64(0xFFFF)).astype(">u2")
    starts = np.concatenate(([0], np.flatnonzero(fields[1:] != fields[:-1]) + 1, [len(numbers)]))
    listed = lows.tobytes()
    parts: list[bytes] = []
    for start, end in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        block = listed[2 * start : 2 * end]
        if len(block) >= BITMAP_BYTES:
            bits = np.zeros(65536, dtype=np.uint8)
            bits[lows[start:end]] = 1
            block = np.packbits(bits, bitorder="little").tobytes()
        parts += (_HEADER.pack(int(fields[start]), len(block)), block)
    return b"".join(parts)


def blocks(row: bytes) -> Iterator[tuple[int, bytes]]:
    """Field and block of everything in a group's row."""
    at = 0
    while at < len(row):
        field, length = _HEADER.unpack_from(row, at)
        at += _HEADER.size
        yield field, row[at : at + length]
        at += length


def unpack(group: int, row: bytes) -> Numbers:
    """The numbers of a group's row."""
    parts = [np.empty(0, dtype=np.uint64)]
    for field, block in blocks(row):
        base = np.uint64((group << GROUP_SHIFT) | (field << LOW_BITS))
        parts.append(_lows(block).astype(np.uint64) + base)
    return np.concatenate(parts)


def contains(row: bytes, number: int) -> bool:
    """The group's row has this number."""
    _, wanted, low = place(number)
    for field, block in blocks(row):
        if field == wanted:
            return bool((_lows(block) == low).any())
    return False


def _lows(block: bytes) -> NDArray[np.uint16]:
    if len(block) == BITMAP_BYTES:
        bits = np.unpackbits(np.frombuffer(block, dtype=np.uint8), bitorder="little")
        return np.flatnonzero(bits).astype(np.uint16)
    return np.frombuffer(block, dtype=">u2").astype(np.uint16)
