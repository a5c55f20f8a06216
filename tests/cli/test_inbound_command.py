"""`inbound` against a running API."""

from __future__ import annotations

from dialerd.core import events as e
from tests.cli.running_api import Dialerd, Served, parsed
from tests.control.stage import Stage
from tests.control.test_inbound import CHANNEL, arrives


def test_live_calls_and_those_that_are_over(served: Served, dialerd: Dialerd) -> None:
    def comes(stage: Stage) -> None:
        arrives(stage)

    def leaves(stage: Stage) -> None:
        stage.feed(e.ChannelEnded(CHANNEL, 16))

    assert "Nobody called back." in dialerd("inbound").stdout
    served.act(comes)
    shown = dialerd("inbound").stdout
    assert "treating" in shown
    assert "+4416*****01" in shown
    assert [len(part) for part in parsed(dialerd("inbound", "--over", "--json")).values()] == [0, 0]
    served.act(leaves)
    served.do(served.daemon.record_outcomes())
    assert "hung_up" in dialerd("inbound", "--campaign", "spring").stdout
    (row,) = parsed(dialerd("inbound", "--outcome", "hung_up", "--json"))["over"]
    assert row["contact_key"] == "k1"
    assert "Nobody called back." in dialerd("inbound", "--contact", "77").stdout
    refused = dialerd("inbound", "--outcome", "lost")
    assert refused.exit_code != 0
    assert "outcome" in refused.output
