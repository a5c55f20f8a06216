"""The bytes of a file, unpacked, and in an encoding in which the end of a line can be seen."""

from __future__ import annotations

import codecs
import gzip
import zlib
from pathlib import Path
from typing import IO, Any

from dialerd.store.csv_format import CsvFormat, UnusableFile

_SKIP_BYTES = 1 << 20


class PlainBytes:
    """Reads forward only, in bounded memory. Offsets are those of the plain bytes.

    Raises :class:`UnusableFile` when the file cannot be read to its end."""

    def __init__(self, path: Path, form: CsvFormat) -> None:
        self._path = path
        self._form = form
        self._raw: IO[bytes]
        self._file: IO[bytes] | gzip.GzipFile
        self._decoder = codecs.getincrementaldecoder(form.encoding)("replace") if form.translated else None
        self._left = b""

    def __enter__(self) -> PlainBytes:
        try:
            self._raw = self._path.open("rb")
        except OSError as error:
            raise UnusableFile(f"cannot open {self._path.name}: {error.strerror}") from error
        self._file = gzip.GzipFile(fileobj=self._raw) if self._form.gzip else self._raw
        return self

    def __exit__(self, *_: Any) -> None:
        self._raw.close()

    @property
    def position(self) -> int:
        """How many of the file's own bytes are read."""
        return self._raw.tell()

    def read(self, count: int) -> bytes:
        """About so many of the next bytes; none: it is the end."""
        if self._left:
            left, self._left = self._left, b""
            return left
        while True:
            try:
                block = self._file.read(count)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise UnusableFile(f"{self._path.name} is a damaged gzip file: {error}") from error
            except OSError as error:
                raise UnusableFile(f"cannot read {self._path.name}: {error.strerror}") from error
            if self._decoder is None:
                return block
            text = self._decoder.decode(block, not block)
            if text or not block:
                return text.encode("utf-8", "replace")

    def skip(self, count: int) -> None:
        """Leave out so many bytes from the beginning."""
        if self._decoder is None and not self._form.gzip:
            self._raw.seek(count)
            return
        while count > 0:
            block = self.read(min(count, _SKIP_BYTES))
            if not block:
                return
            self._left = block[count:]
            count -= len(block)
