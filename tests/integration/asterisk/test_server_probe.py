"""What ``doctor`` says about a good PBX, and about every kind of bad one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from asterisk_pair import TRUNK, ami_settings, ari_settings

from dialerd.asterisk.probe import REQUIRED_MODULES, Check, probe, probe_ami, probe_ari
from lab import Lab
from lab.pytest_plugin import LabFactory

pytestmark = pytest.mark.integration


def failed(checks: list[Check] | tuple[Check, ...]) -> dict[str, Check]:
    return {check.name: check for check in checks if not check.ok}


async def test_the_lab_has_everything(lab: Lab) -> None:
    checks = await probe(
        ari_settings(lab), ami_settings(lab), trunks=[TRUNK], queues=["sales"], sounds=["sound:vm-goodbye"]
    )
    assert failed(checks) == {}
    assert [check.name for check in checks] == [
        "ari", "version", "modules", "ari_write", "event_socket", "trunk carrier", "sound vm-goodbye", "clock",
        "ami", "ami_right agent", "ami_right reporting", "ami_right system", "dialplan", "queue sales",
    ]  # fmt: skip
    assert all(check.remedy == "" for check in checks)
    assert "takes requests" in next(check for check in checks if check.name == "event_socket").detail


async def test_what_campaigns_name_and_asterisk_has_not(lab: Lab) -> None:
    checks = await probe(
        ari_settings(lab), ami_settings(lab), trunks=["endpoint:PJSIP/nowhere"], queues=["no-queue"],
        sounds=["sound:no-such-sound"],
    )  # fmt: skip
    bad = failed(checks)
    assert set(bad) == {"trunk nowhere", "queue no-queue", "sound no-such-sound"}
    assert all(check.remedy for check in bad.values())


async def test_wrong_password_and_secret(lab: Lab) -> None:
    checks = await probe(replace(ari_settings(lab), password="x1y2"), replace(ami_settings(lab), secret="x1y2"))
    assert set(failed(checks)) == {"ari", "ami"}
    assert "'dialerd'" in failed(checks)["ari"].detail
    assert "'dialerd'" in failed(checks)["ami"].detail
    assert "x1y2" not in repr(checks)


async def test_nobody_there(lab: Lab) -> None:
    checks = await probe(replace(ari_settings(lab), url="http://127.0.0.1:9"), replace(ami_settings(lab), port=9))
    assert set(failed(checks)) == {"ari", "ami"}


async def test_ami_is_not_where_http_is(lab: Lab) -> None:
    port = int(lab.ari_url.split(":")[2].split("/")[0])
    (check,) = await probe_ami(replace(ami_settings(lab), port=port, action_timeout_s=1))
    assert not check.ok


async def test_a_module_and_a_context_are_missing(private_lab: LabFactory) -> None:
    lab = private_lab()
    assert "app_amd.so" in REQUIRED_MODULES
    lab.pbx.cli("module unload app_amd.so")
    lab.pbx.cli("dialplan remove context dialerd-amd")
    checks = failed(await probe(ari_settings(lab), ami_settings(lab)))
    assert set(checks) == {"modules", "dialplan"}
    assert "app_amd.so" in checks["modules"].detail
    assert "amd.conf" in checks["modules"].remedy
    assert "dialerd-amd (not there)" in checks["dialplan"].detail


async def test_a_dialplan_of_another_version(private_lab: LabFactory) -> None:
    """It has the context, but would hang up on who answers: it knows no such extension."""
    lab = private_lab()
    lab.pbx.cli("dialplan remove extension _[a-z0-9].@dialerd-out")
    lab.pbx.cli("dialplan add extension s,1,NoOp into dialerd-out")
    checks = failed(await probe(ari_settings(lab), ami_settings(lab)))
    assert set(checks) == {"dialplan"}
    assert checks["dialplan"].detail == "contexts missing: dialerd-out (of another version)"


async def test_users_without_rights(private_lab: LabFactory) -> None:
    lab = private_lab()
    conf = lab.directory / "pbx" / "etc"
    with next(conf.rglob("manager-user.conf")).open("a") as manager:
        manager.write("\n[poor]\nsecret = poor\nread = call\nwrite = call\n")
    with next(conf.rglob("site/ari.conf")).open("a") as ari:
        ari.write("\n[reader]\ntype = user\nread_only = yes\npassword = reader\n")
    lab.pbx.restart()
    ami = failed(await probe_ami(replace(ami_settings(lab), user="poor", secret="poor")))
    assert set(ami) == {"ami_right agent", "ami_right reporting", "ami_right system", "dialplan"}
    assert "agent" in ami["ami_right agent"].remedy
    reader = failed(await probe_ari(replace(ari_settings(lab), user="reader", password="reader")))
    assert set(reader) == {"ari_write"}
