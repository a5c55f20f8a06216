"""`sequences` and `campaign-rules` against a running API."""

from __future__ import annotations

from tests.cli.running_api import Dialerd, Served, parsed
from tests.control.test_directions import directed


def test_sequences_are_listed_started_and_stopped(served: Served, dialerd: Dialerd) -> None:
    assert "No sequences" in dialerd("sequences").stdout
    served.act(directed)
    assert "asked week to start; it was off" in dialerd("sequences", "start", "week").stdout
    text = dialerd("sequences").stdout
    assert "spring → reminders" in text
    assert "campaign spring to complete" in text
    stopped = parsed(dialerd("sequences", "stop", "week", "--json"))
    assert stopped == {"sequence": "week", "asked": "stop", "state_before": "on"}
    missing = dialerd("sequences", "start", "weak")
    assert missing.exit_code == 1
    assert "Did you mean `week`?" in missing.output


def test_campaign_rules_are_listed(served: Served, dialerd: Dialerd) -> None:
    assert "No campaign rules" in dialerd("campaign-rules").stdout
    served.act(directed)
    text = dialerd("campaign-rules").stdout
    assert "calm" in text
    (rule,) = parsed(dialerd("campaign-rules", "--json"))["campaign_rules"]
    assert (rule["when"], rule["active"]) == ("agents above 0", False)
