"""cli: `salesloop dev` — the whole system on one machine, in one terminal, until Ctrl-C."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from cli.engine.common import run
from cli.engine.event_output import EventOutput
from cli.engine.failure import INTERRUPTED
from cli.engine.tables import say

if TYPE_CHECKING:
    from runtime.supervisor import Supervisor

KEY_FILE = "admin.key"


def run_dev(*, demo: bool, data: Path | None, deals: int, seed: int, json: bool = False) -> NoReturn:
    """Until it is interrupted. The code is that of a program that Ctrl-C ended."""
    from runtime import logging as logs

    logs.configure("WARNING", json_lines=json)
    output = EventOutput(json=json)
    try:
        _serve(output, demo=demo, data=data, deals=deals, seed=seed)
    except KeyboardInterrupt:
        output.event("stopped", "stopped; all of it is kept, and the next start goes on from here")
    raise typer.Exit(INTERRUPTED)


def _serve(output: EventOutput, *, demo: bool, data: Path | None, deals: int, seed: int) -> None:
    from runtime.supervisor import Supervisor

    if demo:
        from cli.demo.receiver import NETWORKS, allowed

        os.environ[NETWORKS] = allowed(os.environ.get(NETWORKS, ""))
    output.event("starting", "starting PostgreSQL, Temporal, the API, the worker and the followers …")
    with Supervisor(told=output.signalled) as system:
        os.environ.update({name: system.environment[name] for name in ("SALESLOOP_DATA", "DATABASE_URL")})
        if system.postgres:
            os.environ["DATABASE_ADMIN_URL"] = system.postgres.url
        system.wait_for_api()
        key = run(admin_key(system.data_dir))
        output.event("ready", api=system.api_url)
        _tell_outdated(run(outdated()), output)
        if demo:
            from cli.demo.people import open_the_desk
            from cli.demo.run import show_demo

            run(show_demo(system, output, data=data, deals=deals, seed=seed))
            run(open_the_desk(system.api_url, output))
        addresses(system, key, output)
        system.wait()


async def admin_key(data_dir: Path) -> Path:
    """A file that only this user can read, with an admin's API key that counts. Made when it is missing or counts no more."""
    from api.engine.roles import Role
    from api.engine.users import KeyStore, NewKey, Unauthenticated
    from cli.engine.common import ledger

    file = data_dir / KEY_FILE
    async with ledger(operator=True) as opened:
        keys = KeyStore(opened)
        try:
            await keys.user(_read(file))
        except Unauthenticated:
            _, token = await keys.create(NewKey("ops", Role.ADMIN, label="salesloop dev"), "cli")
            _write(file, token)
    return file


async def outdated() -> list[str]:
    """The read models whose tables are of another release: they stand still until they are rebuilt."""
    from cli.engine.common import ledger
    from projections.engine.status import outdated as found

    async with ledger() as opened:
        return await found(opened.pool)


def _tell_outdated(names: list[str], output: EventOutput) -> None:
    if names:
        text = f"of another release, and waiting to be rebuilt: {', '.join(names)}; in another terminal: salesloop projections rebuild --all"
        output.event("outdated", text, read_models=names)


def _read(file: Path) -> str:
    return file.read_text(encoding="ascii").strip() if file.exists() else ""


def _write(file: Path, token: str) -> None:
    """Never readable by others, not even for a moment."""
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:  # noqa: PTH123
        out.write(token + "\n")
    fresh.replace(file)


def addresses(system: Supervisor, key: Path, output: EventOutput) -> None:
    places = {
        "API": system.api_url,
        "API documentation": f"{system.api_url}/docs",
        "Temporal": (system.temporal.ui_url if system.temporal else None) or "",
        "admin key": f"{key} (Authorization: Bearer …)",
        "logs": str(system.logs),
    }
    found = {name.lower().replace(" ", "_"): place for name, place in places.items()}
    output.view("serving", lambda: _show(places), **found | {"admin_key": str(key)})


def _show(places: dict[str, str]) -> None:
    width = max(map(len, places)) + 2
    for name, place in places.items():
        if place:
            say(f"{name:<{width}}{place}")
    say(
        "\nserving; other terminals can use `salesloop deals list`, `salesloop agenda` and the like. Ctrl-C ends it."
    )
