"""Values that are made by the thousand and never changed: facts, commands, cases, what becomes of a contact.

To mypy :func:`value` is :func:`dataclasses.dataclass`, so that a frozen value is frozen wherever the types are
checked. At run time nothing forbids an assignment: the constructor of a frozen dataclass sets every field through
``object.__setattr__``, which takes four times as long as an assignment, and each event of a call makes several
values. What a site's own functions see, and what stays for long, are plain frozen dataclasses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass as value
else:
    from dataclasses import dataclass

    def value(*, frozen: bool, slots: bool):
        """A dataclass that compares and hashes by its fields, as a frozen one does."""
        if not (frozen and slots):
            raise TypeError("a value is frozen, and has slots")
        return dataclass(slots=True, unsafe_hash=True)


__all__ = ["value"]
