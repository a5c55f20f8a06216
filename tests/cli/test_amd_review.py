"""`amd review` against a running API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import update

from dialerd.core.amd_truth import Mark
from dialerd.core.events import CallMarked
from dialerd.store.schema import recordings
from tests.cli.running_api import Dialerd, Served, parsed
from tests.cli.test_amd_tune import write
from tests.contract.test_marks import reviewed
from tests.control.test_marks import keep_marks


def kept(served: Served, folder: Path, serial: int, mark: Mark | None) -> str:
    """A machine verdict with its sound."""
    served.daemon.folder = folder

    async def work() -> str:
        attempt = await reviewed(served.daemon.engine, serial, "kept", mark)
        async with served.daemon.engine.begin() as connection:
            named = update(recordings).where(recordings.c.attempt_id == attempt).values(file=f"{serial}.wav")
            await connection.execute(named)
        return attempt

    write(folder / f"{serial}.wav", (2.0, 3000))
    return str(served.do(work()))


def listed(dialerd: Dialerd, *options: str) -> list[Any]:
    return [row["attempt_id"] for row in parsed(dialerd("amd", "review", "list", *options, "--json"))["reviews"]]


def test_listed_and_marked(served: Served, dialerd: Dialerd, folder: Path) -> None:
    assert "There are none." in dialerd("amd", "review", "list").stdout
    first, second = kept(served, folder / "kept", 1, None), kept(served, folder / "kept", 2, Mark.MACHINE)
    assert (listed(dialerd), listed(dialerd, "--marked")) == ([first], [second])
    told = dialerd("amd", "review", "list").stdout
    assert "MAXWORDS-5-4" in told
    assert "amd review mark ATTEMPT person" in told
    assert f"{first}: person" in dialerd("amd", "review", "mark", first, "person").stdout
    assert served.daemon.posted[-1] == CallMarked(Mark.PERSON, "anna via 127.0.0.1", attempt_id=first)
    assert dialerd("amd", "review", "mark", first, "robot").exit_code == 2


def test_exported_with_their_labels_and_tuned_on(served: Served, dialerd: Dialerd, folder: Path) -> None:
    person, machine = kept(served, folder / "kept", 1, Mark.PERSON), kept(served, folder / "kept", 2, Mark.MACHINE)
    kept(served, folder / "kept", 3, None)
    gone = kept(served, folder / "kept", 4, Mark.MACHINE)
    (folder / "kept" / "4.wav").unlink()
    to = folder / "labelled"
    counts = parsed(dialerd("amd", "review", "export", str(to), "--json"))
    assert counts == {"folder": str(to), "person": 1, "machine": 1, "there_already": 0, "not_to_be_had": 1}
    files = sorted(str(file.relative_to(to)) for file in to.rglob("*.wav"))
    assert files == sorted([f"person/{person}.wav", f"machine/{machine}.wav"])
    assert gone not in "".join(files)
    assert parsed(dialerd("amd", "tune", str(to), "--json"))["recordings"] == {"person": 1, "machine": 1}
    # Marked otherwise meanwhile: the file changes its folder.
    assert dialerd("amd", "review", "mark", person, "machine").exit_code == 0
    served.do(keep_marks(served.daemon))
    told = dialerd("amd", "review", "export", str(to)).stdout.replace("\n", " ")
    assert "0 persons and 1 machines" in told
    assert (to / "machine" / f"{person}.wav").is_file()
    assert not (to / "person" / f"{person}.wav").exists()


def test_a_folder_that_cannot_be_made(served: Served, dialerd: Dialerd, folder: Path) -> None:
    kept(served, folder / "kept", 1, Mark.PERSON)
    (folder / "file").write_text("in the way")
    answer = dialerd("amd", "review", "export", str(folder / "file"))
    assert (answer.exit_code, "cannot be made" in answer.output) == (1, True)
