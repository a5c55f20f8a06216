"""Cuts a file into slices of whole records, in bounded memory, however long its lines are."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dialerd.store.csv_format import CsvFormat
from dialerd.store.csv_records import MAX_RECORD_BYTES, SHOWN_LETTERS, Slice, record_at

SLICE_BYTES = 1 << 18


class Slices:
    """Iterates over the slices of the bytes that ``read`` gives. Where a slice ends, a record ends: slices can be
    read apart from each other, with the same result as all of them together."""

    def __init__(
        self, read: Callable[[int], bytes], form: CsvFormat, offset: int, line: int, slice_bytes: int
    ) -> None:
        self._read = read
        self._form = form
        self._offset = offset
        self._line = line
        self._slice_bytes = slice_bytes

    def __iter__(self) -> Iterator[Slice]:
        buffer = b""
        end = self._form.line_end
        while True:
            block = self._read(self._slice_bytes)
            if not block:
                if buffer:
                    yield self._slice(buffer)
                return
            buffer += block
            cut = buffer.rfind(end) + 1
            if cut == 0 and len(buffer) > MAX_RECORD_BYTES:
                piece, buffer = self._too_long(buffer)
                yield piece
                continue
            if cut > MAX_RECORD_BYTES and buffer.find(end) > MAX_RECORD_BYTES:
                piece, buffer = self._too_long(buffer)
                yield piece
                continue
            cut = self._whole(buffer, cut)
            if cut:
                yield self._slice(buffer[:cut])
                buffer = buffer[cut:]

    def _whole(self, buffer: bytes, cut: int) -> int:
        """Where, up to ``cut``, the last whole record ends."""
        form = self._form
        if not cut or not form.quote or form.quote.encode(form.letters) not in buffer:
            return cut
        lines = buffer[:cut].decode(form.letters, "surrogateescape").split(form.line_end.decode())
        lines.pop()
        index = 0
        while index < len(lines):
            if form.quote not in lines[index]:
                index += 1
                continue
            count, _ = record_at(lines, index, form, final=False)
            if count == 0:
                at = 0
                for _ in range(index):
                    at = buffer.find(form.line_end, at) + 1
                return at
            index += count
        return cut

    def _slice(self, data: bytes) -> Slice:
        lines = data.count(self._form.line_end) + (not data.endswith(self._form.line_end))
        piece = Slice(self._offset, self._line, data, lines, self._offset + len(data))
        self._offset, self._line = piece.end, self._line + lines
        return piece

    def _too_long(self, buffer: bytes) -> tuple[Slice, bytes]:
        """The beginning of a line that is too long; and what follows the line, which is read over."""
        beginning, read = buffer[: SHOWN_LETTERS * 4], 0
        while (found := buffer.find(self._form.line_end)) < 0:
            read += len(buffer)
            buffer = self._read(self._slice_bytes)
            if not buffer:
                break
        rest = buffer[found + 1 :] if buffer else b""
        read += found + 1 if buffer else 0
        piece = Slice(self._offset, self._line, beginning, 1, self._offset + read, too_long=True)
        self._offset, self._line = piece.end, self._line + 1
        return piece, rest


__all__ = ["SLICE_BYTES", "Slice", "Slices"]
