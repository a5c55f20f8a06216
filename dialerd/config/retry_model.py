"""Settings of a retry rule: `retry:` of a campaign, by disposition."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from dialerd.config.scalars import Choice, Duration, Whole
from dialerd.config.section import CAMPAIGN_NAME, Section, written
from dialerd.core.campaign import NextTry


class RetryModel(Section):
    """What happens after an attempt ended with one disposition."""

    max_tries: Annotated[int, Whole(1, 100)] | None = Field(
        default=None, description="Attempts of a contact that may end so; 1 means: no other one."
    )
    gap: Annotated[float, Duration(0, 90 * 86400)] | None = Field(
        default=None, description="Least time from the end of that attempt to the next one."
    )
    next: Annotated[NextTry, Choice(NextTry)] = Field(
        default=written("other_number"),
        description="How it is tried again: `other_number`, `same_number`; `next_day`: not before the next morning; "
        "`other_daypart`: in the part of the day that was not tried for longest; `best_time`: in the part in which "
        "this contact is likeliest to pick up.",
    )
    then: Annotated[str, Choice(("uncallable", "hand_over"))] = Field(
        default="uncallable",
        description="When the tries are used up: `uncallable`, or `hand_over` to the list of another campaign.",
    )
    hand_over_to: Annotated[str, CAMPAIGN_NAME] | None = Field(
        default=None, description="With `then: hand_over`: the campaign that takes the contact over."
    )
