"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", envvar="DIALERD_CONFIG", metavar="FILE",
        help="Daemon settings. Default: dialerd.yaml in this folder, if there is one.",
    ),
]  # fmt: skip
JsonOption = Annotated[bool, typer.Option("--json", help="For programs: JSON on standard output.")]
UrlOption = Annotated[
    str | None,
    typer.Option(
        "--url", envvar="DIALERD_URL", metavar="URL", help="Address of the daemon's API, instead of settings."
    ),
]
TokenOption = Annotated[
    str | None,
    typer.Option(
        "--token", envvar="DIALERD_TOKEN", metavar="TOKEN", show_default=False,
        help="Token of the API, instead of settings; better in DIALERD_TOKEN, which others do not see.",
    ),
]  # fmt: skip


def pass_on(context: typer.Context, **given: object) -> None:
    """Options that stand before the word of a command apply to what comes behind it."""
    if context.invoked_subcommand is not None:
        context.default_map = {context.invoked_subcommand: {name: value for name, value in given.items() if value}}
