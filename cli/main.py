"""cli: the `salesloop` command — its groups, nothing else. One file a group; heavy imports only inside the commands."""

from __future__ import annotations

import atexit
import gc
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from cli import (
    event_log,
    events,
    keys,
    mcp,
    notifications,
    overview,
    parquet,
    projections,
    rehearse,
    serve,
    users,
)
from cli.engine import common, language
from domain.capabilities import load


class Named(TyperGroup):
    """Commands may have names of two words, beside a command of the first: `import` and `import undo`."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        two = " ".join(args[:2])
        return (
            (two, self.commands[two], args[2:])
            if two in self.commands
            else super().resolve_command(ctx, args)
        )


app = language.Commands(
    name="salesloop",
    cls=Named,
    help="Sell as a closed loop: every action an event, a promise behind every open deal, read models that follow.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with: salesloop dev --demo. In examples 1C1I7A6R stands for a deal, 'Li Wei' for a rep and "
    "0d9f6f0e-4d4e-4f0e-8a63-1f7b8a5b5c11 for any other id: lists and shows have yours.",
)


for module in (
    serve,
    rehearse,
    overview,
    events,
    event_log,
    parquet,
    *load("cli"),
    projections,
    keys,
    users,
    notifications,
    mcp,
):
    if hasattr(module, "add_to"):
        module.add_to(app)
    else:
        for group in vars(module).values():
            if isinstance(group, typer.Typer):
                app.add_typer(group)


def main() -> NoReturn:
    atexit.register(
        gc.freeze
    )  # as it ends the interpreter looks through all there is: a fifth of a write's time
    common.main(app)


if __name__ == "__main__":
    main()
