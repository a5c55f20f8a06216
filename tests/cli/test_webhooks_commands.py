"""`webhooks` against a running API."""

from __future__ import annotations

from tests.cli.running_api import Dialerd, Served, parsed
from tests.control.test_webhooks import given_up


def test_webhooks_are_listed_sent_again_and_dropped(served: Served, dialerd: Dialerd) -> None:
    assert "Nothing was given up" in dialerd("webhooks", "dead").stdout
    served.do(given_up(served.daemon, "crm", "crm", "gone"))
    text = dialerd("webhooks").stdout
    assert "http://127.0.0.1:1/calls" in text
    assert "not in the campaigns file" in text
    assert "HTTP status 500" in dialerd("webhooks", "dead").stdout
    assert parsed(dialerd("webhooks", "again", "a.0", "--json")) == {"again": 1}
    assert "1 taken out" in dialerd("webhooks", "drop", "--webhook", "crm").stdout
    assert [one["id"] for one in parsed(dialerd("webhooks", "dead", "--json"))["deliveries"]] == ["a.2"]
    unclear = dialerd("webhooks", "drop")
    assert unclear.exit_code == 2
    assert "--webhook NAME" in unclear.output
