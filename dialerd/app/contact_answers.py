"""What the record refuses of single contacts, in the API's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dialerd.app.database_answers import from_database
from dialerd.control.contact_service import BadContact, KeyUsedOtherwise, UnknownContact
from dialerd.store.contact_edits import NoSuchContact, NoSuchNumber
from dialerd.store.contact_feed import UsedOtherwise


@contextmanager
def from_contacts() -> Iterator[None]:
    """A contact is changed or asked for inside."""
    try:
        with from_database():
            yield
    except NoSuchContact as error:
        raise UnknownContact(*error.args) from None
    except NoSuchNumber:
        raise BadContact("the contact has not this number", "`contacts show` tells its numbers.") from None
    except UsedOtherwise as error:
        raise KeyUsedOtherwise(*error.args) from None
