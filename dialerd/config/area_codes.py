"""Which state or province a North American area code belongs to.

The library `phonenumbers` knows it, at a price of 100 MB of memory; so it is taken from there beforehand
(``python -m dialerd.config.area_codes`` writes ``area_codes.txt`` again), and a test compares the two. A number that
was ported, or a mobile phone, may be elsewhere: where it matters, state a column of the contact list.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from importlib import resources

FILE = "area_codes.txt"
_NAMES = """
US-AL Alabama|US-AK Alaska|US-AZ Arizona|US-AR Arkansas|US-CA California|US-CO Colorado|US-CT Connecticut
US-DE Delaware|US-DC Washington D.C.|US-FL Florida|US-GA Georgia|US-HI Hawaii|US-ID Idaho|US-IL Illinois|US-IN Indiana
US-IA Iowa|US-KS Kansas|US-KY Kentucky|US-LA Louisiana|US-ME Maine|US-MD Maryland|US-MA Massachusetts|US-MI Michigan
US-MN Minnesota|US-MS Mississippi|US-MO Missouri|US-MT Montana|US-NE Nebraska|US-NV Nevada|US-NH New Hampshire
US-NJ New Jersey|US-NM New Mexico|US-NY New York|US-NC North Carolina|US-ND North Dakota|US-OH Ohio|US-OK Oklahoma
US-OR Oregon|US-PA Pennsylvania|US-RI Rhode Island|US-SC South Carolina|US-SD South Dakota|US-TN Tennessee
US-TX Texas|US-UT Utah|US-VT Vermont|US-VA Virginia|US-WA Washington State|US-WV West Virginia|US-WI Wisconsin
US-WY Wyoming|CA-AB Alberta|CA-BC British Columbia|CA-BC British Colombia|CA-MB Manitoba|CA-NB New Brunswick
CA-NL Newfoundland and Labrador|CA-ON Ontario|CA-QC Quebec|CA-SK Saskatchewan
"""
"""Area codes that serve several provinces are left out: of those only the country is known."""


@cache
def _known() -> dict[str, str]:
    text = resources.files(__package__).joinpath(FILE).read_text()
    return {code: region for region, *codes in map(str.split, text.splitlines()) for code in codes}


def region_of_area_code(code: str) -> str | None:
    """``US-FL`` of ``305``; None where the area code says no more than the country."""
    return _known().get(code)


def derived() -> str:
    """The file's content, from the library's data."""
    from phonenumbers.geodata import GEOCODE_DATA

    regions = {
        name: code for code, _, name in (entry.partition(" ") for entry in _NAMES.replace("\n", "|").split("|"))
    }
    regions |= {code.partition("-")[2]: code for code in list(regions.values())}
    votes: dict[str, Counter[str]] = {}
    for prefix, names in GEOCODE_DATA.items():
        region = regions.get(names.get("en", "").rpartition(", ")[2])
        if prefix.startswith("1") and len(prefix) >= 4 and region:
            votes.setdefault(prefix[1:4], Counter())[region] += 1000 if len(prefix) == 4 else 1
    of_region: dict[str, list[str]] = {}
    for code, counted in sorted(votes.items()):
        if len(counted) == 1 or counted.most_common(1)[0][1] >= 1000:
            of_region.setdefault(counted.most_common(1)[0][0], []).append(code)
    return "".join(f"{region} {' '.join(codes)}\n" for region, codes in sorted(of_region.items()))


if __name__ == "__main__":
    print(derived(), end="")
