"""The floors that pacers are judged on."""

from __future__ import annotations

from dataclasses import replace

from dialerd.sim.forecast.floors import HOUR, Analysis, Floor


def steady(agents: int, answer: float, talk_s: float) -> Floor:
    """A headline scenario; wrap-up is a sixth of the talk time."""
    return Floor(
        name=f"{agents} agents, {answer:.0%} answer, talk {talk_s:.0f} s",
        agents=agents,
        answer=((0.0, answer),),
        talk_s=((0.0, talk_s),),
        wrap_s=talk_s / 6.0,
    )


def headline() -> list[Floor]:
    """The 16 scenarios."""
    return [
        steady(agents, answer, talk)
        for agents in (10, 20, 50, 100)
        for answer in (0.2, 0.35)
        for talk in (60.0, 180.0)
    ]


def teams() -> list[Floor]:
    """Small teams."""
    return [steady(agents, answer, 60.0) for agents in (3, 5, 8) for answer in (0.2, 0.35)]


def restless() -> list[Floor]:
    """Floors that do not hold still."""
    base = replace(steady(40, 0.25, 90.0), wrap_s=20.0)
    surge = ((0.0, 0.15), (2 * HOUR, 0.15), (2 * HOUR + 300, 0.45), (3 * HOUR, 0.45), (3 * HOUR + 300, 0.15),
             (5 * HOUR, 0.15), (5 * HOUR + 300, 0.45), (6 * HOUR, 0.45), (6 * HOUR + 300, 0.15))  # fmt: skip
    leaving = tuple((4 * HOUR + 9.0 * i, -1) for i in range(20))
    lunch = tuple(
        (start + 60.0 * i, sign)
        for start, sign in ((3.5 * HOUR, -1), (4.0 * HOUR, 1), (4.25 * HOUR, -1), (4.75 * HOUR, 1))
        for i in range(12)
    )
    return [
        replace(base, name="answer rate 15 % to 45 % in five minutes and back, twice", answer=surge),
        replace(base, name="half the floor leaves within three minutes", moves=leaving),
        replace(base, name="lunch waves of 12 of 40", moves=tuple(sorted(lunch))),
        replace(base, name="talk drifts 60 s to 180 s and back",
                talk_s=((0.0, 60.0), (4 * HOUR, 180.0), (8 * HOUR, 60.0))),
        replace(base, name="AMD delays and errors", analysis=Analysis()),
        replace(base, name="answer rate jumps to 90 % in one minute",
                answer=((0.0, 0.2), (4 * HOUR, 0.2), (4 * HOUR + 60, 0.9), (4.5 * HOUR, 0.9),
                        (4.5 * HOUR + 60, 0.2))),
        replace(steady(12, 0.3, 60.0), name="12 agents, answer rate 15 % to 45 % and back", answer=surge),
    ]  # fmt: skip
