"""`abandon` and `profiles`."""

from __future__ import annotations

import re
from pathlib import Path

from tests.cli.running_api import Dialerd, Served, parsed
from tests.control.test_abandon import prepare
from tests.store.store_lab import attempt


def with_abandoned(served: Served) -> None:
    served.do(prepare(served.stage, served.daemon))


def test_the_ledger_as_a_table(served: Served, dialerd: Dialerd) -> None:
    with_abandoned(served)
    shown = dialerd("abandon", "--campaign", "spring").stdout
    assert re.search(r"spring  calendar_day  \d{4}-\d\d-\d\d  default", shown)
    assert re.search(r"A 1  L 9  F 0 \(not measured\)  m 0\.0 % \(not measured\)  dials 10", shown)
    assert re.search(r"us_ratio +1 +10 +10\.0 % +3\.0 % +no", shown)
    assert len(re.findall("us_ratio", shown)) == 3, "the day, 30 days, and successive 30 days"
    assert "days  " in dialerd("abandon", "--days", "7").stdout


def test_the_ledger_as_json_and_its_calls(served: Served, dialerd: Dialerd) -> None:
    with_abandoned(served)
    body = parsed(dialerd("abandon", "--json", "--campaign", "spring"))
    assert body["ledger"][0]["rates"][0]["denominator"] == 10
    calls = parsed(dialerd("abandon", "--json", "--campaign", "spring", "--calls"))
    assert [call["id"] for call in calls["calls"]] == [attempt(1).id]
    assert re.search(
        rf"{attempt(1).id} +\+\d+\*+\d+ +abandoned .*message \+2\.00 s",
        dialerd("abandon", "--campaign", "spring", "--calls").stdout,
    )
    assert "No such calls" in dialerd("abandon", "--campaign", "spring", "--calls", "--of", "machine_verdicts").stdout


def test_mistakes_in_questions(served: Served, dialerd: Dialerd) -> None:
    refused = dialerd("abandon", "--calls")
    assert (refused.exit_code, "--campaign" in refused.stderr) == (1, True)
    refused = dialerd("abandon", "--date", "soon")
    assert (refused.exit_code, "a date such as" in refused.stderr) == (2, True)


def test_profiles(dialerd: Dialerd) -> None:
    shown = dialerd("profiles", "list").stdout
    assert re.search(r"us-ftc +1\.[0-9a-f]{8} +United States, Telemarketing Sales Rule", shown)
    assert re.search(r"us-md .* 3 to verify", shown)
    assert len(parsed(dialerd("profiles", "list", "--json"))["profiles"]) == 11
    one = dialerd("profiles", "show", "uk-ofcom-2017").stdout
    assert "abandoned_redial  72h" in one
    assert "(from uk-ofcom-2010)" in one
    assert "2 million pounds" in one
    body = parsed(dialerd("profiles", "show", "us-md", "--json"))
    assert {key: value for key, value in body["rules"][1].items() if key in ("rule", "verified")} == {
        "rule": "attempt_caps",
        "verified": False,
    }


def test_profiles_of_a_site(folder: Path, dialerd: Dialerd) -> None:
    (folder / "laws").mkdir()
    house = folder / "laws" / "house.yaml"
    house.write_text("profile: house\nversion: 1\ntitle: ours\nrules: {least_ring: {value: 25s, source: board}}\n")
    assert "least_ring  25s" in dialerd("profiles", "show", "house", "--folder", "laws").stdout
    house.write_text("profile: house\nversion: 1\ntitle: ours\nrules: {least_ring: {value: soon, source: board}}\n")
    refused = dialerd("profiles", "list", "--folder", "laws")
    assert refused.exit_code == 1
    assert "house.yaml:4:29" in refused.stderr
    missing = dialerd("profiles", "show", "us-ftcc")
    assert (missing.exit_code, "did you mean `us-ftc`?" in missing.stderr) == (1, True)
