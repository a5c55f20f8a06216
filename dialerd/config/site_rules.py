"""A site's own answer rules: a Python file with ``classify(evidence)``.

The file runs inside the daemon with all its rights; it is the site's own code. What it raises never gets further
than here: the call is then judged by dialerd's rules, and the failure is reported.
"""

from __future__ import annotations

import hashlib
import inspect
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import CodeType, ModuleType

from dialerd.config.document import Document
from dialerd.config.problems import Mark, Problem, did_you_mean, dotted
from dialerd.config.problems import Path as Path_
from dialerd.core.analysis import Evidence
from dialerd.core.treatment import CallAnalysis

FUNCTION = "classify"


@dataclass(frozen=True, slots=True)
class RuleFailure:
    """A rule raised, or returned something that is no verdict, while it judged one answer."""

    file: str
    line: int
    """Line in the rule's file where it was raised; 0 when not known."""
    campaign: str
    error: str
    function: str = ""
    """``module:function`` of a rule set; empty: the file's ``classify``."""
    times: int = 1
    """How often since it was told last; 0: told lately, this is for the count."""


OnRuleFailure = Callable[[RuleFailure], None]


class SiteRuleError(Exception):
    """The file cannot be used as a rule; ``problem`` says why and where."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


@dataclass(frozen=True, slots=True)
class SiteRule:
    """A loaded rule. Two are equal when file and content are, so that a reload sees whether it changed."""

    file: str
    digest: str
    """First 12 hexadecimal digits of the content's SHA-256."""
    _classify: Callable[[Evidence], object] = field(compare=False, repr=False)
    _on_failure: OnRuleFailure | None = field(compare=False, repr=False, default=None)

    def __call__(self, evidence: Evidence) -> CallAnalysis | None:
        """The rule's verdict; None when it has none, or failed, which ``on_failure`` is told."""
        try:
            answer = self._classify(evidence)
            if answer is not None and not isinstance(answer, str):
                raise TypeError(f"{FUNCTION} returned {type(answer).__name__}, which is no verdict")
            return None if answer is None else CallAnalysis(answer)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - foreign code: nothing of it may reach the core
            if self._on_failure is not None:
                said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
                self._on_failure(RuleFailure(self.file, line_in(error, self.file), evidence.campaign, said))
            return None

    def __str__(self) -> str:
        return f"{self.file} ({self.digest})"


def load_site_rule(path: Path, on_failure: OnRuleFailure | None = None) -> SiteRule:
    """Load ``classify`` from a Python file. Raises :class:`SiteRuleError`; the file's top level is run."""
    file = str(path)
    module, digest = load_module(path)
    classify = pick_function(
        file, module, FUNCTION, f"a function `{FUNCTION}(evidence)` that returns a verdict or None"
    )
    return SiteRule(file, digest, classify, on_failure)


def load_module(path: Path) -> tuple[ModuleType, str]:
    """Run a Python file; its module, and the first 12 hexadecimal digits of its SHA-256. Raises
    :class:`SiteRuleError`."""
    file = str(path)
    try:
        source = path.read_bytes()
    except OSError as error:
        raise _refused(file, Mark(0, 0), f"cannot be read: {error.strerror or error}", "", "check the name") from None
    return _run(file, _compiled(file, source)), hashlib.sha256(source).hexdigest()[:12]


def _compiled(file: str, source: bytes) -> CodeType:
    try:
        return compile(source, file, "exec", dont_inherit=True)
    except SyntaxError as error:
        mark = Mark(error.lineno or 1, max(error.offset or 1, 1))
        raise _refused(file, mark, f"not valid Python: {error.msg}", "", "correct the rule file") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise _refused(file, Mark(1, 1), f"not valid Python: {error}", "", "correct the rule file") from None


def _run(file: str, code: CodeType) -> ModuleType:
    module = ModuleType("dialerd_site_rule")
    module.__file__ = file
    try:
        exec(code, module.__dict__)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - foreign code: whatever it raises is its author's mistake
        line = line_in(error, file)
        message = f"running it failed: {type(error).__name__}: {error}"
        raise _refused(file, Mark(line or 1, 1), message, "", "correct the rule file") from None
    return module


def pick_function(file: str, module: ModuleType, wanted: str, expected: str) -> Callable[..., object]:
    """The module's function of this name, which takes one argument and answers at once. Raises
    :class:`SiteRuleError`."""
    function = getattr(module, wanted, None)
    if function is None:
        names = [name for name, value in vars(module).items() if inspect.isfunction(value)]
        hint = did_you_mean(wanted, names).replace("did you mean", "rename") if names else ""
        raise _refused(file, Mark(1, 1), f"there is no `{wanted}` in it", expected, hint)
    if not callable(function):
        raise _refused(file, Mark(1, 1), f"`{wanted}` is not a function", expected, "")
    mark = Mark(getattr(getattr(function, "__code__", None), "co_firstlineno", 1), 1)
    if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
        raise _refused(file, mark, f"`{wanted}` does not return at once", expected, "no `async`, no `yield`")
    try:
        inspect.signature(function).bind(None)
    except (TypeError, ValueError):
        raise _refused(file, mark, f"`{wanted}` does not take one argument", expected, "") from None
    found: Callable[..., object] = function
    return found


def line_in(error: BaseException, file: str) -> int:
    """The line of the file in which it was raised; 0: not in it."""
    lines = [frame.lineno or 0 for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return lines[-1] if lines else 0


def _refused(file: str, mark: Mark, message: str, expected: str, hint: str) -> SiteRuleError:
    return SiteRuleError(Problem(file, mark.line, mark.column, "", message, expected, hint))


def placed(document: Document, path: Path_, problem: Problem, what: str) -> Problem:
    """A file's problem, with the YAML path that named it; one without a line is put at that path. ``what`` names the
    file there."""
    if problem.line:
        return replace(problem, path=dotted(path))
    mark = document.mark(path)
    message = f"{what} {problem.file} {problem.message}"
    return replace(
        problem, file=document.file, line=mark.line, column=mark.column, path=dotted(path), message=message
    )
