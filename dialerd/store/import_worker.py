"""A process that reads slices for an import: one question on standard input, one answer on standard output.

It ends when its standard input does, so that it never outlives the import, however that dies.
"""

from __future__ import annotations

import pickle
import sys
from typing import IO, Any

from dialerd.store.import_rows import RowReader

_LENGTH_BYTES = 4


def send(pipe: IO[bytes], value: object) -> None:
    """Write one value; it arrives whole."""
    data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    pipe.write(len(data).to_bytes(_LENGTH_BYTES, "big"))
    pipe.write(data)
    pipe.flush()


def receive(pipe: IO[bytes]) -> Any:
    """Read one value that :func:`send` wrote. Raises :class:`EOFError` at the end."""
    length = pipe.read(_LENGTH_BYTES)
    if len(length) < _LENGTH_BYTES:
        raise EOFError
    return pickle.loads(pipe.read(int.from_bytes(length, "big")))


def main() -> None:
    """Read slices until there are no more."""
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    try:
        path, columns, mapping, form = receive(questions)
        reader = RowReader(path, columns, mapping)
        while True:
            send(answers, reader.read(receive(questions), form))
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        return


if __name__ == "__main__":
    main()
