"""What a campaign states about whom to call and in which order."""

from __future__ import annotations

from dataclasses import dataclass

from dialerd.core.filtering.conditions import Builtin, Column, Filter, Kind, columns_of, leaves

MAX_KEYS = 4
REFRESH_S = 600.0
"""How often a filter whose answers change with time is asked again about everybody."""


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key: what is looked at, how values are compared, and where contacts without a value stand."""

    field: Column | Builtin
    kind: Kind = Kind.TEXT
    descending: bool = False
    empty_first: bool = False

    def __str__(self) -> str:
        name = self.field.name if isinstance(self.field, Column) else self.field.value
        return f"{name} as {self.kind} {'desc' if self.descending else 'asc'}" + (
            ", empty first" if self.empty_first else ""
        )


@dataclass(frozen=True, slots=True)
class ListShare:
    """A contact list and its share of the contacts that are fetched, in relation to the others."""

    name: str
    share: int = 1

    def __str__(self) -> str:
        return f"{self.name} {self.share}"


@dataclass(frozen=True, slots=True)
class Mix:
    """So many fresh contacts (never attempted) to so many retried ones. A kind with 0 comes when there is no other.
    Where one kind runs out the other takes its turns."""

    fresh: int = 0
    retried: int = 1


RETRIED_FIRST = Mix()
"""Without a mix: a retry that is due does not wait."""


@dataclass(frozen=True, slots=True)
class DialOrder:
    """Which contacts, in which order. The plain order: all of one list, due retries first, then as imported."""

    filter: Filter | None = None
    sort: tuple[SortKey, ...] = ()
    static: bool = False
    """Sort keys are those of the moment in which the contact was first seen, and stay."""
    mix: Mix = RETRIED_FIRST
    lists: tuple[ListShare, ...] = ()
    """Several lists; empty: the campaign's one list."""
    time_zone: str = "UTC"
    """IANA name; where `today` in the filter changes."""

    @property
    def plain(self) -> bool:
        """Nothing is stated but the list."""
        return self.filter is None and not self.sort and self.mix == RETRIED_FIRST and len(self.lists) < 2

    def columns(self) -> tuple[str, ...]:
        """Names of the contact columns that it looks at."""
        of_filter = columns_of(self.filter.condition) if self.filter is not None else ()
        of_sort = [key.field.name for key in self.sort if isinstance(key.field, Column)]
        return tuple(dict.fromkeys([*of_filter, *of_sort]))

    def builtins(self) -> frozenset[Builtin]:
        """What it looks at beside columns."""
        of_filter = [leaf.field for leaf in leaves(self.filter.condition)] if self.filter is not None else []
        fields = [*of_filter, *(key.field for key in self.sort)]
        return frozenset(field for field in fields if isinstance(field, Builtin))

    def shares(self, contact_list: str) -> tuple[ListShare, ...]:
        """The lists with their shares; ``contact_list``: the campaign's, where it states no others."""
        return self.lists or (ListShare(contact_list),)


PLAIN = DialOrder()
TEXT_FIELDS = frozenset({Builtin.LAST_DISPOSITION, Builtin.NUMBER_TYPE, Builtin.LIST})
