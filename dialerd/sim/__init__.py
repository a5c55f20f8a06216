"""The simulated world: the real engine and core with callees, agents, trunks and faults, on a fake clock.

Entry points: :class:`dialerd.sim.world.World`, ``python -m dialerd.sim``.
"""
