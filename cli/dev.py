"""cli: `salesloop dev` — the whole system on one machine, in one terminal, until Ctrl-C."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from cli.common import console, run

if TYPE_CHECKING:
    from runtime.supervisor import Supervisor

KEY_FILE = "admin.key"


def run_dev(*, demo: bool, data: Path | None, deals: int, seed: int) -> None:
    """Returns only by KeyboardInterrupt."""
    from runtime import logging as logs
    from runtime.supervisor import Supervisor

    logs.configure("WARNING", json_lines=False)
    screen = console()
    screen.print("starting PostgreSQL, Temporal, the API, the worker and the followers …")
    with Supervisor() as system:
        os.environ.update({name: system.environment[name] for name in ("SALESLOOP_DATA", "DATABASE_URL")})
        system.wait_for_api()
        key = run(admin_key(system.data_dir))
        if demo:
            from cli.demo import show_demo

            run(show_demo(system, data=data, deals=deals, seed=seed))
        addresses(system, key)
        system.wait()


async def admin_key(data_dir: Path) -> Path:
    """A file that only this user can read, with an admin's API key that counts. Made when it is missing or counts no more."""
    from api.users import KeyBook, NewKey, Role, Unauthenticated
    from cli.common import ledger

    file = data_dir / KEY_FILE
    async with ledger() as opened:
        keys = KeyBook(opened)
        try:
            await keys.user(_read(file))
        except Unauthenticated:
            _, token = await keys.create(NewKey("ops", Role.ADMIN, label="salesloop dev"), "cli")
            _write(file, token)
    return file


def _read(file: Path) -> str:
    return file.read_text(encoding="ascii").strip() if file.exists() else ""


def _write(file: Path, token: str) -> None:
    """Never readable by others, not even for a moment."""
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:  # noqa: PTH123
        out.write(token + "\n")
    fresh.replace(file)


def addresses(system: Supervisor, key: Path) -> None:
    from rich.table import Table

    rows = [
        ("API", system.api_url),
        ("API documentation", f"{system.api_url}/docs"),
        ("admin key", f"{key} (Authorization: Bearer …)"),
        ("logs", str(system.logs)),
    ]
    if system.temporal is not None and system.temporal.ui_url:
        rows.insert(2, ("Temporal", system.temporal.ui_url))
    made = Table.grid(padding=(0, 2))
    for name, place in rows:
        made.add_row(name, place)
    screen = console()
    screen.print()
    screen.print(made, soft_wrap=True, highlight=False)
    screen.print(
        "\nserving; other terminals can use `salesloop deals list`, `salesloop agenda` and the like. Ctrl-C ends it."
    )
