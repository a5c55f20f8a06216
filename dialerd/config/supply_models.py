"""The shape of `trunks:` and `contact_lists:` in `campaigns.yaml`: where calls go out, and whom they reach."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from dialerd.config.callable_models import LocalTimeModel
from dialerd.config.scalars import Choice, Rate, Text, Whole
from dialerd.config.section import SNAKE_NAME, Section
from dialerd.config.telephony_scalars import NUMBER_TYPES, Delimiter, DialTemplate, Encoding, Quote, Region

TRUNK_DIAL = DialTemplate(("digits", "e164", "national", "number"), "PJSIP/{digits}@carrier")
COLUMN = Text("the name of a column, as in the file's first line", most=100, loose=True)
ENDPOINT = Text("an endpoint, such as `PJSIP/carrier`", r"[A-Za-z0-9]+/[^\s/]+")


class TrunkModel(Section):
    """A carrier route."""

    dial: Annotated[str, TRUNK_DIAL] = Field(
        description="Asterisk dial string. `{digits}`: 441632960000; `{e164}`: +441632960000; `{national}`: the "
        "number without its country code; `{number}`: as in `{e164}`."
    )
    event_source: Annotated[str, ENDPOINT] | None = Field(
        default=None,
        description="The ARI endpoint whose call events are followed. Found from `dial` where that is "
        "`PJSIP/...@name` or `PJSIP/name/sip:...`.",
    )
    max_lines: Annotated[int, Whole(1, 10_000)] = Field(
        description="Most calls at the same time on this trunk, of all campaigns together."
    )
    cps: Annotated[float, Rate(0.01, 500)] = Field(
        description="Most new calls per second on this trunk, as the carrier allows; fractions are possible."
    )


class PhoneModel(Section):
    """A column with phone numbers."""

    column: Annotated[str, COLUMN] = Field(description="Name of the column, as in the file's first line.")
    type: Annotated[str, SNAKE_NAME] = Field(
        default="phone", description="What kind of number it is: `mobile`, `home`, `work` ..."
    )


class ContactListModel(Section):
    """How the file of a contact list is read."""

    file: Annotated[str, Text("a file name", most=1000)] | None = Field(
        default=None, description="CSV file that `dialerd contacts import` takes, relative to this file."
    )
    delimiter: Annotated[str, Delimiter()] | None = Field(
        default=None,
        description="What stands between two fields: `comma`, `semicolon`, `tab`, `pipe`. Not stated: found out from "
        "the file.",
    )
    encoding: Annotated[str, Encoding()] | None = Field(
        default=None, description="Text encoding of the file. Not stated: found out from the file."
    )
    key: Annotated[str, COLUMN] | None = Field(
        default=None, description="Column with your own number of each contact; without one rows are counted."
    )
    phones: list[PhoneModel] = Field(
        min_length=1, max_length=10, description="Columns with phone numbers, in the order in which they are dialed."
    )
    duplicate_numbers: Annotated[str, Choice(("skip", "update", "keep"))] = Field(
        default="skip",
        description="A row whose number the list has already: `skip` rejects it, `update` changes the contact that "
        "is there, `keep` takes it.",
    )
    duplicate_keys: Annotated[str, Choice(("skip", "update", "keep"))] = Field(
        default="skip",
        description="A row whose key the list has already: `skip` rejects it, `update` changes the contact that "
        "is there, `keep` takes it.",
    )
    duplicates_elsewhere: Annotated[str, Choice(("skip", "keep"))] = Field(
        default="keep", description="A row whose number another list has: `skip` rejects it, `keep` takes it."
    )
    quote: Annotated[str, Quote()] | None = Field(
        default=None,
        description="The character around fields that have a delimiter in them, or `none`. Not stated: found out "
        "from the file.",
    )
    rename: dict[Annotated[str, COLUMN], Annotated[str, COLUMN]] = Field(
        default_factory=dict, description="Columns to be kept by another name: name in the file, and the other."
    )
    ignore: list[Annotated[str, COLUMN]] = Field(
        default_factory=list, max_length=1000, description="Columns that are not kept."
    )
    constants: dict[Annotated[str, COLUMN], Annotated[str, Text("a text", most=1000)]] = Field(
        default_factory=dict, description="Columns that the file has not, with the text that every contact gets."
    )
    refuse: list[Annotated[str, Choice(NUMBER_TYPES)]] = Field(
        default_factory=lambda: ["premium_rate"],
        max_length=20,
        description="Types of numbers that are not taken: `premium_rate`, `shared_cost`, `toll_free`, `voip`, "
        "`personal_number`, `pager`, `uan`, `voicemail`.",
    )
    region: Annotated[str, Region()] | None = Field(
        default=None, description="Country of numbers that have no country code (two letters, `GB`)."
    )
    local_time: LocalTimeModel | None = Field(
        default=None, description="Where the contacts are, when their numbers do not say it exactly enough."
    )
