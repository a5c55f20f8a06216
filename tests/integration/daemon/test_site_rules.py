"""A site's own function, webhook, copies and marks on the real pair, through the death of a daemon."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.harness.aftermath import assert_at_rest
from tests.harness.site import progressive
from tests.harness.stage import Stage
from tests.harness.waiting import until, until_equal

HOUSE = """\
def allowed(call):
    if call.columns["phone_is"] == "skipped":
        return {"do": "skip", "for_s": 7200}
    return call.columns["phone_is"] == "broken" and call.nothing
"""
RULES = {
    "house": {
        "pre_call": [{"name": "ask", "python": "house:allowed"}],
        "wrap_up": [
            {"name": "heard", "if": "marked = machine and disposition = answered_agent", "append_to": "survey",
             "webhook": "crm"}
        ],
    }
}  # fmt: skip


class Hook:
    """Somebody's server: refuses until it is told to take."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.status = 503
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.told.append(json.loads(body) | {"token": self.headers["Authorization"]})
                self.send_response(hook.status)
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/calls"


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    monkeypatch.setenv("CRM_TOKEN", "let-me-in")
    made = Hook()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.server.shutdown()
        made.server.server_close()
        thread.join(10)


def test_a_function_decides_an_agent_marks_and_a_service_is_told_after_a_restart(stage: Stage, hook: Hook) -> None:
    skipped, broken, called = stage.person(), stage.person(), stage.person(talk_s=4)
    lists = {name: {"region": "GB", "phones": [{"column": "phone"}]} for name in ("people", "survey")}
    webhooks = {"crm": {"url": hook.url, "token_env": "CRM_TOKEN", "first_gap": "1s", "number": "full"}}
    site = stage.site(
        {"calls": progressive(rule_sets=["house"])},
        more={"rule_sets": RULES, "webhooks": webhooks, "contact_lists": lists},
    )
    (site.folder / "house.py").write_text(HOUSE)
    stage.lab.add_members("sales", nailed=["8001"])
    site.daemon.start()
    rows = ((skipped, "skipped"), (broken, "broken"), (called, "called"))
    site.api.import_csv("people", "phone,phone_is\n" + "".join(f"{number},{what}\n" for number, what in rows))
    stage.agents_ready(site, ["8001"])
    site.api.start("calls")

    until("connected", lambda: site.api.states().get(called) == "connected")
    site.api.post("/api/v1/agents/8001/mark?mark=machine")
    until("refused", lambda: hook.told)
    assert site.dispositions() == {called: ["answered_agent"]}, "nobody else was called"
    waiting = {row["reason"] for row in site.contacts() if row["state"] == "waiting"}
    assert waiting == {"rule: house.ask", "rule_failed: house.ask"}
    (failure,) = site.api.notices_of("rule_function_failed")
    assert failure["fields"]["where"].endswith("house.py:4")
    assert site.api.metric("dialerd_site_rule_failures_total", function="house:allowed") >= 1
    (attempt,) = site.attempts()
    assert [row["mark"] for row in site.rows("select * from call_marks")] == ["machine"]
    copies = site.rows("select * from contacts where contact_list = 'survey'")
    assert [(row["key"], row["state"]) for row in copies] == [(attempt["contact_key"], "callable")]

    site.daemon.kill()
    hook.status = 204
    site.daemon.start()
    until_equal([], lambda: site.rows("select * from webhook_deliveries"))
    told = hook.told[-1]
    assert (told["attempt"], told["number"], told["agent"]) == (attempt["id"], called, "8001")
    assert (told["rule"], told["token"]) == ("house.heard", "Bearer let-me-in")
    assert len({one["delivery"] for one in hook.told}) == 1
    assert [one["dead"] for one in site.api.get("/api/v1/webhooks")["webhooks"]] == [0]
    stage.agents_ready(site, ["8001"])
    site.api.stop("calls")
    until("off", lambda: site.api.campaign("calls")["state"] in ("off", "complete"))
    assert_at_rest(site)
