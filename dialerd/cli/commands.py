"""The commands and their rooms."""

from __future__ import annotations

import typer

from dialerd import __version__
from dialerd.cli import (
    abandon,
    amd,
    call_recordings,
    calls,
    contact_edits,
    contact_imports,
    contact_order,
    contacts,
    directions,
    dnc,
    files,
    floor,
    flow,
    health,
    marks,
    outcomes,
    profiles,
    rules,
    simulate,
    webhooks,
    why,
)

app = typer.Typer(
    name="dialerd",
    help="The open outbound dialer for Asterisk.",
    epilog="Exit codes: 0 done; 1 problems found, or refused; 2 wrong usage or settings; 3 no daemon answers.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"dialerd {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version."),
) -> None:
    pass


app.command("run")(health.run)
app.command("check")(files.check)
app.command("reload")(files.reload)
app.command("status")(floor.status)
app.add_typer(floor.campaigns, name="campaigns")
contacts.contacts.command("next")(contact_order.show_next)
contacts.contacts.command("count")(contact_order.count)
contacts.contacts.command("imports")(contact_imports.imports)
contacts.contacts.command("add")(contact_edits.add)
contacts.contacts.command("show")(contact_edits.show)
contacts.contacts.command("set")(contact_edits.change)
contacts.contacts.command("remove")(contact_edits.remove)
contacts.contacts.command("uncallable")(contact_edits.uncallable)
contacts.contacts.command("callable")(contact_edits.callable_again)
contacts.contacts.command("export")(contact_edits.export)
app.add_typer(contacts.contacts, name="contacts")
app.add_typer(dnc.dnc, name="dnc")
app.command("attempts")(calls.attempts)
app.command("agents")(floor.agents)
app.add_typer(directions.sequences, name="sequences")
app.command("campaign-rules")(directions.campaign_rules)
app.command("why")(why.why)
app.command("report")(calls.report)
app.command("abandon")(abandon.abandon)
app.add_typer(profiles.profiles, name="profiles")
app.add_typer(rules.rules, name="rules")
app.add_typer(marks.marks, name="marks")
app.add_typer(webhooks.webhooks, name="webhooks")
app.add_typer(outcomes.outcomes, name="outcomes")
app.command("notices")(calls.notices)
app.command("schema")(files.schema)
app.command("simulate")(simulate.simulate)
app.command("doctor")(health.doctor)
app.add_typer(flow.flow, name="flow")
app.add_typer(amd.amd, name="amd")
app.add_typer(call_recordings.recordings, name="recordings")
