"""A site's own rule functions: ``python: module:function`` in a rule.

``module`` is a Python file beside the campaigns file (``house.vip`` is ``house/vip.py``). It runs inside the daemon
with all its rights; it is the site's own code. What a function raises never gets further than here, and one that does
not answer is stopped after :data:`LIMIT_S`.
"""

from __future__ import annotations

import re
import signal
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any, TypeVar

from dialerd.config.problems import Problem, did_you_mean
from dialerd.config.site_rules import OnRuleFailure, RuleFailure, SiteRuleError, line_in, load_module, pick_function
from dialerd.core.call_seen import CallSeen, Said
from dialerd.core.pre_call import PreCallAction
from dialerd.core.wrap_up import Uncallable

LIMIT_S = 0.05
"""A function is asked on the daemon's one thread, while calls wait."""
MOST_SLOW = 5
"""After so many answers in a row that came too late it is not asked any more, until a reload."""
TELL_EVERY_S = 60.0
LONGEST_S = 90 * 86400.0
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_VARIABLE = re.compile(r"(?!_{0,2}DIALERD_)_{0,2}[A-Za-z][A-Za-z0-9_]{0,78}")
_FAILED, _NO, _YES = Said(failed=True), Said(), Said(fires=True)
T = TypeVar("T")


class TooSlow(BaseException):
    """A function was stopped; not an Exception, so that it does not catch it itself."""


class BadAnswer(Exception):
    """A function said something that is no answer."""


@dataclass(frozen=True, slots=True)
class Names:
    """What a function may name."""

    dnc_lists: Collection[str] = ()
    contact_lists: Collection[str] = ()
    webhooks: Collection[str] = ()


@dataclass(slots=True)
class _Luck:
    """How a function has fared so far."""

    slow: int = 0
    failures: int = 0
    """Since they were told last."""
    told_at: float = float("-inf")


@dataclass(frozen=True, slots=True)
class SiteFunction:
    """A loaded function. Two are equal when name and content are, so that a reload sees whether it changed."""

    name: str
    """``module:function``."""
    digest: str
    _function: Callable[[CallSeen], object] = field(compare=False, repr=False)
    _file: str = field(compare=False, repr=False, default="")
    _names: Names = field(compare=False, repr=False, default=Names())
    _on_failure: OnRuleFailure | None = field(compare=False, repr=False, default=None)
    _luck: _Luck = field(compare=False, repr=False, default_factory=_Luck)

    def __call__(self, seen: CallSeen) -> Said:
        """Its answer; ``failed`` where it has none, which ``on_failure`` is told (once a minute, with how often)."""
        luck = self._luck
        if luck.slow >= MOST_SLOW:
            return self._failed(seen, f"not asked any more: it was too slow {MOST_SLOW} times in a row", 0)
        frozen = replace(seen, columns=MappingProxyType(dict(seen.columns)), tries=MappingProxyType(dict(seen.tries)))
        began = time.perf_counter()
        try:
            answer = within(LIMIT_S, lambda: self._function(frozen))
            if time.perf_counter() - began > 2 * LIMIT_S:
                raise TooSlow
            said = said_by(answer, seen.over, self._names)
        except TooSlow as error:
            luck.slow += 1
            return self._failed(seen, f"no answer within {LIMIT_S * 1000:.0f} ms", line_in(error, self._file))
        except (Exception, SystemExit) as error:  # noqa: BLE001 - foreign code: nothing of it may reach the core
            luck.slow = 0
            text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            return self._failed(seen, text, line_in(error, self._file))
        luck.slow = 0
        return said

    def _failed(self, seen: CallSeen, error: str, line: int) -> Said:
        luck, now = self._luck, time.monotonic()
        luck.failures += 1
        if self._on_failure is not None:
            times = 0
            if now - luck.told_at >= TELL_EVERY_S:
                times, luck.told_at, luck.failures = luck.failures, now, 0
            self._on_failure(RuleFailure(self._file, line, seen.campaign, error, self.name, times))
        return _FAILED

    def __str__(self) -> str:
        return f"{self.name} ({self.digest})"

    __repr__ = __str__


def within(limit_s: float, work: Callable[[], T]) -> T:
    """Its result. Raises :class:`TooSlow` in the middle of it when it takes too long, where that can be done: on the
    main thread, which is where the daemon's core runs."""
    if threading.current_thread() is not threading.main_thread():
        return work()
    armed = True

    def ring(*_: object) -> None:
        if armed:
            raise TooSlow

    before = signal.signal(signal.SIGALRM, ring)
    left = signal.setitimer(signal.ITIMER_REAL, limit_s)
    try:
        return work()
    finally:
        armed = False
        signal.setitimer(signal.ITIMER_REAL, *left)
        signal.signal(signal.SIGALRM, before if before is not None else signal.SIG_DFL)


