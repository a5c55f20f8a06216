"""Events about contacts that somebody adds or changes from outside; part of :mod:`dialerd.core.events`."""

from __future__ import annotations

from dialerd.core.value import value


@value(frozen=True, slots=True)
class ContactsChanged:
    """Contacts were added to or changed in this list from outside."""

    contact_list: str
    hot: tuple[int, ...] = ()
    """Contacts that are to be called before all others."""
    any_of_them: bool = False
    """Which ones changed is not said, as after a file: whatever the hopper holds of the list may be old."""


@value(frozen=True, slots=True)
class ContactsEdited:
    """These contacts are changed in the record, or can no longer be called: what the hopper holds of them is old.
    ``cancel``: their calls that nobody has answered end, those of ``numbers`` (E.164) only, where any are named."""

    contact_list: str
    contact_ids: tuple[int, ...]
    cancel: bool = False
    numbers: tuple[str, ...] = ()
    reason: str = ""
