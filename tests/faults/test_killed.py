"""The daemon killed at random moments, and started again each time."""

from __future__ import annotations

import random
import time
import wave
from collections import Counter
from pathlib import Path

from lab import Behaviour, Lab, Mix, mix_numbers
from lab.truth import Truth, TruthCall
from tests.harness.aftermath import (
    assert_at_rest,
    assert_never_twice,
    assert_not_cut,
    truth_since,
)
from tests.harness.site import Site, agentless, progressive
from tests.harness.stage import Stage, complete, settle
from tests.harness.waiting import until

KILLS = 20
SEED = 7
WITHIN_MS = 2000
B = Behaviour
CROWD = Mix(
    shares={B.SHORT_HELLO: 60, B.LATE_HELLO: 8, B.PRESSES_KEY: 5, B.QUICK_HANGUP: 5, B.VOICEMAIL_SHORT: 6, B.BUSY: 6,
            B.REJECTED: 3, B.UNALLOCATED: 3, B.RINGS_OUT: 4},
    ring_s=(0.3, 1.5), talk_s=(3.0, 7.0), patience_s=(5.0, 8.0), record_s=(2.0, 4.0),
)  # fmt: skip


def test_killed_at_twenty_moments(tmp_path: Path) -> None:
    """Nailed, ringing and agentless campaigns side by side; the daemon is killed with calls in every state."""
    with Lab(tmp_path / "lab", seed=SEED, mix=CROWD) as lab:
        stage = Stage(lab, tmp_path)
        try:
            _killed(stage)
        finally:
            stage.close()


def test_killed_while_a_message_plays(stage: Stage) -> None:
    """The next daemon lets the message play to its end, once, and is not held up by it: Asterisk answers no request
    about a channel that plays, nor any behind it on the same WebSocket, until the message is over."""
    listener, caller = stage.person(talk_s=30), stage.person()
    site = stage.open(
        {"notice": agentless(stage.lab), "calls": progressive()},
        nailed=["8001"], people=[caller], subscribers=[listener], start=["notice"],
    )  # fmt: skip
    until("the message plays", lambda: site.api.metric("dialerd_events_total", event="PlaybackStarted") == 1)
    site.daemon.kill()
    site.daemon.start()
    stage.agents_ready(site, ["8001"])
    site.api.start("calls")
    until("called and connected", lambda: site.api.states().get(caller) == "connected")
    assert site.api.states().get(listener) == "treating", "the caller had to wait for the message's end"
    complete(site, "calls", "notice")
    assert site.dispositions() == {caller: ["answered_agent"], listener: ["answered_message"]}
    (call,) = truth_since(stage.lab, stage.began_ms).of(listener)
    heard_s = sum(stretch.to_ms - stretch.from_ms for stretch in call.heard) / 1000
    length_s = _seconds_of(stage.lab.settings.message_sound)
    assert 0.7 * length_s < heard_s <= length_s + 0.5, "the message was cut, or played twice"
    assert_at_rest(site)


def _seconds_of(sound: str) -> float:
    with wave.open(sound.removeprefix("sound:") + ".wav") as file:
        return float(file.getnframes() / file.getframerate())


def _killed(stage: Stage) -> None:
    lab, rng = stage.lab, random.Random(SEED)
    everybody = mix_numbers(330)
    lab.add_members("support", ring=["8051", "8052"])
    campaigns = {
        "nailed": progressive(call_analysis={"profile": "connect_first"}),
        "ringing": progressive("support", "ring", contact_list="others"),
        "notice": agentless(lab, max_lines=4),
    }
    site = stage.open(
        campaigns, nailed=["8001", "8002", "8003", "8004"], people=everybody[:150], subscribers=everybody[150:260]
    )
    site.api.import_numbers("others", everybody[260:])
    for name in campaigns:
        site.api.start(name)
    dead: list[tuple[float, float]] = []
    at_kill: Counter[str] = Counter()
    for _ in range(KILLS):
        # The moment itself is what is random here; nothing is waited for.
        time.sleep(rng.uniform(0.2, 3.2))
        at_kill.update(one["state"] for one in site.api.live())
        site.daemon.kill()
        killed_at = time.time()
        time.sleep(rng.choice((0.0, 0.0, 0.0, 1.5)))
        site.daemon.start()
        dead.append((killed_at * 1000, time.time() * 1000))
    settle(site, *campaigns)
    assert_at_rest(site)
    truth = truth_since(lab, stage.began_ms)
    attempts = site.attempts()
    adopted = [one for one in attempts if one["adopted"]]
    print(f"{len(attempts)} attempts, {len(adopted)} adopted, {len(truth.calls)} calls; at the kills: {at_kill}")
    print(Counter((one["disposition"], bool(one["adopted"])) for one in attempts))
    assert {"ringing", "connected", "treating"} <= at_kill.keys(), at_kill
    assert len(adopted) >= KILLS
    assert_never_twice(attempts, truth)
    talked = assert_not_cut(truth)
    taken = sum(one["connected_at"] is not None for one in adopted)
    print(f"{talked} talked to an agent, {taken} of them over a kill")
    assert taken >= KILLS // 2
    _assert_nobody_in_silence(site, truth, dead)


def _assert_nobody_in_silence(site: Site, truth: Truth, dead: list[tuple[float, float]]) -> None:
    """Who answered while no daemon was there heard the message within two seconds; who was answered before the kill
    and heard nothing in time is counted as abandoned."""
    by_number: dict[str, list[dict[str, object]]] = {}
    for attempt in site.attempts():
        by_number.setdefault(attempt["number"], []).append(attempt)
    alone, late, uncounted = [], [], []
    for call in truth.calls:
        if call.behaviour is None or not call.behaviour.is_person or call.spoke_ms is None or not call.answered_ms:
            continue
        wait_ms = _waited_ms(call)
        if any(began <= call.answered_ms <= over for began, over in dead):
            alone.append(wait_ms)
        if wait_ms > WITHIN_MS:
            late.append((call.number, round(wait_ms)))
            if not any(one["abandoned"] for one in by_number[call.number]):
                uncounted.append(call)
            if any(began + 100 <= call.answered_ms <= over - 300 for began, over in dead):
                raise AssertionError(f"answered while nobody was there, and heard nothing for {wait_ms} ms: {call}")
    print(f"{len(alone)} persons answered while no daemon was there; waits {sorted(map(round, alone))}; late: {late}")
    assert len(alone) >= 3, "the kills missed everybody: choose another seed"
    assert not uncounted, uncounted


def _waited_ms(call: TruthCall) -> float:
    """From the first word to the first sound of an agent or a message; to the end if there was none."""
    assert call.spoke_ms is not None
    assert call.ended_ms is not None
    first = min((stretch.from_ms for stretch in call.heard), default=call.ended_ms)
    return max(0.0, first - call.spoke_ms)
