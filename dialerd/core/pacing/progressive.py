"""One call per idle agent, replaced at once when it fails."""


def progressive(idle_agents: int) -> int:
    """Calls to place now: each idle agent gets one, and is reserved for it before it is placed."""
    return idle_agents
