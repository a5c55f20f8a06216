"""Whatever is typed into a campaigns file, the check answers: a plan, or problems at places that exist."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialerd.config.campaigns_file import CheckResult, check
from dialerd.config.daemon_file import check_settings
from dialerd.config.problems import Severity

ROOT = Path(__file__).parents[2]
EXAMPLE = (ROOT / "campaigns.example.yaml").read_text(encoding="utf-8")
DAEMON = (ROOT / "dialerd.example.yaml").read_text(encoding="utf-8")
PIECES = [
    "\t", ":", ": ", "- ", "{", "}", "[", "]", "&a ", "*a", "!!x ", "!", "|\n", ">\n", "'", '"', "#", "%", "@", "`",
    "\n", "\n\n", "  ", "---\n", "...\n", "<<: ", "? ", "null", "~", "true", "on", "1:30", "0x1", "1e999", "-1",
    "9" * 400, "é", "\u2028", "\x00", "\ud800", "\ufeff", '"\\ud800"', '"\\UFFFFFFFF"', "{digits", "\r\n", "\r",
    "%YAML 9.9\n", "x: y",
]  # fmt: skip
LINE_BREAK = re.compile(r"\r\n|[\n\r\x85\u2028\u2029]")


@st.composite
def mutated(draw: st.DrawFn, original: str) -> str:
    """The example with up to six places changed: text put in, cut out, repeated, or lines swapped."""
    text = original
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(text)))
        kind = draw(st.sampled_from(["insert", "cut", "line_out", "line_twice", "line_moved", "word"]))
        lines = text.splitlines(keepends=True)
        number = draw(st.integers(0, max(len(lines) - 1, 0)))
        if kind == "insert" or not lines:
            text = text[:at] + draw(st.sampled_from(PIECES) | st.text(max_size=5)) + text[at:]
        elif kind == "cut":
            text = text[:at] + text[at + draw(st.integers(1, 40)) :]
        elif kind == "line_out":
            text = "".join(lines[:number] + lines[number + 1 :])
        elif kind == "line_twice":
            text = "".join([*lines[: number + 1], *lines[number:]])
        elif kind == "line_moved":
            line = lines.pop(number)
            lines.insert(draw(st.integers(0, len(lines))), " " * draw(st.integers(0, 4)) + line)
            text = "".join(lines)
        else:
            words = list(re.finditer(r"[\w./@{}+-]+", text))
            if words:
                word = words[draw(st.integers(0, len(words) - 1))]
                text = text[: word.start()] + draw(st.sampled_from(PIECES)) + text[word.end() :]
    return text


def examine(text: str, result: CheckResult) -> None:
    errors = [problem for problem in result.problems if problem.severity is Severity.ERROR]
    assert (result.plan is None) == bool(errors)
    lines = LINE_BREAK.split(text)
    for problem in result.problems:
        assert problem.message
        assert problem.file == "campaigns.yaml"
        assert 1 <= problem.line <= len(lines)
        assert 1 <= problem.column <= len(lines[problem.line - 1]) + 1
        assert "\n" not in str(problem)
    places = [(problem.line, problem.column) for problem in result.problems]
    assert places == sorted(places)


COMMENTS_OUT = "\n".join(line for line in EXAMPLE.splitlines() if not line.lstrip().startswith("#")) + "\n"


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutated(COMMENTS_OUT))
def test_a_changed_example_is_a_plan_or_has_problems(text: str) -> None:
    examine(text, check(text))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80) | st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_any_text(text: str) -> None:
    examine(text, check(text))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mutated(DAEMON), st.dictionaries(st.sampled_from(["DIALERD_ARI__PASSWORD", "DIALERD_AMI__SECRET",
       "DIALERD_API__PORT", "DIALERD_SQL__URL", "DIALERD_X"]), st.text(max_size=8)))  # fmt: skip
def test_changed_settings_are_settings_or_have_problems(text: str, environ: dict[str, str]) -> None:
    result = check_settings(text, environ=environ)
    errors = [problem for problem in result.problems if problem.severity is Severity.ERROR]
    assert (result.settings is None) == bool(errors)
