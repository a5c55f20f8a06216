"""As many calls as there are lines."""


def agentless(max_lines: int, live: int) -> int:
    """Calls to place now so that ``max_lines`` are in use."""
    return max(0, max_lines - live)
