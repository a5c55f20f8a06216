"""Puts the daemon together: the only place that names concrete adapters.

Entry points: :func:`dialerd.app.foreground.run` and :mod:`dialerd.app.contact_files`.
"""
