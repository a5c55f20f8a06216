"""The order in which a campaign calls its contacts: sort keys, and how fresh and retried contacts, and several lists,
are mixed."""
