"""The command ``dialerd``: parses and prints; everything else happens elsewhere.

Exit codes: 0 done; 1 problems were found, or it was refused; 2 wrong usage or settings; 3 the daemon does not answer.
"""

from __future__ import annotations


def main() -> None:
    """Run the command line of this process."""
    from dialerd.cli.commands import app

    app()
