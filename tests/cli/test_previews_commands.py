"""`previews` against a running API."""

from __future__ import annotations

from dialerd.core import events as e
from dialerd.core.campaign import Mode
from dialerd.core.commands import ConfirmClaim
from tests.cli.running_api import Dialerd, Served, parsed
from tests.control.stage import Stage, contact, spring

ANN, BEN = contact(1, columns={"name": "Ann", "ref": "[7]"}), contact(2)


def offer(stage: Stage) -> str:
    """The next contact is shown to the agent, as soon as the trunk's rate allows; the attempt."""
    stage.advance(1.0)
    attempt = stage.claim().record.id
    stage.feed(e.ClaimGranted(attempt))
    return attempt


def test_offers_are_listed_accepted_and_skipped(served: Served, dialerd: Dialerd) -> None:
    assert "Nobody is shown a contact" in dialerd("previews", "list").stdout
    shown: list[str] = []

    def begin(stage: Stage) -> None:
        stage.feed(e.PlanChanged(Stage(spring(mode=Mode.PREVIEW)).plan))
        stage.up().agent().start("spring", ANN, BEN)
        shown.append(offer(stage))

    def confirm() -> None:
        stage = served.daemon.stage
        if isinstance(stage.commands[-1], ConfirmClaim):
            stage.feed(e.ClaimConfirmed(shown[0]))

    served.act(begin)
    served.daemon.after_post = confirm
    text = dialerd("previews", "list").stdout
    for word in ("8001", "spring", "k1", "name=Ann", shown[0]):
        assert word in text, text
    status = dialerd("status").stdout
    assert "read" in status.splitlines()[next(i for i, line in enumerate(status.splitlines()) if "placed" in line)]
    assert parsed(dialerd("status", "--json"))["campaigns"][0]["offered"] == 1
    (row,) = parsed(dialerd("previews", "list", "--agent", "8001", "--json"))["previews"]
    assert (row["attempt"], row["columns"]) == (shown[0], {"name": "Ann", "ref": "[7]"})
    assert parsed(dialerd("previews", "list", "--agent", "8009", "--json"))["previews"] == []
    wrong = dialerd("previews", "accept", shown[0], "--agent", "8009")
    assert wrong.exit_code == 1
    assert "another agent" in wrong.output
    assert parsed(dialerd("previews", "accept", shown[0], "--json"))["dialed"] is True
    served.act(lambda stage: stage.end(shown[0], 17))
    served.act(lambda stage: shown.append(offer(stage)))
    assert "skipped" in dialerd("previews", "skip", shown[1]).stdout
    late = dialerd("previews", "accept", shown[1])
    assert late.exit_code == 1
    assert "the offer is skipped" in late.output
