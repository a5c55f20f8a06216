"""Whom a campaign calls, and in which order: the shape in YAML, the core's value, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from pydantic import Field

from dialerd.config.problems import Path, did_you_mean, quoted
from dialerd.config.scalars import Choice, Scalar, Whole
from dialerd.config.section import SNAKE_NAME, Section
from dialerd.core.filtering.conditions import AGES, NUMBERS, Builtin, Column, Kind
from dialerd.core.filtering.conditions import Field as FilterField
from dialerd.core.filtering.parser import parse_filter
from dialerd.core.filtering.words import FilterError
from dialerd.core.ordering.settings import MAX_KEYS, RETRIED_FIRST, DialOrder, ListShare, Mix, SortKey

_LONGEST = 4000
_KINDS = (Kind.TEXT.value, Kind.NUMBER.value, Kind.DATE.value)


@dataclass(frozen=True, slots=True)
class Expression(Scalar):
    """A filter's text, in one line or several; what it says is checked later, where its place is known."""

    def parse(self, text: str) -> str:
        if len(text) > _LONGEST:
            raise self.refuse(f"{len(text)} characters, more than {_LONGEST}")
        if not text:
            raise self.refuse("nothing is written here", "remove the line to call the whole list")
        return text

    def expected(self) -> str:
        return 'a condition, such as `region = "GB" and attempts < 2`'

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": _LONGEST}


@dataclass(frozen=True, slots=True)
class ColumnName(Scalar):
    """A column, or something that dialerd knows of a contact."""

    def parse(self, text: str) -> str:
        plain = text[1:-1] if len(text) > 2 and text[0] == text[-1] == "`" else text
        if not plain or len(plain) > 100 or not plain.isprintable() or any(c in plain for c in '"\\`'):
            raise self.refuse(f"{quoted(text)} cannot be a column")
        return text

    def expected(self) -> str:
        return "a column, or one of " + ", ".join(f"`{name}`" for name in Builtin)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": 102}


class SortKeyModel(Section):
    """One sort key."""

    by: Annotated[str, ColumnName()] = Field(
        description="A column, or `attempts`, `last_attempt_age`, `age`, `priority`, `last_disposition`, "
        "`number_type`, `list`. A column of such a name: in backquotes."
    )
    as_: Annotated[str, Choice(_KINDS)] | None = Field(
        default=None, alias="as", description="How values of a column compare: `text` (usual), `number`, `date`."
    )
    direction: Annotated[str, Choice(("asc", "desc"))] = Field(
        default="asc", description="`asc`: the smallest, earliest or youngest first. `desc`: the other way round."
    )
    empty: Annotated[str, Choice(("first", "last"))] = Field(
        default="last", description="Where contacts without a value stand."
    )


class MixModel(Section):
    """How fresh and retried contacts take turns."""

    fresh: Annotated[int, Whole(0, 100)] = Field(description="So many contacts that were never attempted ...")
    retried: Annotated[int, Whole(0, 100)] = Field(description="... to so many that are tried again. 0: only when "
                                                   "there is no other.")  # fmt: skip


class ListShareModel(Section):
    """One of several contact lists."""

    name: Annotated[str, SNAKE_NAME] = Field(description="A name under `contact_lists`.")
    share: Annotated[int, Whole(1, 100)] = Field(description="Its share in percent; all together 100.")


class OrderSettings(Protocol):
    """What a campaign states about it."""

    @property
    def contact_lists(self) -> list[ListShareModel] | None: ...
    @property
    def filter(self) -> str | None: ...
    @property
    def sort(self) -> list[SortKeyModel]: ...
    @property
    def order(self) -> str: ...
    @property
    def mix(self) -> MixModel | None: ...
    @property
    def time_zone(self) -> str: ...


def dial_order(model: OrderSettings) -> DialOrder:
    """The order of a campaign that passed its checks."""
    lists = tuple(ListShare(one.name, one.share) for one in model.contact_lists or ())
    return DialOrder(
        filter=parse_filter(model.filter) if model.filter is not None else None,
        sort=tuple(_sort_key(key) for key in model.sort),
        static=model.order == "static",
        mix=Mix(model.mix.fresh, model.mix.retried) if model.mix is not None else RETRIED_FIRST,
        lists=lists if len(lists) > 1 else (),
        time_zone=model.time_zone,
    )


def _field(name: str) -> Column | Builtin:
    if name[0] == "`":
        return Column(name[1:-1])
    return Builtin(name) if name in set(Builtin) else Column(name)


def _sort_key(model: SortKeyModel) -> SortKey:
    field = _field(model.by)
    usual = Kind.NUMBER if field in NUMBERS or field in AGES else Kind.TEXT
    kind = Kind(model.as_) if model.as_ is not None else usual
    return SortKey(field, kind, model.direction == "desc", model.empty == "first")


