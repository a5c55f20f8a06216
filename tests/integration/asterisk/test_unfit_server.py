"""A real PBX that lacks what calls need: nothing is dialed, and the operator is told what to do."""

from __future__ import annotations

import random

import pytest
from asterisk_inbox import Inbox
from asterisk_pair import TRUNK, ami_settings, ari_settings

from dialerd.app.examination import Examiner
from dialerd.asterisk.telephony import AriTelephony
from dialerd.core.campaign import CampaignSettings, Mode, Plan, TrunkSettings
from dialerd.core.events import TelephonyBack, TelephonyLost
from dialerd.core.flow.prompts import sound
from lab.pytest_plugin import LabFactory

pytestmark = pytest.mark.integration


async def test_missing_parts_hold_all_calls_and_a_missing_sound_is_told(
    private_lab: LabFactory, inbox: Inbox
) -> None:
    lab = private_lab()
    told: list[tuple[str, str, dict[str, str]]] = []
    plan = Plan(
        {"notice": CampaignSettings("notice", Mode.AGENTLESS, "leads", "carrier", "",
                                    message=sound("sound:no-such-sound"), abandon_message=sound("sound:vm-goodbye"))},
        {"carrier": TrunkSettings("carrier", "PJSIP/{digits}@carrier", "PJSIP/carrier", 5, 5.0)},
    )  # fmt: skip
    settings = ari_settings(lab, backoff_max_s=0.3)
    examiner = Examiner(
        settings, ami_settings(lab), lambda: plan, lambda level, name, **f: told.append((level, name, f))
    )
    telephony = AriTelephony(settings, inbox, rng=random.Random(1), trunks=[TRUNK], examine=examiner)
    lab.pbx.cli("module unload app_amd.so")
    lab.pbx.cli("dialplan remove context dialerd-out")
    await telephony.start()
    try:
        reason = (await inbox.expect(TelephonyLost)).reason
        assert "app_amd.so" in reason
        assert "dialerd-out" in reason
        lab.pbx.cli("module load app_amd.so")
        lab.pbx.cli("dialplan reload")
        await inbox.expect(TelephonyBack)
    finally:
        await telephony.stop()
    assert [(level, fields["what"]) for level, _, fields in told] == [
        ("error", "modules"), ("warning", "sound no-such-sound"), ("error", "dialplan"),
    ]  # fmt: skip
    assert all(name == "asterisk_lacks" and fields["todo"] for _, name, fields in told)
