"""Who is to be called back stands before the others in the hopper, also one who waited in memory."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core import parking
from dialerd.core.contact import Contact
from dialerd.core.parking import line_up
from dialerd.core.tallies import is_promised, promised
from tests.scenarios.timeline import Timeline, campaign, contact


def person(serial: int, asked: bool) -> Contact:
    return replace(contact(serial), tries=promised({}) if asked else {})


@given(st.lists(st.lists(st.booleans(), max_size=6), max_size=6))
def test_the_promised_first_each_kind_in_the_order_in_which_it_came(batches: list[list[bool]]) -> None:
    hopper: deque[Contact] = deque()
    came: list[Contact] = []
    for batch in batches:
        people = [person(len(came) + n, asked) for n, asked in enumerate(batch, 1)]
        came += people
        line_up(hopper, people)
    assert list(hopper) == sorted(came, key=lambda one: not is_promised(one.tries))


def test_one_who_was_parked_for_a_moment_is_called_before_the_others() -> None:
    """Its number was on a call of another contact; when that is over, it is not behind everybody."""
    line = Timeline(campaign()).ready("8001", "8002")
    same = replace(person(2, True), numbers=contact(1).numbers)
    line.started(contact(1))
    line.then(e.ContactsFetched("spring", (same, *(contact(serial) for serial in (3, 4, 5))), None, 5))
    dialed = line.wanted(c.OriginateCall)
    run = line.dialer.floor.campaigns["spring"]
    assert [line.live(one.attempt_id).record.contact_id for one in dialed] == [1, 3]
    assert ([one.id for one in run.hopper], list(run.parked)) == ([4, 5], [2])
    line.at(parking.LOOK_AGAIN_S + 1.0)
    assert [one.id for one in run.hopper] == [2, 4, 5]
    line.look_away().then(e.ChannelEnded(dialed[0].attempt_id, 17, 486))
    assert line.live(line.the(c.OriginateCall).attempt_id).record.contact_id == 2
