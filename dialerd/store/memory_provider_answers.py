"""Answers of providers of do-not-call lists in memory; see :mod:`dialerd.store.provider_answers`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dialerd.ports import AnswerSource, Clock, ForgottenAnswer, KeptAnswer
from dialerd.store.provider_answers import MOST_NOTED


class MemoryAnswers:
    """Implements :class:`~dialerd.ports.ProviderAnswers` for one process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._said: dict[tuple[str, str, str], tuple[bool, float]] = {}
        self._noted: list[ForgottenAnswer] = []
        self._serial = 0

    async def known(self, source: AnswerSource, numbers: Sequence[str]) -> dict[str, KeptAnswer]:
        """Of which of these numbers an answer holds."""
        now, found = self._clock.now(), {}
        for number in numbers:
            listed, until = self._said.get((source.dnc_list, source.provider, number), (False, now))
            if until > now:
                found[number] = KeptAnswer(listed, until - now)
        return found

    async def keep(self, source: AnswerSource, verdicts: Mapping[str, bool], for_s: float) -> None:
        """They hold for so many seconds."""
        until = self._clock.now() + for_s
        for number, listed in verdicts.items():
            self._said[source.dnc_list, source.provider, number] = (listed, until)

    async def look(self, source: AnswerSource, number: str) -> KeptAnswer | None:
        """The answer that holds."""
        return (await self.known(source, [number])).get(number)

    async def forget(self, source: AnswerSource, number: str | None) -> int:
        """Remove answers, and note it."""
        now = self._clock.now()
        doomed = [
            key
            for key in self._said
            if key[0] == source.dnc_list and (number is None or key[1:] == (source.provider, number))
        ]
        removed = sum(self._said.pop(key)[1] > now for key in doomed)
        self._serial += 1
        self._noted.append(ForgottenAnswer(f"{self._serial}-0", source.dnc_list, number))
        del self._noted[:-MOST_NOTED]
        return removed

    async def forgotten(self, after: str) -> list[ForgottenAnswer]:
        """What was removed behind this id."""
        last = int(after.partition("-")[0]) if after else 0
        return [one for one in self._noted if int(one.id.partition("-")[0]) > last]