class Checks(Protocol):
    """What tells the problems of one campaign; see :mod:`dialerd.config.cross_checks`."""

    @property
    def campaign(self) -> OrderSettings: ...
    def where(self, *keys: str) -> Path: ...
    def own(self, *keys: str) -> Path: ...
    def states(self, *keys: str) -> bool: ...
    def phone_columns(self) -> frozenset[str]: ...
    def list_names(self) -> Iterable[str]: ...
    def tell(
        self, path: Path, message: str, expected: str = "", hint: str = "", *, of_key: bool = False,
        within: tuple[str, int] | None = None,
    ) -> None: ...  # fmt: skip
    def warn(self, path: Path, message: str, hint: str = "", of_key: bool = False) -> None: ...


def check_order(checks: Checks) -> None:
    """Tell what is wrong with lists, filter, sort keys and mix."""
    _lists(checks)
    _filter(checks)
    _sort(checks)
    mix = checks.campaign.mix
    if mix is not None and not mix.fresh and not mix.retried:
        checks.tell(checks.where("mix"), "nobody would ever be called", "`fresh` or `retried` above 0", of_key=True)


def _lists(checks: Checks) -> None:
    lists = checks.campaign.contact_lists
    if lists is None:
        return
    path = checks.where("contact_lists")
    if checks.states("contact_list") and checks.states("contact_lists"):
        checks.tell(checks.own("contact_list"), "`contact_list` beside `contact_lists`", "one of the two",
                    "remove one", of_key=True)  # fmt: skip
    known, seen = set(checks.list_names()), set[str]()
    for index, one in enumerate(lists):
        here: Path = (*path, index, "name")
        if one.name not in known:
            checks.tell(here, f"there is no contact list {quoted(one.name)}", hint=did_you_mean(one.name, known))
        if one.name in seen:
            checks.tell(here, f"contact list {quoted(one.name)} is named twice", "each list once", "remove one")
        seen.add(one.name)
    total = sum(one.share for one in lists)
    if total != 100:
        checks.tell(path, f"the shares are {total} % together", "100", of_key=True)


def _filter(checks: Checks) -> None:
    text = checks.campaign.filter
    if text is None:
        return
    path = checks.where("filter")
    try:
        found = parse_filter(text)
    except FilterError as error:
        hint = did_you_mean(error.word, error.known) if error.word else error.hint
        checks.tell(path, error.message, error.expected, hint, within=(text, error.at))
        return
    _phones(checks, path, DialOrder(filter=found).columns())


def _phones(checks: Checks, path: Path, columns: Iterable[str]) -> None:
    apart = checks.phone_columns()
    for column in columns:
        if column in apart:
            checks.tell(
                path, f"{quoted(column)} is a phone column: it is kept apart from the others", "another column",
                "use `number_type`, or copy it into a column of another name",
            )  # fmt: skip


def _sort(checks: Checks) -> None:
    path = checks.where("sort")
    keys = checks.campaign.sort
    if len(keys) > MAX_KEYS:
        checks.tell(path, f"{len(keys)} sort keys", f"at most {MAX_KEYS}", of_key=True)
    seen = set[str]()
    for index, key in enumerate(keys):
        field = _field(key.by)
        here: Path = (*path, index)
        if not isinstance(field, Column) and key.as_ is not None and _sort_key(key).kind is not _usual(field):
            checks.tell((*here, "as"), f"`{key.by}` is always compared as {_usual(field)}", hint="remove `as`")
        if isinstance(field, Column):
            _phones(checks, (*here, "by"), [field.name])
        if key.by in seen:
            checks.tell((*here, "by"), f"{quoted(key.by)} is a sort key already", "each key once", "remove one")
        seen.add(key.by)
    if checks.campaign.order == "static" and not keys and checks.states("order"):
        checks.warn(checks.where("order"), "without `sort` there is nothing that could stay", "state `sort:`")


def _usual(field: FilterField) -> Kind:
    return Kind.NUMBER if field in NUMBERS or field in AGES else Kind.TEXT


def missing_columns(
    wanted: Iterable[str], there: Iterable[str], contact_list: str, asked_by: str = "the order"
) -> str | None:
    """Why an order (or a flow) cannot be kept with a list of these columns; None: it can."""
    known = set(there)
    missing = [name for name in wanted if name not in known]
    if not known or not missing:
        return None
    said = " and ".join(quoted(name) for name in missing)
    return f"list {contact_list} has no column {said}, which {asked_by} asks for; {did_you_mean(missing[0], known)}"
