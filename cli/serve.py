"""cli: commands that run something for as long as it is wanted — dev, api, worker — and migrate."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.engine.common import Json, as_json, example, settings
from cli.engine.failure import USAGE, fail
from cli.engine.language import word
from cli.engine.tables import say

Lines = Annotated[bool, typer.Option("--json", help="What happens, one JSON object a line on stdout.")]


def add_to(app: typer.Typer) -> None:
    app.command(
        epilog=example("salesloop dev --demo --data ./crm_export"), help="Run the whole system until Ctrl-C."
    )(dev)
    app.command(epilog=example("DATABASE_URL=postgresql://… salesloop api"), help="Run the HTTP API.")(api)
    app.command(
        epilog=example("salesloop worker --role projections"),
        help="Run the worker's roles: workflows, follower, projections. Options are the worker's own.",
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    )(worker)
    app.command(
        epilog=example("salesloop migrate"), help="Make or bring up to date everything in the database."
    )(migrate)


def dev(
    *,
    demo: Annotated[bool, typer.Option("--demo", help="Bring in a pipeline and watch promises run.")] = False,
    data: Annotated[Path | None, typer.Option("--data", help="A CRM export's folder, for --demo.")] = None,
    deals: Annotated[int, typer.Option("--deals", min=1, max=1_000_000, help="Deals to generate.")] = 6_000,
    seed: Annotated[int, typer.Option("--seed", help="Of the generated pipeline.")] = 7,
    json: Lines = False,
) -> None:
    if data is not None and not data.is_dir():
        fail(f"{data} is not a folder", USAGE)
    from cli.dev import run_dev

    run_dev(demo=demo or data is not None, data=data, deals=deals, seed=seed, json=json)


def api(*, json: Lines = False) -> None:
    from api.serve import main

    main(json_lines=json)


def worker(context: typer.Context, *, json: Lines = False) -> None:
    """Becomes `python -m worker`: one way to start it, here and in a container."""
    sys.stdout.flush()
    arguments = [*context.args, *(["--json"] if json else [])]
    from runtime.programs import python

    command = python("-m", "worker", *arguments)
    os.execv(command[0], command)  # noqa: S606 - no shell is wanted


def migrate(*, json: Json = False) -> None:
    import subprocess

    from runtime.programs import python

    found = settings()
    done = subprocess.run(python("-m", "worker", "--role", "migrate"), check=False)
    if done.returncode != 0:
        fail("the migration failed", done.returncode)
    if json:
        as_json({"migrated": True, "data": str(found.data_dir)})
    else:
        say(word("the database is up to date"))
