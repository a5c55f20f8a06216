"""How many calls to place now."""

from dialerd.core.pacing.agentless import agentless
from dialerd.core.pacing.progressive import progressive

__all__ = ["agentless", "progressive"]
