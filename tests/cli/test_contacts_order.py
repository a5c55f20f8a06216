"""`contacts next` and `contacts count`: straight from the record."""

from __future__ import annotations

from pathlib import Path

from tests.cli.running_api import CAMPAIGNS, Dialerd, parsed

CSV = "ref,phone,name,score\na,01632 960001,Ann,5\nb,01632 960002,Bob,70\nc,01632 960003,Cy,\nd,01632 960004,Di,9\n"
ORDER = """\
    filter: name != "Bob"
    sort:
      - {by: score, as: number, direction: desc}
"""


def prepare(folder: Path, dialerd: Dialerd, order: str = ORDER) -> None:
    (folder / "campaigns.yaml").write_text(CAMPAIGNS + order)
    (folder / "leads.csv").write_text(CSV)
    assert dialerd("contacts", "import", "leads").exit_code == 0


def test_who_comes_next_and_why(absent: int, folder: Path, dialerd: Dialerd) -> None:
    prepare(folder, dialerd)
    body = parsed(dialerd("contacts", "next", "spring", "--json"))
    assert [(one["key"], one["keys"]["score as number desc"]) for one in body["contacts"]] == [
        ("d", "9.0"), ("a", "5.0"), ("c", None),
    ]  # fmt: skip
    result = dialerd("contacts", "next", "spring", "-n", "2")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert "score as number desc" in lines[0]
    assert ["+4416*****04" in lines[2], "9.0" in lines[2], len(lines)] == [True, True, 4]


def test_how_many_there_are(absent: int, folder: Path, dialerd: Dialerd) -> None:
    prepare(folder, dialerd)
    (one,) = parsed(dialerd("contacts", "count", "--campaign", "spring", "--json"))["campaigns"]
    assert (one["contacts"], one["matching"], one["filtered_out"], one["fresh"]) == (4, 3, 1, 3)
    assert "matching" in dialerd("contacts", "count").stdout


def test_nobody_is_said_in_words(absent: int, folder: Path, dialerd: Dialerd) -> None:
    prepare(folder, dialerd, '    filter: name = "Zoe"\n')
    assert "nobody can be called now" in dialerd("contacts", "next", "spring").stdout


def test_an_unknown_campaign_is_a_usage_error(absent: int, folder: Path, dialerd: Dialerd) -> None:
    result = dialerd("contacts", "next", "sprng")
    assert result.exit_code == 2
    assert "did you mean `spring`?" in result.stderr
