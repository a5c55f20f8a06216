"""The shape of `inbound:` in a campaign: what people get who call back the number that it shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from dialerd.config.flow_build import flows_from
from dialerd.config.flow_scalars import HoursOfWeek, Key
from dialerd.config.prompt_scalars import Prompts
from dialerd.config.scalars import Choice, Duration
from dialerd.config.section import SNAKE_NAME, Section, written
from dialerd.core.flow.nodes import Flow
from dialerd.core.flow.prompts import Prompt
from dialerd.core.inbound_settings import (
    AfterConversation,
    InboundKey,
    InboundSettings,
    InboundTreatment,
)
from dialerd.core.weekly_hours import WeeklyHours

USUAL_KEYS = {"9": InboundKey.OPT_OUT}


class InboundModel(Section):
    """People who call back the number that the campaign shows."""

    treatment: Annotated[InboundTreatment, Choice(InboundTreatment)] = Field(
        default=written("message"),
        description="What those get whom it has called: `queue` (an agent of the campaign's queue; if none is to be "
        "had, the message), `message` (with keys), or `flow`.",
    )
    unknown: Annotated[InboundTreatment, Choice(InboundTreatment)] = Field(
        default=written("message"),
        description="What everybody else gets: withheld numbers, and those that it has never called.",
    )
    flow: Annotated[str, SNAKE_NAME] | None = Field(
        default=None, description="What `flow` walks through: a name under `flows`."
    )
    hours: Annotated[WeeklyHours, HoursOfWeek()] | None = Field(
        default=None,
        description="When that holds, in the campaign's time zone: `mon-fri 9-17`. At other times it is the message, "
        "whose keys lead to no agent then. Not stated: always.",
    )
    message: Annotated[Prompt, Prompts()] | None = Field(
        default=None,
        description="The message, as `message` is written. Not stated: the campaign's `abandon_message`.",
    )
    keys: dict[Annotated[str, Key()], Annotated[InboundKey, Choice(InboundKey)]] | None = Field(
        default=None,
        description="What a key does while the message plays, and just after: `opt_out`, `callback`, `agent`. Not "
        "stated: 9 opts out, where the campaign has an `opt_out_list`.",
    )
    patience: Annotated[float, Duration(5, 7200)] = Field(
        default=written("5m"), description="So long a caller waits in the queue; then it is the message."
    )
    callback_after: Annotated[float, Duration(0, 7 * 86_400)] = Field(
        default=written("1h"), description="How long after the key `callback` the person is called."
    )
    after_conversation: Annotated[AfterConversation, Choice(AfterConversation)] = Field(
        default=written("reached"),
        description="After a talk with an agent, or at the end of a flow, the contact is done with (`reached`), or "
        "stays as it was (`keep`).",
    )


def inbound_settings(model: InboundModel, opt_out_list: str | None, flows: Mapping[str, Flow]) -> InboundSettings:
    """What is stated, for the core."""
    keys = model.keys
    if keys is None:
        keys = dict(USUAL_KEYS) if opt_out_list is not None else {}
    return InboundSettings(
        known=model.treatment,
        unknown=model.unknown,
        flow=model.flow,
        flows=flows_from(model.flow, flows),
        hours=model.hours,
        message=model.message,
        keys=keys,
        patience_s=model.patience,
        callback_after_s=model.callback_after,
        after_conversation=model.after_conversation,
    )
