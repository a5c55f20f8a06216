"""Pacing measured: own simulator, baselines from their published descriptions, tables and charts."""