def load_function(
    spec: str, base: Path, names: Names, on_failure: OnRuleFailure | None, modules: dict[str, tuple[ModuleType, str]]
) -> SiteFunction:
    """Load ``module:function``. Raises :class:`~dialerd.config.site_rules.SiteRuleError`; ``modules``: those of this
    file that are loaded already."""
    module_name, _, wanted = spec.partition(":")
    path = base.joinpath(*module_name.split(".")).with_suffix(".py")
    if module_name not in modules:
        if not path.is_file():
            there = [file.stem for file in path.parent.glob("*.py")] if path.parent.is_dir() else []
            hint = did_you_mean(path.stem, there) or "it is looked for in the folder of this file"
            message = "cannot be found"
            raise SiteRuleError(Problem(str(path), 0, 0, "", message, f"a file {path.name}", hint))
        modules[module_name] = load_module(path)
    module, digest = modules[module_name]
    function = pick_function(str(path), module, wanted, f"a function `{wanted}(call)`")
    return SiteFunction(spec, digest, function, str(path), names, on_failure)


def said_by(answer: object, over: bool, names: Names) -> Said:
    """What an answer means. Raises :class:`BadAnswer`."""
    if answer is None or answer is False:
        return _NO
    if answer is True:
        return _YES
    if not isinstance(answer, Mapping):
        raise BadAnswer(f"{type(answer).__name__} is no answer: True, False, None or a dict of actions is")
    known = _AFTER if over else _BEFORE
    changes: dict[str, Any] = {}
    for key, value in answer.items():
        if key not in known:
            hint = did_you_mean(str(key), known) or f"there are: {', '.join(known)}"
            raise BadAnswer(f"there is no action {key!r} {'after' if over else 'before'} a call; {hint}")
        name, read = known[key]
        changes[name] = read(value, names)
    decided = [key for key in ("uncallable", "callback_s", "retry_s") if key in answer]
    if len(decided) > 1:
        raise BadAnswer(f"{decided[0]} and {decided[1]} contradict each other")
    if decided:
        changes = {"uncallable": None, "callback_s": None, "retry_s": None, **changes}
    return Said(True, False, changes)


def _seconds(value: Any, names: Names) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 60 <= value <= LONGEST_S:
        raise BadAnswer(f"{value!r} is no time in seconds, from 60 to {LONGEST_S:.0f}")
    return float(value)


def _number(value: Any, names: Names) -> str:
    if not isinstance(value, str) or not _E164.fullmatch(value):
        raise BadAnswer("a caller ID that is no number in E.164")
    return value


def _texts(value: Any, names: Names) -> dict[str, str]:
    if not isinstance(value, Mapping) or not all(isinstance(k, str) and isinstance(v, str) for k, v in value.items()):
        raise BadAnswer("columns and variables are a dict of texts")
    return {key: f"={text}" for key, text in value.items()}


def _variables(value: Any, names: Names) -> dict[str, str]:
    texts = _texts(value, names)
    for name, text in texts.items():
        if not _VARIABLE.fullmatch(name) or any(ord(c) < 32 for c in text):
            raise BadAnswer(f"{name!r} with this text is no channel variable")
    return texts


def _one_of(kind: Any) -> Callable[[Any, Names], Any]:
    def read(value: Any, names: Names) -> Any:
        try:
            return kind(value)
        except ValueError:
            raise BadAnswer(f"{value!r} is not one of {', '.join(kind)}") from None

    return read


def _name_in(where: str) -> Callable[[Any, Names], str]:
    def read(value: Any, names: Names) -> str:
        if not isinstance(value, str) or value not in getattr(names, where):
            raise BadAnswer(f"{value!r} is no name under `{where}`")
        return value

    return read


def _other(value: Any, names: Names) -> bool:
    if value not in ("same", "other"):
        raise BadAnswer(f"{value!r} is not one of same, other")
    return bool(value == "other")


_Reader = Callable[[Any, Names], Any]
_BEFORE: Mapping[str, tuple[str, _Reader]] = {
    "do": ("action", _one_of(PreCallAction)), "for_s": ("for_s", _seconds), "caller_id": ("caller_id", _number),
    "variables": ("variables", _variables), "webhook": ("webhook", _name_in("webhooks")),
}  # fmt: skip
_AFTER: Mapping[str, tuple[str, _Reader]] = {
    "uncallable": ("uncallable", _one_of(Uncallable)), "callback_s": ("callback_s", _seconds),
    "retry_s": ("retry_s", _seconds), "number": ("other_number", _other), "dnc": ("dnc", _name_in("dnc_lists")),
    "columns": ("columns", _texts), "move_to": ("move_to", _name_in("contact_lists")),
    "append_to": ("append_to", _name_in("contact_lists")), "webhook": ("webhook", _name_in("webhooks")),
}  # fmt: skip
