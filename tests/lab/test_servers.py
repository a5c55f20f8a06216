"""Starting, killing, freezing; several labs side by side; nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from lab_ami import Ami

from lab import Lab, LabError
from lab.pytest_plugin import LabFactory

pytestmark = pytest.mark.integration


def redis(lab: Lab, command: str) -> str:
    with socket.create_connection(("127.0.0.1", lab.redis.port), timeout=1) as connection:
        connection.sendall(command.encode() + b"\r\n")
        return connection.recv(4096).decode()


async def test_servers_can_be_killed_frozen_and_started_again(private_lab: LabFactory, lab: Lab) -> None:
    began = time.monotonic()
    mine = private_lab(record=False)
    assert time.monotonic() - began < 10
    assert mine.settings.ari_password != lab.settings.ari_password
    assert redis(mine, "SET a 1") == "+OK\r\n"
    mine.redis.kill()
    assert not mine.redis.running
    mine.redis.restart()
    assert redis(mine, "GET a") == "$1\r\n1\r\n"
    mine.redis.freeze()
    with pytest.raises(TimeoutError):
        redis(mine, "PING")
    mine.redis.thaw()
    assert redis(mine, "PING") == "+PONG\r\n"

    before = mine.pbx.pid
    mine.pbx.kill()
    with pytest.raises(LabError):
        mine.pbx.cli("core show version")
    mine.pbx.restart()
    assert mine.pbx.pid != before
    assert "Asterisk" in mine.pbx.cli("core show version")
    mine.carrier.freeze()
    with pytest.raises(LabError):
        mine.carrier.cli("core show version", timeout_s=0.5)
    pids = [mine.pbx.pid, mine.carrier.pid, mine.redis.pid]
    mine.stop()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert "Asterisk" in lab.pbx.cli("core show version")


async def test_dialerds_user_has_the_rights_it_needs_and_no_more(lab: Lab) -> None:
    async with Ami(lab) as ami:
        member = {"Queue": "support", "Interface": "PJSIP/8061"}
        for action, more in [
            ("QueueAdd", {"Penalty": "1"}),
            ("QueuePause", {"Paused": "true", "Reason": "wrap-up"}),
            ("QueuePenalty", {"Penalty": "2"}),
            ("QueueLog", {"Event": "TEST"}),
            ("QueueRemove", {}),
        ]:
            answer = await ami.action(action, **member, **more)
            assert answer["Response"] == "Success", (action, answer)
        assert (await ami.event("QueueMemberPause"))["PausedReason"] == "wrap-up"
        assert (await ami.action("QueueStatus"))["Response"] == "Success"
        await ami.event("QueueStatusComplete")
        for action, fields in [
            ("Command", {"Command": "core show version"}),
            ("Originate", {"Channel": "PJSIP/8061", "Application": "Wait", "Data": "1"}),
            ("UpdateConfig", {"SrcFilename": "ari.conf", "DstFilename": "ari.conf"}),
        ]:
            assert (await ami.action(action, **fields))["Response"] == "Error", action


def test_up_stops_everything_on_sigterm(tmp_path: Path) -> None:
    env = tmp_path / "lab.json"
    command = [sys.executable, "-m", "lab", "up", "--agents", "1", "--env", str(env), "--directory", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        while not child.stdout.readline().startswith("#"):
            assert child.poll() is None
        settings = json.loads(env.read_text())
        assert env.stat().st_mode & 0o077 == 0
        port = int(settings["DIALERD_AMI_PORT"])
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        child.send_signal(signal.SIGTERM)
        assert child.wait(10) == 0
    assert not env.exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def test_servers_of_a_killed_lab_are_ended_by_the_next(tmp_path: Path, private_lab: LabFactory) -> None:
    script = (
        "import sys, time; from pathlib import Path; from lab import Lab; lab = Lab(Path(sys.argv[1])).start();"
        "print(lab.pbx.pid, lab.carrier.pid, lab.redis.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        pids = [int(pid) for pid in child.stdout.readline().split()]
        child.kill()
    assert all(Path(f"/proc/{pid}").exists() for pid in pids)
    private_lab(record=False)
    deadline = time.monotonic() + 5
    while any(_running(pid) for pid in pids):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
