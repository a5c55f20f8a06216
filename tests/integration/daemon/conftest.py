"""These tests take turns on one lab of quick people."""

from tests.harness.fixtures import pair, stage

__all__ = ["pair", "stage"]
