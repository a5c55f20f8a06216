"""The demonstration: a real campaign on the real pair, checked against what really happened."""
