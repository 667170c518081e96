"""cli: the `salesloop` command — its groups, nothing else. One file a group; heavy imports only inside the commands."""

from __future__ import annotations

from typing import NoReturn

import typer

from cli import (
    actions,
    adjustments,
    common,
    cycle_acts,
    deals,
    events,
    figures,
    imports,
    keys,
    leads,
    meetings,
    policies,
    projections,
    rehearse,
    scorecard_acts,
    serve,
    target_acts,
    views,
)

app = typer.Typer(
    name="salesloop",
    help="Sell as a closed loop: every action an event, a promise behind every open deal, read models that follow.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with: salesloop dev --demo",
)
for module in (serve, imports, rehearse, views, events):
    module.add_to(app)
REVIEWS = (scorecard_acts.app, actions.app, adjustments.app, meetings.app)
LOOP = (target_acts.app, cycle_acts.app, *REVIEWS, figures.app)
for made in (deals.app, leads.app, *LOOP, projections.app, policies.app, keys.app):
    app.add_typer(made)


def main() -> NoReturn:
    common.main(app)


if __name__ == "__main__":
    main()
