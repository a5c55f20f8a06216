"""`contacts imports` against a running API."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

from tests.cli.running_api import Dialerd, Served, parsed, write_settings

CSV = b"ref,phone\na,01632 960001\nb,+44 1632 960002 x12\n"


def upload(served: Served, token: str = "") -> None:
    url = f"http://127.0.0.1:{served.port}/api/v1/contacts/import?list=leads&source=spring.csv"
    request = urllib.request.Request(url, CSV, {"Authorization": f"Bearer {token}"}, method="POST")
    assert json.load(urllib.request.urlopen(request))["state"] == "done"


def test_imports_are_listed_and_shown(served: Served, dialerd: Dialerd) -> None:
    assert "no file was uploaded" in dialerd("contacts", "imports").stdout
    upload(served)
    text = dialerd("contacts", "imports").stdout
    assert [line.split()[:4] for line in text.splitlines() if "spring" in line] == [
        ["1", "leads", "spring.csv", "done"]
    ]
    one = dialerd("contacts", "imports", "1").stdout
    assert "2 rows: 1 imported (0 updated, 0 not wholly), 1 rejected" in one
    assert "line 3" in one
    assert parsed(dialerd("contacts", "imports", "--json"))["imports"][0]["imported"] == 1
    assert parsed(dialerd("contacts", "imports", "1", "--json"))["rejects"][0]["line"] == 3
    assert parsed(dialerd("contacts", "imports", "--list", "others", "--json")) == {"imports": []}


def test_what_is_over_cannot_be_cancelled(served: Served, dialerd: Dialerd) -> None:
    upload(served)
    refused = dialerd("contacts", "imports", "1", "--cancel")
    assert refused.exit_code == 1
    assert "this import is over" in refused.stderr
    assert dialerd("contacts", "imports", "7").exit_code == 1
    assert dialerd("contacts", "imports", "--cancel").exit_code == 2


def test_rejects_are_fetched_with_the_token(folder: Path, dialerd: Dialerd) -> None:
    (folder / "daemon").mkdir()
    with Served(folder / "daemon", "secret") as served:
        write_settings(folder, served.port)
        upload(served, "secret")
        file = folder / "rejects.csv"
        done = dialerd("contacts", "imports", "1", "--rejects", str(file), "--token", "secret", "--json")
        assert parsed(done) == {"file": str(file), "bytes": file.stat().st_size}
        assert file.read_text().splitlines()[0] == "line,reason,raw"
        assert "960002 x12" in dialerd("contacts", "imports", "1", "--rejects", "-", "--token", "secret").stdout
        assert dialerd("contacts", "imports", "1", "--rejects", "/no/such/place", "--token", "secret").exit_code == 1
        assert dialerd("contacts", "imports", "1", "--rejects", "-", "--token", "wrong").exit_code == 1
