"""cli: any list as a file. A command that lists page by page takes `--export` by that alone (`language.Commands`), one of a table that comes
whole by being `filed`: what it would read a page of is read as a whole then, with the same filters, and the command ends there (`exporting.py`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import Parameter
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from cli.engine.failure import USAGE, fail

SUFFIXES = (".csv", ".xlsx")

OPTIONS: dict[str, Any] = {
    "export": Annotated[
        Path | None,
        typer.Option(
            "--export",
            metavar="FILE",
            dir_okay=False,
            help="All of it into a file: .csv or .xlsx. Pages and --json say nothing then.",
        ),
    ],
    "locale": Annotated[
        str | None,
        typer.Option(
            "--locale", metavar="LOCALE", help="Of --export: such as de-DE, whose separators CSV has."
        ),
    ],
    "bom": Annotated[bool, typer.Option("--bom", help="Of --export: CSV that Excel takes for UTF-8.")],
}
PAGES = ("limit", "cursor")
DEFAULTS = {"export": None, "locale": None, "bom": False}


@dataclass
class Wanted:
    file: Path
    locale: str | None
    bom: bool
    zone: str | None
    paged: bool = False
    """A page was asked for as well, which a file is none of."""

    @property
    def query(self) -> dict[str, Any]:
        """What the list is asked beside its filters. A workbook is made here, of exact text."""
        of_book = self.file.suffix == ".xlsx"
        beside = {"exact": True} if of_book else {"locale": self.locale, "bom": self.bom or None}
        return {"format": "csv", "zone": self.zone, **beside}


Command = TypeVar("Command", bound=Callable[..., Any])
_wanted: list[Wanted] = []
_whole: set[str] = set()


def to_write() -> Wanted | None:
    """What this command is to write, if it is."""
    return _wanted[-1] if _wanted else None


def _name(command: Callable[..., Any]) -> str:
    return f"{command.__module__}.{command.__qualname__}"


def filed(command: Command) -> Command:
    """Of a table that comes whole: it may be had as a file, too."""
    _whole.add(_name(command))
    return command


def options_of(command: Callable[..., Any], names: Mapping[str, Parameter]) -> list[Parameter]:
    """Those that a command with these parameters takes besides."""
    if "cursor" not in names and _name(command) not in _whole:
        return []
    return [
        Parameter(name, Parameter.KEYWORD_ONLY, default=DEFAULTS[name], annotation=kind)
        for name, kind in OPTIONS.items()
    ]


@contextmanager
def exporting(given: dict[str, Any], parameters: Mapping[str, Parameter]) -> Iterator[None]:
    """While the command with these parameters runs that was given these values; those of the file are taken out. Raises Failure where nothing
    can be written so.
    """
    said = {name: given.pop(name, default) for name, default in DEFAULTS.items()}
    file = said["export"]
    if file is None:
        yield
        return
    name = file.name
    if file.suffix not in SUFFIXES:
        fail(f"--export takes a file that ends with .csv or .xlsx, not {name!r}", USAGE)
    in_a_folder(file)
    paged = any(name in given and given[name] != parameters[name].default for name in PAGES)
    asked = Wanted(file, said["locale"], said["bom"], given.get("tz") or own_zone(), paged)
    _wanted.append(asked)
    try:
        yield
        fail("this was shown and not written: --export is for its list")
    finally:
        _wanted.pop()


def in_a_folder(file: Path) -> None:
    """Raises Failure where the file could not be there."""
    folder = str(file.parent)
    if not file.absolute().parent.is_dir():
        fail(f"there is no folder {folder!r}", USAGE)


def own_zone() -> str | None:
    """The name of this machine's time zone, where it has one."""
    named = (
        os.environ.get("TZ", "").lstrip(":") or os.path.realpath("/etc/localtime").partition("zoneinfo/")[2]
    )
    return named if named and not named.startswith(("/", "Etc/")) else None
