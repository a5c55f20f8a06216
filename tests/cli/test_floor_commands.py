"""`status`, `campaigns` and `agents` against a running API."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from dialerd.core import events as e
from tests.cli.running_api import Dialerd, Served, parsed
from tests.control.stage import contact


def dialing(served: Served) -> None:
    served.act(lambda stage: stage.up().agent("8001").start("spring", contact(1), contact(2)))
    served.act(lambda stage: (stage.grant(), stage.advance(1)))


def test_status_shows_campaigns_agents_trunks_and_why(served: Served, dialerd: Dialerd) -> None:
    dialing(served)
    result = dialerd("status")
    assert result.exit_code == 0, result.output
    text = result.stdout
    assert re.search(r"^spring +on +progressive +1 +1 +0 +1 +0", text, re.M)
    assert re.search(r"^reminders +off +agentless", text, re.M)
    assert "spring is not dialing because 1 agent reserved for a call being placed" in text
    assert "reminders is not dialing" not in text, "nobody expects it of a campaign that is off"
    assert re.search(r"^8001 +Agent 8001 +reserved", text, re.M)
    assert re.search(r"^carrier +1 +10 +5", text, re.M)
    assert "441632960001" not in text


@pytest.mark.parametrize("width", [80, 100, 160])
def test_no_line_is_wider_than_the_terminal(
    served: Served, dialerd: Dialerd, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    dialing(served)
    monkeypatch.setenv("COLUMNS", str(width))
    for command in (["status"], ["campaigns"], ["agents"], ["attempts"], ["notices"]):
        result = dialerd(*command)
        assert result.exit_code == 0
        assert max(map(len, result.stdout.splitlines())) <= width, command
        if command[0] in ("status", "campaigns"):
            assert "reminders" in result.stdout, "names are not cut"


def test_what_is_down_is_said(served: Served, dialerd: Dialerd) -> None:
    served.act(lambda stage: stage.up().feed(e.TelephonyLost("socket closed"), e.ShutdownAsked()))
    text = dialerd("status").stdout
    assert "ARI down: socket closed" in text
    assert "shutting down" in text


def test_many_agents_are_cut_in_status_only(served: Served, dialerd: Dialerd) -> None:
    def log_in(stage: object) -> None:
        served.stage.up()
        for serial in range(20):
            served.stage.agent(f"80{serial:02d}")

    served.act(log_in)
    assert "… and 5 more: dialerd agents" in dialerd("status").stdout
    assert dialerd("agents").stdout.count("available") == 20


def test_status_for_programs(served: Served, dialerd: Dialerd) -> None:
    dialing(served)
    body = parsed(dialerd("status", "--json"))
    assert body["attempts"][0]["number"] == "+4416*****01"
    assert dialerd("status", "--json", "--watch").exit_code == 2


def test_campaigns_list_start_stop(served: Served, dialerd: Dialerd) -> None:
    served.act(lambda stage: stage.up())
    result = dialerd("campaigns", "start", "spring")
    assert (result.exit_code, result.stdout) == (0, "asked spring to start; it was off\n")
    assert parsed(dialerd("campaigns", "list", "--json"))["campaigns"][1]["state"] == "on"
    assert parsed(dialerd("campaigns", "--json"))["campaigns"][1]["state"] == "on"
    assert parsed(dialerd("campaigns", "stop", "spring", "--json"))["state_before"] == "on"
    assert re.search(r"^spring +off", dialerd("campaigns").stdout, re.M)
    audit = served.do(served.daemon.records.audit(10))
    assert [(row["who"], row["what"]) for row in audit] == [
        ("anna via 127.0.0.1", "campaign_stop"), ("anna via 127.0.0.1", "campaign_start"),
    ]  # fmt: skip


def test_options_before_the_word_apply(served: Served, dialerd: Dialerd) -> None:
    result = dialerd("campaigns", "--url", f"http://127.0.0.1:{served.port}", "--json", "start", "spring")
    assert parsed(result)["asked"] == "start"
    result = dialerd("campaigns", "--url", "http://127.0.0.1:1", "start", "spring")
    assert result.exit_code == 3


def test_an_unknown_campaign(served: Served, dialerd: Dialerd) -> None:
    result = dialerd("campaigns", "start", "sprng")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr == "error no campaign 'sprng'\nhint  Did you mean `spring`?\n"
    result = dialerd("campaigns", "start", "../status", "--json")
    assert result.exit_code == 1
    assert parsed(result)["status"] == 404


def test_nobody_logged_in(served: Served, dialerd: Dialerd) -> None:
    assert "Nobody has logged in" in dialerd("agents").stdout
    assert parsed(dialerd("agents", "--json"))["agents"] == []


@pytest.mark.parametrize(
    "command",
    [["status"], ["campaigns"], ["campaigns", "start", "spring"], ["agents"], ["attempts"], ["why", "+441632960001"],
     ["reload"], ["report"], ["notices"]],
)  # fmt: skip
def test_no_daemon_is_exit_code_3(absent: int, dialerd: Dialerd, command: list[str]) -> None:
    result = dialerd(*command)
    assert result.exit_code == 3
    assert result.stdout == ""
    assert result.stderr.startswith("error no daemon answers at http://127.0.0.1:1: Connection refused")
    result = dialerd(*command, "--json")
    assert result.exit_code == 3
    assert parsed(result)["hint"].startswith("Is it running")


def test_a_token_from_settings_option_or_environment(
    folder: Path, dialerd: Dialerd, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "daemon").mkdir()
    with Served(folder / "daemon", "s3cret-s3cret-s3cret") as served:
        url = f"http://127.0.0.1:{served.port}"
        result = dialerd("status", "--url", url)
        assert result.exit_code == 1
        assert "token missing or wrong" in result.stderr
        assert dialerd("status", "--url", url, "--token", "wrong").exit_code == 1
        assert dialerd("status", "--url", url, "--token", "s3cret-s3cret-s3cret").exit_code == 0
        from tests.cli.running_api import write_settings

        write_settings(folder, served.port)
        text = (folder / "dialerd.yaml").read_text()
        (folder / "dialerd.yaml").write_text(text.replace("{port:", "{token: s3cret-s3cret-s3cret, port:"))
        assert dialerd("status").exit_code == 0
        monkeypatch.setenv("DIALERD_TOKEN", "s3cret-s3cret-s3cret")
        assert dialerd("status", "--url", url).exit_code == 0


def test_what_is_not_dialerd(folder: Path, dialerd: Dialerd) -> None:
    import http.server
    import threading

    class Other(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(int(self.path.rsplit("/", 1)[-1] == "agents") * 300 + 200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"hi")

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Other) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        result = dialerd("status", "--url", url)
        assert result.exit_code == 3
        assert "is not dialerd (200)" in result.stderr
        result = dialerd("agents", "--url", url)
        assert result.exit_code == 1
        assert "a defect (500)" in result.stderr
        server.shutdown()
        thread.join()


def test_watch_on_a_real_terminal_follows_and_ends_by_ctrl_c(served: Served, folder: Path) -> None:
    served.act(lambda stage: stage.up())
    leader, follower = pty.openpty()
    environment = {**os.environ, "COLUMNS": "100", "LINES": "40", "TERM": "xterm-256color"}
    watching = subprocess.Popen(
        [sys.executable, "-m", "dialerd", "status", "--watch", "--interval", "0.2"],
        cwd=folder, env=environment, stdin=follower, stdout=follower, stderr=follower, start_new_session=True,
        # Whoever runs the tests in the background has them ignore Ctrl-C, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL) and None,
    )  # fmt: skip
    os.close(follower)
    seen = ""

    def until(wanted: str) -> None:
        nonlocal seen
        deadline = time.monotonic() + 30
        while wanted not in seen:
            assert time.monotonic() < deadline, f"{wanted!r} never came: {seen[-2000:]!r}"
            seen += os.read(leader, 65536).decode(errors="replace")

    try:
        until("reminders")
        served.act(lambda stage: stage.agent("8777"))
        until("8777")
        served.do(served._server.stop())
        until("trying again")
        seen = ""
        until("8777")  # the last picture stays below the banner
        watching.send_signal(signal.SIGINT)
        deadline = time.monotonic() + 30
        while watching.poll() is None:  # what it still says must be read, or a full terminal holds it up
            assert time.monotonic() < deadline, "it did not end"
            if select.select([leader], [], [], 0.1)[0]:
                with suppress(OSError):
                    os.read(leader, 65536)
        assert watching.returncode == 0
    finally:
        if watching.poll() is None:
            watching.kill()
            watching.wait()
        os.close(leader)
