"""The decisions: values in, values out. No I/O, clock or randomness in here; import-linter holds that."""
