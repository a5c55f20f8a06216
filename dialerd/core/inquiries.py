"""What providers of do-not-call lists have said about numbers, and what they are being asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

MOST_ASKED = 500
"""With so many numbers of a list still unanswered no more contacts are taken up that need it."""
MOST_KEPT = 50_000
ASK_AGAIN_S = 60.0
"""A question that was never answered is asked again after this time, seconds."""
PROVIDER_REASON = "dnc_provider"


@dataclass(frozen=True, slots=True)
class Said:
    """``listed``: True, False, or None: asked, and no answer yet. It holds until then (epoch seconds)."""

    listed: bool | None
    until: float


class Inquiries:
    """Answers by list and number."""

    def __init__(self) -> None:
        self._said: dict[tuple[str, str], Said] = {}
        self._asked: dict[str, set[str]] = {}
        self._down: dict[str, tuple[float, str]] = {}

    def said(self, name: str, number: str, now: float) -> Said | None:
        """What is known and still holds."""
        known = self._said.get((name, number))
        return known if known is not None and known.until > now else None

    def obstacle(self, lists: Iterable[str], now: float) -> tuple[str, float | None] | None:
        """Why no further contact should be taken up, and until when; None: nothing is against it."""
        for name in lists:
            until, reason = self._down.get(name, (0.0, ""))
            if until > now:
                return f"{PROVIDER_REASON}: {name} does not answer: {reason}", until
            if len(self._asked.get(name, ())) >= MOST_ASKED:
                return f"{PROVIDER_REASON}: {name} has yet to answer", now + 1.0
        return None

    def to_ask(self, name: str, numbers: Iterable[str], now: float) -> tuple[str, ...]:
        """Those of which nothing is known and that are not being asked; they count as asked from now on."""
        wanted = tuple(dict.fromkeys(n for n in numbers if self.said(name, n, now) is None))
        for number in wanted:
            self._keep(name, number, Said(None, now + ASK_AGAIN_S))
            self._asked.setdefault(name, set()).add(number)
        return wanted

    def answered(self, name: str, verdicts: Mapping[str, bool], until: float) -> None:
        """Answers came, and hold until then."""
        self._down.pop(name, None)
        for number, listed in verdicts.items():
            self._asked.get(name, set()).discard(number)
            self._keep(name, number, Said(listed, until))

    def forget(self, name: str, number: str | None) -> None:
        """Nothing is known any more of a number, or (None) of any; questions under way stay."""
        known = [number] if number is not None else [n for of, n in self._said if of == name]
        for one in known:
            said = self._said.get((name, one))
            if said is not None and said.listed is not None:
                del self._said[name, one]

    def failed(self, name: str, numbers: Iterable[str], reason: str, retry_at: float) -> None:
        """No answer came; asking again makes sense from then on."""
        self._down[name] = (retry_at, reason)
        for number in numbers:
            self._asked.get(name, set()).discard(number)
            known = self._said.get((name, number))
            if known is not None and known.listed is None:
                del self._said[name, number]

    def _keep(self, name: str, number: str, said: Said) -> None:
        self._said.pop((name, number), None)
        self._said[name, number] = said
        if len(self._said) > MOST_KEPT:
            oldest = next(iter(self._said))
            del self._said[oldest]
            self._asked.get(oldest[0], set()).discard(oldest[1])
