"""The HTTP side of a daemon: health, metrics, the API. Requests become events and questions; it decides nothing.

What it needs from the daemon is in :mod:`dialerd.control.daemon`; what it offers is listed in ``docs/api.md``.
"""
