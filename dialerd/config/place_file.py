"""A site's own table of places: a CSV file with the columns ``code``, ``time_zone`` and ``region``."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from pydantic_core import PydanticCustomError

from dialerd.config.called_places import PlaceTable, is_zone, plain_code
from dialerd.config.pacing_scalars import TimeZone
from dialerd.config.problems import Problem, quoted
from dialerd.config.text_file import read_text
from dialerd.core.callable_time import Place

COLUMNS = ("code", "time_zone", "region")
MOST_ROWS = 200_000
_REGION = re.compile(r"[A-Z]{2}(?:-[A-Z0-9]{1,3})?")


def read_places(path: Path) -> PlaceTable | list[Problem]:
    """The table, or all that is wrong with the file (the first twenty mistakes, each with its line).

    ``code`` may be the beginning of a code; several time zones of one code are several rows. ``region`` may be
    empty or missing."""
    text = read_text(path)
    if isinstance(text, Problem):
        return [text]
    rows = csv.DictReader(text.splitlines(), strict=True)
    problems: list[Problem] = []
    found: dict[str, Place] = {}

    def wrong(message: str, expected: str = "", hint: str = "") -> None:
        problems.append(Problem(str(path), max(1, rows.reader.line_num), 1, "", message, expected, hint))

    try:
        header = [name.strip().lower() for name in rows.fieldnames or ()]
        rows.fieldnames = header
        missing = [name for name in COLUMNS[:2] if name not in header]
        if missing:
            wrong(f"there is no column {quoted(missing[0])}", "a first line `code,time_zone,region`")
            return problems
        for row in rows:
            _take(row, found, wrong)
            if len(problems) >= 20 or len(found) > MOST_ROWS:
                break
    except csv.Error as error:
        wrong(f"not CSV: {error}", "one row a line, fields separated by commas")
    if len(found) > MOST_ROWS:
        wrong(f"more than {MOST_ROWS} codes", "", "state beginnings of codes in place of whole ones")
    if not found and not problems:
        wrong("the table is empty", "rows such as `SW1A,Europe/London,GB-ENG`")
    return problems or PlaceTable(found)


def _take(row: dict[str, str | None], found: dict[str, Place], wrong: object) -> None:
    assert callable(wrong)
    code, zone_name = plain_code(row.get("code") or ""), (row.get("time_zone") or "").strip()
    region = (row.get("region") or "").strip().upper()
    if not code:
        wrong("a row without a code", "the beginning of a code, such as `SW1A`")
    elif not is_zone(zone_name):
        hint = ""
        try:
            TimeZone().parse(zone_name)
        except PydanticCustomError as error:
            hint = str((error.context or {}).get("hint", ""))
        wrong(f"{quoted(zone_name)} is not a time zone", TimeZone().expected(), hint)
    elif region and not _REGION.fullmatch(region):
        wrong(f"{quoted(region)} is no country or state", "such as `GB`, `US-FL`")
    else:
        before = found.get(code, Place())
        regions = (*before.regions, region) if region and region not in before.regions else before.regions
        zones = before.zones if zone_name in before.zones else (*before.zones, zone_name)
        found[code] = Place(zones, regions)
