"""Puts the daemon together: the only place that names concrete adapters.

Entry points: :func:`dialerd.app.daemon.run` and :mod:`dialerd.app.contact_files`.
"""
