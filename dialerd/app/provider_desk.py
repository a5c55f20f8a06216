"""Answers of do-not-call providers: looked up and forgotten, over the store that keeps them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from dialerd.config.dnc_lists import DncListSettings
from dialerd.control.daemon import Unavailable
from dialerd.control.dnc_lists import NoProvider, ProviderAnswer
from dialerd.ports import AnswerSource, Clock, ProviderAnswers
from dialerd.providers.http_dnc import source_of
from dialerd.store.redis_link import LinkBroken


class ProviderDesk:
    """Implements :class:`dialerd.control.dnc_lists.ProviderAnswerDesk`."""

    def __init__(
        self,
        answers: ProviderAnswers | None,
        lists: Callable[[], Mapping[str, DncListSettings]],
        clock: Clock,
        hurry: Callable[[], None] = lambda: None,
    ) -> None:
        """``hurry``: called when somebody should hear of a removal at once."""
        self._answers, self._lists, self._clock, self._hurry = answers, lists, clock, hurry

    async def held(self, number: str, name: str | None) -> list[ProviderAnswer]:
        """Answers about a number that hold."""
        answers, found = self._store(), []
        with _answering():
            for source in self._sources(name):
                kept = await answers.look(source, number)
                if kept is not None:
                    until = self._clock.now() + kept.left_s
                    found.append(ProviderAnswer(source.dnc_list, number, kept.listed, until))
        return found

    async def forget(self, number: str | None, name: str | None) -> dict[str, int]:
        """Remove answers."""
        answers = self._store()
        try:
            with _answering():
                return {source.dnc_list: await answers.forget(source, number) for source in self._sources(name)}
        finally:
            self._hurry()

    def _store(self) -> ProviderAnswers:
        if self._answers is None:
            raise NoProvider("no do-not-call list has a provider")
        return self._answers

    def _sources(self, name: str | None) -> list[AnswerSource]:
        lists = self._lists()
        if name is not None and (name not in lists or lists[name].provider is None):
            raise NoProvider(f"do-not-call list {name[:80]!r} has no provider")
        named = [name] if name is not None else sorted(lists)
        found = [source_of(one, provider) for one in named if (provider := lists[one].provider) is not None]
        if not found:
            raise NoProvider("no do-not-call list has a provider")
        return found


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except LinkBroken as error:
        raise Unavailable(str(error)) from error
