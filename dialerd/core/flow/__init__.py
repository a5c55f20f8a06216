"""Flows: what a person hears and may answer by keys, as a graph of nodes, and one call's walk through it."""
