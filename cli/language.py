"""cli: the language of what is fixed — one table. What people wrote is never translated, and codes in `--json` never are."""

from __future__ import annotations

from typing import Annotated

import typer

Lang = Annotated[
    str | None, typer.Option("--lang", envvar="SALESLOOP_LANG", help="en or zh; without, as LANG says.")
]


def language(given: str | None) -> str:
    return given or "en"
