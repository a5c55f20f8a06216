"""`contacts import`: into the record directly, and a running daemon is told."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from dialerd.core.events import ContactsChanged
from tests.cli.running_api import Dialerd, Served, parsed

CSV = "ref,phone,name\na,01632 960001,Ann\nb,not a number,Bob\nc,+441632960003,Cy\n"


def rows(folder: Path, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(folder / "dialerd.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_without_a_daemon_everything_arrives(absent: int, folder: Path, dialerd: Dialerd) -> None:
    (folder / "mine.csv").write_text(CSV)
    result = dialerd("contacts", "import", "leads", "mine.csv")
    assert result.exit_code == 0, result.output
    assert "2 of 3 rows imported into leads" in result.stdout
    assert "1 rejected" in result.stdout
    assert "mine.csv.rejects.csv" in result.stdout
    assert "was told" not in result.stdout
    assert rows(folder, "SELECT key, state FROM contacts ORDER BY id") == [("a", "callable"), ("c", "callable")]
    assert (folder / "mine.csv.rejects.csv").read_text().splitlines()[1].startswith("3,")
    ((who, what, detail),) = rows(folder, "SELECT who, what, detail FROM audit")
    assert (who, what) == ("anna via command line", "contacts_import")
    assert '"imported":2' in str(detail)


def test_the_lists_own_file_and_a_running_daemon(served: Served, folder: Path, dialerd: Dialerd) -> None:
    (folder / "leads.csv").write_text(CSV)
    result = dialerd("contacts", "import", "leads", "--json")
    body = parsed(result)
    assert (body["rows"], body["imported"], body["rejected"], body["daemon_told"]) == (3, 2, 1, True)
    assert served.daemon.posted == [ContactsChanged("leads", any_of_them=True)]
    (folder / "more.csv").write_text("ref,phone\nd,01632 960004\n")
    assert "the running daemon was told" in dialerd("contacts", "import", "leads", "more.csv").stdout


def test_importing_again_rejects_duplicates(absent: int, folder: Path, dialerd: Dialerd) -> None:
    (folder / "leads.csv").write_text(CSV)
    dialerd("contacts", "import", "leads")
    result = dialerd("contacts", "import", "leads")
    assert result.exit_code == 1, "nothing of it was imported"
    assert "0 of 3 rows imported" in result.stdout


def test_strict_fails_on_any_reject(absent: int, folder: Path, dialerd: Dialerd) -> None:
    (folder / "leads.csv").write_text(CSV)
    result = dialerd("contacts", "import", "leads", "--strict", "--rejects", "bad.csv")
    assert result.exit_code == 1
    assert (folder / "bad.csv").exists()
    assert len(rows(folder, "SELECT * FROM contacts")) == 2


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["leeds", "mine.csv"], 2, "did you mean `leads`?"),
        (["empty_one"], 2, "states no `file:`"),
        (["leads"], 1, "cannot open leads.csv"),
        (["leads", "empty.csv"], 1, "is empty"),
        (["leads", "columns.csv"], 1, "phone"),
        ([], 2, "LIST"),
    ],
)
def test_what_cannot_be_imported(
    absent: int, folder: Path, dialerd: Dialerd, arguments: list[str], code: int, said: str
) -> None:
    (folder / "mine.csv").write_text(CSV)
    (folder / "empty.csv").write_text("")
    (folder / "columns.csv").write_text("ref,mobile\na,01632 960001\n")
    result = dialerd("contacts", "import", *arguments)
    assert result.exit_code == code
    assert said in result.stderr


def test_a_database_that_cannot_be_opened(absent: int, folder: Path, dialerd: Dialerd) -> None:
    (folder / "leads.csv").write_text(CSV)
    with (folder / "dialerd.yaml").open("a") as settings:
        settings.write("sql: {url: 'sqlite+aiosqlite:///nowhere/x.db'}\n")
    result = dialerd("contacts", "import", "leads")
    assert result.exit_code == 1
    assert "unable to open database file" in result.stderr
    assert "Nothing was imported" in result.stderr


def test_a_database_of_a_newer_dialerd_is_left_alone(absent: int, folder: Path, dialerd: Dialerd) -> None:
    (folder / "leads.csv").write_text(CSV)
    dialerd("contacts", "import", "leads")
    connection = sqlite3.connect(folder / "dialerd.db")
    connection.execute("UPDATE alembic_version SET version_num = 'from the future'")
    connection.commit()
    connection.close()
    result = dialerd("contacts", "import", "leads")
    assert result.exit_code == 1
    assert "Use the newer dialerd." in result.stderr


def test_campaigns_with_mistakes_are_named(absent: int, folder: Path, dialerd: Dialerd) -> None:
    (folder / "campaigns.yaml").write_text("version: 1\ncampaigns: 7\n")
    result = dialerd("contacts", "import", "leads", "x.csv")
    assert result.exit_code == 2
    assert "campaigns.yaml:2:12" in result.stderr


def test_a_daemon_that_refuses_is_a_warning_only(folder: Path, dialerd: Dialerd) -> None:
    from tests.cli.running_api import write_settings

    (folder / "daemon").mkdir()
    (folder / "leads.csv").write_text(CSV)
    with Served(folder / "daemon", "s3cret-s3cret-s3cret") as served:
        write_settings(folder, served.port)
        result = dialerd("contacts", "import", "leads")
    assert result.exit_code == 0
    assert "the daemon was not told: token missing or wrong" in result.stderr
