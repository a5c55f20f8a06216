"""Contact lists as the YAML describes their files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dialerd.config.supply_models import ContactListModel


@dataclass(frozen=True, slots=True)
class PhoneColumn:
    """A column with phone numbers and the type of these numbers."""

    column: str
    kind: str


@dataclass(frozen=True, slots=True)
class ContactListSettings:
    """How the CSV file of one contact list is read.

    ``phones`` is in dial order; ``region`` (ISO 3166) is the country of numbers without a country code; without
    ``key`` a contact is known by its row number. ``delimiter`` and ``encoding`` None: to be found out from the file.
    ``duplicate_numbers``, ``duplicate_keys``: ``skip``, ``update`` or ``keep`` a row whose number or key the list has
    already; ``duplicates_elsewhere``: ``skip`` or ``keep`` one whose number another list has. ``quote``: None: to be
    found out, empty: nothing quotes. ``rename``, ``ignore``, ``constants``: what is kept of other columns, and by
    which name. ``refuse``: types of numbers that are not taken.
    """

    name: str
    file: Path | None
    delimiter: str | None
    encoding: str | None
    key: str | None
    phones: tuple[PhoneColumn, ...]
    region: str | None
    duplicate_numbers: str
    duplicate_keys: str
    duplicates_elsewhere: str = "keep"
    quote: str | None = None
    rename: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    constants: Mapping[str, str] = field(default_factory=dict)
    refuse: tuple[str, ...] = ()


def list_settings(name: str, model: ContactListModel, base: Path) -> ContactListSettings:
    """The settings of one list; file names are relative to ``base``."""
    return ContactListSettings(
        name,
        base / model.file if model.file is not None else None,
        model.delimiter,
        model.encoding,
        model.key,
        tuple(PhoneColumn(phone.column, phone.type) for phone in model.phones),
        model.region,
        model.duplicate_numbers,
        model.duplicate_keys,
        model.duplicates_elsewhere,
        {"none": ""}.get(model.quote, model.quote) if model.quote is not None else None,
        dict(model.rename),
        tuple(model.ignore),
        dict(model.constants),
        tuple(model.refuse),
    )
