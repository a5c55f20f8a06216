"""The pure parts: numbering plan, seeded mix, tones, hearing, settings."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from lab import Behaviour, Callee, Mix, Settings, mix_numbers, number_for
from lab.callees import FIXED_PREFIXES, all_numbers, fixed_behaviour
from lab.hearing import listen
from lab.phones import FIRST, LAST, tones


@pytest.mark.parametrize("prefix", FIXED_PREFIXES)
@pytest.mark.parametrize("behaviour", Behaviour)
def test_each_behaviour_has_numbers_of_its_own(behaviour: Behaviour, prefix: str) -> None:
    for variant in range(10):
        number = number_for(behaviour, variant, prefix=prefix)
        assert fixed_behaviour(number[1:]) is behaviour
        assert Mix().callee(1, number).behaviour is behaviour


def test_the_same_seed_and_number_play_the_same_part() -> None:
    numbers = mix_numbers(500)
    first = [Mix().callee(3, number) for number in numbers]
    assert first == [Mix().callee(3, number) for number in numbers]
    assert first != [Mix().callee(4, number) for number in numbers]


def test_shares_are_kept() -> None:
    drawn = Counter(Mix().callee(1, number).behaviour for number in mix_numbers(12_000))
    shares = Mix().shares
    for behaviour, share in shares.items():
        assert drawn[behaviour] / 12_000 == pytest.approx(share / sum(shares.values()), abs=0.015)


def test_numbers_are_different_and_limited() -> None:
    assert len(set(mix_numbers(12_000))) == 12_000
    assert mix_numbers(10, start=5)[:5] == mix_numbers(10)[5:]
    with pytest.raises(ValueError):
        mix_numbers(12_001)
    with pytest.raises(ValueError):
        Mix().callee(1, "+15551230199")
    assert len(set(all_numbers())) == 12_000 + 2 * 10 * len(Behaviour)


def test_ranges_of_the_mix_are_kept() -> None:
    mix = Mix(ring_s=(0.5, 0.6), talk_s=(1, 2))
    for number in mix_numbers(200):
        part = mix.callee(1, number)
        assert 0.5 <= part.ring_s <= 0.6
        if part.behaviour.is_person:
            assert 1 <= part.talk_s <= 2


def test_rows_fit_into_astdb() -> None:
    for digits in all_numbers():
        row = Mix().callee(1, digits).row()
        assert len(row) < 256
        assert row.count(",") == 7
    assert Callee(Behaviour.BUSY).row().endswith(",17")


def test_every_agent_has_a_pair_of_tones_away_from_the_detectors() -> None:
    agents = [str(agent) for agent in range(FIRST, LAST + 1)]
    assert len({tones(agent) for agent in agents}) == len(agents)
    watched = [697, 770, 852, 941, 1209, 1336, 1477, 1633, 1100, 2100, 950, 1400, 1800]
    assert all(abs(tone - hertz) > 30 for agent in agents for tone in tones(agent) for hertz in watched)
    with pytest.raises(ValueError):
        tones("7000")


@pytest.mark.parametrize("agent", [str(agent) for agent in range(FIRST, LAST + 1, 7)])
def test_hearing_tells_agents_apart_and_from_other_sound(tmp_path: Path, agent: str) -> None:
    time_s = np.arange(16_000) / 8000
    low, high = tones(agent)
    tone = 1500 * (np.sin(2 * np.pi * low * time_s) + np.sin(2 * np.pi * high * time_s))
    noise = np.random.default_rng(1).normal(0, 1500, 8000)
    sound = np.concatenate([np.zeros(8000), noise, np.zeros(8000), tone, np.zeros(800)])
    recording = tmp_path / "a.sln"
    recording.write_bytes(sound.astype("<i2").tobytes())
    other, heard = listen(recording, 1000)
    assert (other.agent, heard.agent) == ("", agent)
    assert other.from_ms == pytest.approx(2000, abs=60)
    assert heard.from_ms == pytest.approx(4000, abs=60)
    assert heard.to_ms == pytest.approx(6000, abs=60)


def test_settings_are_written_as_shell_or_json(tmp_path: Path) -> None:
    settings = Settings("http://h/ari", "u", "p'w", "app", "h", 1, "u", "s", "redis://", "sound:a", "sound:b")
    settings.write(tmp_path / "lab.env")
    assert "export DIALERD_ARI_PASSWORD='p'\"'\"'w'\n" in (tmp_path / "lab.env").read_text()
    settings.write(tmp_path / "lab.json")
    assert json.loads((tmp_path / "lab.json").read_text())["DIALERD_AMI_PORT"] == "1"
