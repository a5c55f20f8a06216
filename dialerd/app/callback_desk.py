"""Call-backs for the API: the record changed, the core told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from dialerd.control.contact_service import BadContact, UnknownContact
from dialerd.control.daemon import Unavailable
from dialerd.control.problem import ApiProblem
from dialerd.core.events import ContactsChanged, Event
from dialerd.store.callbacks import Callbacks, InAttempt, NoCallback
from dialerd.store.contact_feed import NoSuchContact, NoSuchNumber
from dialerd.store.record_health import DATABASE_ERRORS, reason_of


class CallbackDesk:
    """Implements :class:`dialerd.control.callback_service.CallbackService`."""

    def __init__(self, callbacks: Callbacks, post: Callable[[Event], None]) -> None:
        self._callbacks = callbacks
        self._post = post

    async def find(self, contact_list: str | None, until: float | None, limit: int) -> Sequence[Mapping[str, Any]]:
        """Those that wait, the next first."""
        async with _answering():
            rows = await self._callbacks.find(contact_list, until, limit)
        return [
            {
                "id": row["id"], "list": row["contact_list"], "key": row["key"], "at": row["next_at"],
                "number": row["numbers"][row["number_index"]]["e164"] if row["numbers"] else None,
                "reason": row["reason"], "attempts": row["attempts"],
            }
            for row in rows
        ]  # fmt: skip

    async def schedule(self, contact_id: int, at: float, number: str | None, who: str) -> Mapping[str, Any]:
        """Call a contact at a moment, or at another one than before."""
        async with _answering():
            contact_list = await self._callbacks.schedule(contact_id, at, number, who)
        self._post(ContactsChanged(contact_list, any_of_them=True))
        return {"id": contact_id, "list": contact_list, "at": at, "number": number}

    async def cancel(self, contact_id: int, who: str) -> None:
        """Do not call it back, nor otherwise."""
        async with _answering():
            contact_list = await self._callbacks.cancel(contact_id, who)
        self._post(ContactsChanged(contact_list, any_of_them=True))


@asynccontextmanager
async def _answering() -> AsyncIterator[None]:
    try:
        yield
    except NoSuchContact as error:
        raise UnknownContact(*error.args) from None
    except NoSuchNumber:
        raise BadContact("the contact has not this number", "`contacts show` tells its numbers.") from None
    except NoCallback:
        raise ApiProblem(404, "the contact waits for no call-back", hint="See /api/v1/callbacks.") from None
    except InAttempt as error:
        hint = "Ask again when its call is over; who opted out, or was made uncallable by hand, stays so."
        raise ApiProblem(409, f"the contact cannot be called back now: {error}", hint=hint) from None
    except DATABASE_ERRORS as error:
        raise Unavailable(f"the database: {reason_of(error)}") from error
