"""The fast floor simulator: pacers on floors of agents and callees, event by event, without the engine around them.

A day of many agents takes seconds here. What it leaves out (contacts, retries, faults) is said in `docs/simulate.md`;
the whole dialer is simulated by :mod:`dialerd.sim.world`.
"""
