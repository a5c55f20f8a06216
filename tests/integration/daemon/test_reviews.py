"""Of machine verdicts on the real pair, what was heard until then is there to be listened to; of people it is not."""

from __future__ import annotations

import io
import wave

import numpy as np
import pytest

from lab import Behaviour
from tests.harness.aftermath import assert_at_rest
from tests.harness.site import agentless
from tests.harness.stage import Stage, complete
from tests.harness.waiting import until

pytestmark = pytest.mark.timeout(120)
LOUD = 200.0


def test_what_a_machine_said_is_kept_and_reviewed(stage: Stage) -> None:
    machine = stage.person(behaviour=Behaviour.VOICEMAIL_LONG, clip="vm-long-1", talk_s=10.0)
    person = stage.person(clip="hello-1")
    analysis = {"profile": "catch_machines", "review": {"share": "100%", "keep": "7d"}}
    campaign = agentless(stage.lab, call_analysis=analysis)
    site = stage.open({"notice": campaign}, subscribers=[machine, person], start=["notice"])
    complete(site, "notice")
    assert site.dispositions() == {machine: ["machine"], person: ["answered_message"]}
    (row,) = until("kept", lambda: [one for one in site.rows("select * from recordings") if one["state"] == "kept"])
    assert (row["number"], row["kind"]) == (machine, "review")
    (listed,) = site.api.get("/api/v1/amd/reviews?marked=0")["reviews"]
    assert (listed["attempt_id"], listed["profile"], listed["state"]) == (row["attempt_id"], "catch_machines", "kept")
    with wave.open(io.BytesIO(site.api.content(f"/api/v1/attempts/{row['attempt_id']}/recording/audio"))) as file:
        assert (file.getnchannels(), file.getframerate()) == (1, 8000)
        sound = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.float64)
    (attempt,) = [one for one in site.attempts() if one["number"] == machine]
    until_verdict_s = attempt["analysed_at"] - attempt["answered_at"]
    assert 0.0 < len(sound) / 8000 < until_verdict_s + 1.0, "until the verdict, and no longer"
    assert np.sqrt((sound**2).mean()) > LOUD, "it is the voicemail's voice"

    site.api.post(f"/api/v1/attempts/{row['attempt_id']}/mark?mark=person")
    until("marked", lambda: site.api.get("/api/v1/amd/reviews?marked=1")["reviews"])
    (share,) = [one for one in site.api.get("/api/v1/amd/report")["false_positive"] if one["trunk"] is None]
    assert (share["machine_verdicts"], share["persons"]["found"], share["persons"]["of"]) == (1, 1, 1)
    assert site.api.metric("dialerd_recordings_total", campaign="notice", result="kept") == 1
    assert_at_rest(site)
