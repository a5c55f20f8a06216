"""Exact timelines of the dialer."""
