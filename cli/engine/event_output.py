"""cli: what a command that goes on for long says — sentences and tables to a person, one JSON object a line to a program."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cli.engine.common import tell_zone
from cli.engine.tables import WIDE, say, screen_width

if TYPE_CHECKING:
    from rich.console import Console

SHOW_CURSOR = "\x1b[?25h"


class EventOutput:
    """Every event has a name and values; `text` is how a person hears of it, nothing where that would say nothing."""

    def __init__(self, *, json: bool = False) -> None:
        self.json = json

    def event(self, name: str, text: str = "", **values: Any) -> None:
        if self.json:
            sys.stdout.write(line(name, values))
            sys.stdout.flush()
        elif text:
            say(text)

    def note(self, text: str) -> None:
        """For people only."""
        if not self.json:
            self.event("", text)

    def view(self, name: str, show: Callable[[], None], **values: Any) -> None:
        """The same with a table for the person."""
        if self.json:
            self.event(name, **values)
        else:
            show()
            tell_zone()

    def screen(self) -> Console:
        """Where live tables are drawn; nowhere for a program."""
        from rich.console import Console

        return Console(quiet=self.json, width=screen_width() or WIDE)

    def signalled(self, what: str, programs: Sequence[str]) -> None:
        """From inside a signal handler: what was being written is not waited for, and a hidden cursor comes back."""
        if self.json:
            text = line(what, {"programs": programs})
        else:
            more = " (Ctrl-C again kills them at once)" if what == "stopping" else ""
            back = SHOW_CURSOR if sys.stdout.isatty() else ""
            text = f"{back}\n{what} {', '.join(programs) or 'what was starting'}{more}\n"
        os.write(sys.stdout.fileno(), text.encode())


def line(name: str, values: dict[str, Any]) -> str:
    from runtime.codec import encode

    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    return encode({"at": at, "event": name, **values}).decode() + "\n"
