"""`webhooks`: what rules have told to others, and what could not be told."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from dialerd.cli.options import ConfigOption, JsonOption, TokenOption, UrlOption, pass_on
from dialerd.cli.outcome import Exit, Failure, ends_well
from dialerd.cli.reach import reach
from dialerd.cli.screen import print_done, print_json, screen, short_time, table

webhooks = typer.Typer(help="Webhooks: what waits to be told, and what was given up.", invoke_without_command=True)
WebhookOption = Annotated[str | None, typer.Option("--webhook", metavar="NAME", help="All dead ones of it.")]
Delivery = Annotated[str | None, typer.Argument(metavar="[DELIVERY]", help="Id, as `webhooks dead` shows it.")]


@webhooks.callback()
def _default(
    context: typer.Context,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    if context.invoked_subcommand is None:
        list_webhooks(config=config, url=url, token=token, as_json=as_json)
    else:
        pass_on(context, config=config, url=url, token=token, as_json=as_json)


@webhooks.command("list")
@ends_well
def list_webhooks(
    config: ConfigOption = None, url: UrlOption = None, token: TokenOption = None, as_json: JsonOption = False
) -> None:
    """All webhooks: where they go, how many deliveries wait, how many were given up."""
    found = reach(config, url, token).get("/api/v1/webhooks")
    if as_json:
        print_json(found)
        return
    if not found["webhooks"]:
        screen().print("[dim]No webhooks. Write some: `webhooks:` in the campaigns file.[/]")
        return
    made = table("webhook", "goes to", "wait", "dead", right=("wait", "dead"))
    for one in found["webhooks"]:
        dead = f"[red]{one['dead']:,}[/]" if one["dead"] else "0"
        goes_to = escape(one["url"]) if one["configured"] else "[dim]not in the campaigns file[/]"
        made.add_row(escape(one["webhook"]), goes_to, f"{one['waiting']:,}", dead)
    screen().print(made)


@webhooks.command()
@ends_well
def dead(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 100,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """Deliveries that were given up, and why; the oldest first."""
    found = reach(config, url, token).get("/api/v1/webhooks/deliveries", limit=str(limit))
    if as_json:
        print_json(found)
        return
    if not found["deliveries"]:
        screen().print("Nothing was given up.")
        return
    made = table("delivery", "webhook", "rule", "since", "tries", "last error", right=("tries",))
    for one in found["deliveries"]:
        made.add_row(
            escape(one["id"]), escape(one["webhook"]), escape(one["rule"]), short_time(one["created_at"]),
            str(one["tries"]), escape(one["error"]),
        )  # fmt: skip
    screen().print(made)


@webhooks.command()
@ends_well
def again(
    delivery: Delivery = None,
    webhook: WebhookOption = None,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send what was given up again: one delivery, or all of a webhook."""
    answer = reach(config, url, token).post("/api/v1/webhooks/again", **_chosen(delivery, webhook))
    print_done(answer, f"{answer['again']:,} are sent again", as_json)


@webhooks.command()
@ends_well
def drop(
    delivery: Delivery = None,
    webhook: WebhookOption = None,
    config: ConfigOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take out what was given up: one delivery, or all of a webhook."""
    answer = reach(config, url, token).post("/api/v1/webhooks/drop", **_chosen(delivery, webhook))
    print_done(answer, f"{answer['dropped']:,} taken out", as_json)


def _chosen(delivery: str | None, webhook: str | None) -> dict[str, str]:
    if (delivery is None) is (webhook is None):
        raise Failure("name one delivery, or all of a webhook", "`--webhook NAME`", Exit.USAGE)
    return {"id": delivery} if delivery is not None else {"webhook": webhook or ""}
