"""Call-backs for the API: the record changed, the core told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from dialerd.app.contact_answers import from_contacts
from dialerd.control.problem import ApiProblem
from dialerd.core.events import ContactsChanged, Event
from dialerd.core.tallies import promised_until
from dialerd.store.callbacks import Callbacks, InAttempt, NoCallback


class CallbackDesk:
    """Implements :class:`dialerd.control.callback_service.CallbackService`."""

    def __init__(self, callbacks: Callbacks, post: Callable[[Event], None]) -> None:
        self._callbacks = callbacks
        self._post = post

    async def find(self, contact_list: str | None, until: float | None, limit: int) -> Sequence[Mapping[str, Any]]:
        """Those that wait, the next first."""
        with _from_callbacks():
            rows = await self._callbacks.find(contact_list, until, limit)
        return [
            {
                "id": row["id"], "list": row["contact_list"], "key": row["key"], "at": row["next_at"],
                "number": row["numbers"][row["number_index"]]["e164"] if row["numbers"] else None,
                "until": promised_until(row["tries"] or {}), "reason": row["reason"], "attempts": row["attempts"],
            }
            for row in rows
        ]  # fmt: skip

    async def schedule(
        self, contact_id: int, at: float, number: str | None, who: str, until: float | None
    ) -> Mapping[str, Any]:
        """Call a contact at a moment, or at another one than before."""
        with _from_callbacks():
            contact_list = await self._callbacks.schedule(contact_id, at, number, who, until)
        self._post(ContactsChanged(contact_list, any_of_them=True))
        return {"id": contact_id, "list": contact_list, "at": at, "until": until, "number": number}

    async def cancel(self, contact_id: int, who: str) -> None:
        """Do not call it back, nor otherwise."""
        with _from_callbacks():
            contact_list = await self._callbacks.cancel(contact_id, who)
        self._post(ContactsChanged(contact_list, any_of_them=True))


@contextmanager
def _from_callbacks() -> Iterator[None]:
    try:
        with from_contacts():
            yield
    except NoCallback:
        raise ApiProblem(404, "the contact waits for no call-back", hint="See /api/v1/callbacks.") from None
    except InAttempt as error:
        hint = "Ask again when its call is over; who opted out, or was made uncallable by hand, stays so."
        raise ApiProblem(409, f"the contact cannot be called back now: {error}", hint=hint) from None
