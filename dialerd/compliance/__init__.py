"""Calling law as data: one file for each profile, read by :mod:`dialerd.config.profiles`."""
