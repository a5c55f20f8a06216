"""Several mistakes of different kinds in one file: all are told in one run, in the file's order."""

from __future__ import annotations

from pathlib import Path

from config_texts import AGENTLESS, BASE, changed

from dialerd.config.campaigns_file import check, load_campaigns

FIVE = """\
version: 1
trunks:
  carrier:
    dial: PJSIP/{digit}@carrier
    max_lines: 30
    cps: 5
contact_lists:
  customers:
    phones:
      - column: mobile
campaigns:
  sale:
    mode: progressive
    contact_list: custommers
    trunk: carrier
    caller_id: +441632960000
    ring_timeout: 5s
    wrapup: 10s
    max_lines: 4
    max_lines: 5
"""


def test_five_mistakes_five_messages() -> None:
    result = check(FIVE.replace("    trunk: carrier\n", "    queue: sales\n    trunk: carrier\n"), "five.yaml")
    found = [(p.line, p.column, p.path) for p in result.problems]
    assert found == [
        (4, 11, "trunks.carrier.dial"),
        (14, 19, "campaigns.sale.contact_list"),
        (18, 19, "campaigns.sale.ring_timeout"),
        (19, 5, "campaigns.sale.wrapup"),
        (21, 5, "campaigns.sale.max_lines"),
    ]
    assert result.plan is None


def test_a_refused_value_hides_nothing_else_and_causes_nothing_else() -> None:
    # The trunk is refused as a whole for its missing cps; that campaigns use it is no mistake of theirs. The queue is
    # refused, and therefore not missing.
    text = changed(changed(BASE, "    cps: 5\n", ""), "queue: sales", "queue: [sales]")
    assert [p.path for p in check(text).problems] == ["trunks.carrier.cps", "campaigns.sale.queue"]


def test_a_mistake_in_the_defaults_is_told_once() -> None:
    defaults = "defaults:\n  abandon_threshold: 5s\n  ring_timeout: 1s\n  trunk: nobody\ncampaigns:\n"
    second = BASE.split("campaigns:\n")[1].replace("sale:", "other:")
    text = changed(BASE, "campaigns:\n", defaults) + second
    assert [(p.line, p.path) for p in check(text).problems] == [
        (12, "defaults.abandon_threshold"),
        (13, "defaults.ring_timeout"),
        (14, "defaults.trunk"),
        (22, "campaigns.other"),
    ]


def test_campaigns_that_share_a_list_are_warned() -> None:
    second = AGENTLESS.split("campaigns:\n")[1]
    result = check(BASE + second)
    assert result.ok
    assert [(p.line, p.column, p.path) for p in result.problems] == [(18, 3, "campaigns.notice")]
    assert "same contact list as campaign `sale`" in result.problems[0].message


def test_every_tab_is_told_at_once() -> None:
    text = changed(changed(BASE, "    queue: sales", "\tqueue: sales"), "    trunk: carrier", "  \ttrunk: carrier")
    assert [(p.line, p.column) for p in check(text).problems] == [(15, 1), (16, 3)]


def test_an_empty_file_and_one_of_another_shape() -> None:
    assert [(p.line, p.column, p.message) for p in check("").problems] == [(1, 1, "the file is empty")]
    assert "empty" in check("# nothing\n").problems[0].message
    (problem,) = check("- a\n- b\n").problems
    assert (problem.line, problem.column, problem.path) == (1, 1, "")
    assert "a list of 2" in problem.message


def test_nested_too_deeply_and_aliases_of_aliases() -> None:
    (deep,) = check("a: " + "[" * 5000).problems
    assert "levels deep" in deep.message
    (deep,) = check("\n".join(" " * n + "a:" for n in range(100))).problems
    assert (deep.line, deep.column) == (40, 40)
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert any("more than 100000 values" in p.message for p in check("\n".join(lines)).problems)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    (missing,) = load_campaigns(tmp_path / "no.yaml").problems
    assert (missing.line, missing.message) == (0, "cannot be read: No such file or directory")
    assert str(missing).startswith(f"{tmp_path / 'no.yaml'}: error: cannot be read")
    (folder,) = load_campaigns(tmp_path).problems
    assert "cannot be read" in folder.message
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"version: 1\ncampaigns: {}\n# caf\xe9\n")
    (encoding,) = load_campaigns(latin).problems
    assert (encoding.line, encoding.column, encoding.message) == (3, 6, "not UTF-8 text")
    with_mark = tmp_path / "bom.yaml"
    with_mark.write_text("\ufeff" + BASE, encoding="utf-8")
    assert load_campaigns(with_mark).problems == ()


def test_a_problem_is_one_line() -> None:
    (problem,) = check(changed(BASE, "queue: sales", "queue: sales\n    ringtimeout: 30s"), "c.yaml").problems
    assert str(problem) == (
        "c.yaml:16:5: error: campaigns.sale.ringtimeout: `ringtimeout` is not a setting here; "
        "did you mean `ring_timeout`?"
    )
