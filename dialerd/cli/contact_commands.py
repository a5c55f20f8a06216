"""The commands about contacts, from several rooms."""

from __future__ import annotations

from dialerd.cli import contact_edits, contact_imports, contact_order
from dialerd.cli.contacts import contacts

contacts.command("next")(contact_order.show_next)
contacts.command("count")(contact_order.count)
contacts.command("imports")(contact_imports.imports)
contacts.command("add")(contact_edits.add)
contacts.command("show")(contact_edits.show)
contacts.command("set")(contact_edits.change)
contacts.command("remove")(contact_edits.remove)
contacts.command("uncallable")(contact_edits.uncallable)
contacts.command("callable")(contact_edits.callable_again)
contacts.command("export")(contact_edits.export)
