"""Where a number may ring: from itself, from the contact's columns, from a site's own table, from a default."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from dialerd.config.area_codes import FILE, derived, region_of_area_code
from dialerd.config.called_places import CalledPlaces, PlaceTable
from dialerd.config.number_places import place_of_number
from dialerd.config.place_file import read_places
from dialerd.core.callable_time import Place
from dialerd.core.contact import Contact, Number

NEW_YORK = Place(("America/New_York",), ("US-DC",))


@pytest.mark.parametrize(
    ("number", "zones", "regions", "says_where"),
    [
        ("+12025550123", ("America/New_York",), ("US-DC",), True),
        ("+13055550123", ("America/New_York",), ("US-FL",), True),
        ("+16045550123", ("America/Vancouver",), ("CA-BC",), True),
        ("+441632960001", ("Europe/London",), ("GB",), True),
        ("+33123456789", ("Europe/Paris",), ("FR",), True),
        ("+34600000000", ("Atlantic/Canary", "Europe/Madrid"), ("ES",), True),
        ("+80012345678", (), (), False),
        ("+870773111632", (), (), False),
        ("+0123", (), (), False),
        ("nonsense", (), (), False),
    ],
)
def test_what_a_number_says(number: str, zones: tuple[str, ...], regions: tuple[str, ...], says_where: bool) -> None:
    found = place_of_number(number)
    assert (found.place, found.says_where) == (Place(zones, regions), says_where)


def test_a_number_that_may_be_anywhere_in_its_country() -> None:
    toll_free = place_of_number("+18005550123")
    assert len(toll_free.place.zones) > 20
    assert (toll_free.place.regions, toll_free.says_where) == (("US",), False)
    mobile = place_of_number("+61491570156")
    assert {"Australia/Perth", "Australia/Sydney"} <= set(mobile.place.zones)
    assert mobile.says_where, "somewhere in the country: in all of its zones it must be the hour"


def where(number: str, columns: Mapping[str, str] | None = None, **places: object) -> Place:
    contact = Contact(1, "leads", "k", (Number(number),), columns or {})
    return CalledPlaces(**places)(contact, contact.numbers[0])  # type: ignore[arg-type]


def test_a_default_is_for_numbers_that_do_not_say_where_they_are() -> None:
    assert where("+18005550123", fallback_zone="America/Chicago") == Place(("America/Chicago",), ("US",))
    assert where("+80012345678", fallback_zone="Europe/London") == Place(("Europe/London",))
    assert where("+12025550123", fallback_zone="Europe/London") == NEW_YORK
    assert where("+61491570156", fallback_zone="Australia/Sydney").zones[0] == "Australia/Adelaide"
    assert where("+80012345678") == Place()


def test_what_the_contact_says_goes_before_the_number() -> None:
    said = {"zone_column": "tz", "state_column": "state", "country": "US"}
    assert where("+12025550123", {"tz": "America/Denver", "state": "co"}, **said) == Place(
        ("America/Denver",), ("US-CO",)
    )
    assert where("+12025550123", {"tz": " ", "state": ""}, **said) == NEW_YORK
    assert where("+12025550123", {"tz": "Amerika/Denver", "state": "Florida state"}, **said) == NEW_YORK
    assert where("+12025550123", {"state": "US"}, **said).regions == ("US",)
    assert where("+12025550123", {"state": "ca-on"}, **said).regions == ("CA-ON",)
    assert where("+12025550123", {}, **said) == NEW_YORK
    assert where("+12025550123", {"tz": "../../etc/passwd"}, **said) == NEW_YORK


def test_the_longest_code_of_the_table_counts() -> None:
    table = PlaceTable(
        {
            "SW": Place(("Europe/London",), ("GB-ENG",)),
            "BT": Place(("Europe/London",), ("GB-NIR",)),
            "3": Place(("America/Chicago",)),
            "331": Place(("America/New_York",), ("US-FL",)),
        }
    )
    said = {"code_column": "zip", "table": table}
    assert where("+441632960001", {"zip": "sw1a 1aa"}, **said).regions == ("GB-ENG",)
    assert where("+12025550123", {"zip": "33101-1234"}, **said) == Place(("America/New_York",), ("US-FL",))
    assert where("+12025550123", {"zip": "30301"}, **said) == Place(("America/Chicago",), ("US-DC",))
    assert where("+12025550123", {"zip": "99999"}, **said) == NEW_YORK
    both = {**said, "zone_column": "tz"}
    assert where("+12025550123", {"zip": "33101", "tz": "America/Denver"}, **both).zones == ("America/Denver",)


# --- the table's file ---------------------------------------------------------------------------------------------


def read(tmp_path: Path, text: str) -> PlaceTable | list[str]:
    path = tmp_path / "places.csv"
    path.write_text(text)
    found = read_places(path)
    if isinstance(found, PlaceTable):
        return found
    return [f"{problem.line}: {problem.message}; {problem.hint}" for problem in found]


def test_a_file_of_places(tmp_path: Path) -> None:
    text = "Code,time_zone,region\nSW1A,Europe/London,gb-eng\nKY 4,America/New_York,\nKY4,America/Chicago,US-KY\n"
    assert read(tmp_path, text) == PlaceTable(
        {
            "SW1A": Place(("Europe/London",), ("GB-ENG",)),
            "KY4": Place(("America/New_York", "America/Chicago"), ("US-KY",)),
        }
    )
    assert read(tmp_path, "code,time_zone\n1,UTC\n") == PlaceTable({"1": Place(("UTC",))})


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", ["1: there is no column `code`; "]),
        ("code,zone\n1,UTC\n", ["1: there is no column `time_zone`; "]),
        ("code,time_zone\n", ["1: the table is empty; "]),
        ("code,time_zone\n1,Europe/Londn\n,UTC\n", [
            "2: `Europe/Londn` is not a time zone; did you mean `Europe/London`?", "3: a row without a code; "]),
        ("code,time_zone,region\n1,UTC,England\n", ["2: `ENGLAND` is no country or state; "]),
        ('code,time_zone\n1,"UTC\n', ["2: not CSV: unexpected end of data; "]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_of_places(tmp_path: Path, text: str, wrong: list[str]) -> None:
    assert read(tmp_path, text) == wrong


def test_many_mistakes_are_cut_short_and_a_missing_file_is_told(tmp_path: Path) -> None:
    found = read(tmp_path, "code,time_zone\n" + "1,x\n" * 1000)
    assert isinstance(found, list)
    assert len(found) == 20
    missing = read_places(tmp_path / "no.csv")
    assert isinstance(missing, list)
    assert "cannot be read" in missing[0].message


# --- area codes ---------------------------------------------------------------------------------------------------


def test_area_codes_are_those_of_the_library() -> None:
    from importlib import resources

    assert resources.files("dialerd.config").joinpath(FILE).read_text() == derived(), (
        "python -m dialerd.config.area_codes"
    )


def test_states_with_laws_of_their_own() -> None:
    assert [region_of_area_code(code) for code in ("305", "405", "410", "212", "416", "800", "867")] == [
        "US-FL", "US-OK", "US-MD", "US-NY", "CA-ON", None, None,
    ]  # fmt: skip
