"""The figures of ``docs/performance.md``, measured on the machine at hand: ``python -m bench``."""
