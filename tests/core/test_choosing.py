"""Which of a contact's numbers is dialed, and what keeps it from being called when none may be."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dialerd.core.choosing import NUMBER_GATES, Chosen, choose, walk_contact
from dialerd.core.contact import Contact, Number
from dialerd.core.gate_verdicts import ALLOW, Hold, Refuse, Verdict
from dialerd.core.gates import Case, Gate
from tests.core.test_gates import case

NUMBERS = tuple(
    Number(f"+44163296000{n}", kind) for n, kind in enumerate(("mobile", "home", "work"), start=1)
)  # fmt: skip


def contact(index: int = 0, numbers: tuple[Number, ...] = NUMBERS) -> Contact:
    return Contact(1, "leads", "a", numbers, {}, number_index=index)


def case_of(contact: Contact, **changes: Any) -> Case:
    return case(contact, contact.number_index, **changes)


def by_kind(**verdicts: Verdict) -> tuple[Gate, ...]:
    def word(case: Case) -> Verdict:
        return verdicts.get(case.number.kind if case.number is not None else "", ALLOW)

    return (*NUMBER_GATES, word)


def chosen(contact: Contact, gates: tuple[Gate, ...] = NUMBER_GATES) -> Chosen | Hold | Refuse:
    return choose(case_of(contact), contact, gates)


def test_the_number_whose_turn_it_is() -> None:
    assert chosen(contact()) == Chosen(0)
    assert chosen(contact(2)) == Chosen(2)


def test_the_first_that_is_allowed_in_dial_order_from_there() -> None:
    gates = by_kind(mobile=Refuse("dnc:own"), home=Hold("quiet_hours", 9000.0))
    assert chosen(contact(), gates) == Chosen(2)
    assert chosen(contact(1), gates) == Chosen(2)
    assert chosen(contact(1), by_kind(home=Refuse("dnc:own"), work=Refuse("dnc:own"))) == Chosen(0)


def test_the_soonest_hold_when_none_is_allowed() -> None:
    late, soon, open_end = Hold("cap", 9000.0), Hold("quiet_hours", 5000.0), Hold("number_in_use")
    assert chosen(contact(), by_kind(mobile=late, home=soon, work=open_end)) == soon
    assert chosen(contact(), by_kind(mobile=open_end, home=Refuse("dnc:own"), work=late)) == late
    assert chosen(contact(), by_kind(mobile=open_end, home=Refuse("x"), work=Refuse("x"))) == open_end


def test_refused_only_when_every_number_is() -> None:
    gates = by_kind(mobile=Refuse("dnc:own"), home=Refuse("dnc:all"), work=Refuse("invalid"))
    assert chosen(contact(), gates) == Refuse("dnc:own")
    assert chosen(contact(1), gates) == Refuse("dnc:all")


def test_a_contact_without_numbers_is_refused() -> None:
    assert chosen(contact(0, ())) == Refuse("no_number")


def test_a_number_in_use_gives_way_to_the_next() -> None:
    assert choose(case_of(contact(), in_use=(NUMBERS[0].e164,)), contact()) == Chosen(1)


def test_the_walk_names_each_number_with_its_gates() -> None:
    of_contact = contact(1)
    walked = walk_contact(case_of(of_contact), of_contact)
    of_numbers = [judged.number for judged in walked if judged.number is not None]
    ordered = [NUMBERS[1].e164, NUMBERS[2].e164, NUMBERS[0].e164]
    assert of_numbers == [number for number in ordered for _ in NUMBER_GATES]
    assert [judged.gate for judged in walked if judged.number == NUMBERS[0].e164] == [
        g.__name__ for g in NUMBER_GATES
    ]
    assert walked[-1].gate == "agent_ready"
    nobody = walk_contact(case_of(contact(0, ())), contact(0, ()))
    assert [judged.verdict for judged in nobody if judged.gate == "number_present"] == [Refuse("no_number")]


_verdicts = st.one_of(
    st.just(ALLOW), st.builds(Refuse, st.sampled_from("ab")),
    st.builds(Hold, st.sampled_from("cd"), st.one_of(st.none(), st.floats(1001, 2000))),
)  # fmt: skip


@given(st.lists(_verdicts, min_size=1, max_size=10), st.data())
def test_the_choice_is_the_best_verdict_there_is(verdicts: list[Verdict], data: st.DataObject) -> None:
    numbers = tuple(Number(f"+4416329600{n:02d}", str(n)) for n in range(len(verdicts)))
    start = data.draw(st.integers(0, len(verdicts) - 1))
    of_contact = contact(start, numbers)
    found = chosen(of_contact, (lambda case: verdicts[case.number_index],))
    ordered = verdicts[start:] + verdicts[:start]
    if ALLOW in ordered:
        assert found == Chosen((start + ordered.index(ALLOW)) % len(verdicts))
    else:
        holds = [verdict for verdict in ordered if isinstance(verdict, Hold)]
        ends = [verdict.until for verdict in holds if verdict.until is not None]
        assert isinstance(found, Hold if holds else Refuse)
        assert not holds or found.until == min(ends, default=None)  # type: ignore[union-attr]
