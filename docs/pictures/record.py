# noqa: INP001 - a script beside its picture, no package
"""docs: the README's pictures, from a real run of the demonstration; `make pictures`: of the terminal here, of the desk in `pages.py`.
Nothing in them is drawn by hand.
"""

from __future__ import annotations

import io
import os
import pty
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pages
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

COLUMNS = 120
SERVING = "Ctrl-C ends it"
PICTURES = {
    "promises": ("funnel: default", "a target, and why"),
    "loop": ("a target, and why", "the history of one"),
}
"""Each with words of the line it begins with, and of the one it ends before."""
PARTS = re.compile(r"\x1b\[\??[0-9;]*[a-zA-Z]|\r|\n|[^\x1b\r\n]+")
FONTS = re.compile(r"@font-face \{\{.*?\}\}", re.DOTALL)
"""A picture in a repository asks no other host for fonts."""


def run(data: str, serving: Callable[[str], None]) -> str:
    """What the demonstration writes to a terminal until it serves; `serving` hears it while it does."""
    ours, theirs = pty.openpty()
    env = {**os.environ, "SALESLOOP_DATA": data, "COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    command = [sys.executable, "-m", "cli.main", "dev", "--demo"]
    with subprocess.Popen(command, env=env, stdin=theirs, stdout=theirs, stderr=theirs) as demo:
        os.close(theirs)
        try:
            serving(said := "".join(_until_serving(ours)))
        finally:
            demo.send_signal(signal.SIGINT)
            for _ in _chunks(ours):
                pass
    return said


def _until_serving(terminal: int) -> Iterator[str]:
    tail = ""
    for chunk in _chunks(terminal):
        yield chunk
        tail = tail[-len(SERVING) :] + chunk
        if SERVING in tail:
            return


def _chunks(terminal: int) -> Iterator[str]:
    """Until the other end closes, which Linux tells as an error."""
    try:
        while read := os.read(terminal, 65_536):
            yield read.decode(errors="replace")
    except OSError:
        return


def screen(said: str) -> list[str]:
    """The lines that remain after everything that was drawn over: rich goes up, clears lines and writes them anew."""
    lines, at = [""], 0
    for part in PARTS.findall(said):
        if part == "\n":
            at += 1
            lines.extend([""] * (at + 1 - len(lines)))
        elif part.endswith("A") and part.startswith("\x1b"):
            at -= int(part[2:-1] or 1)
        elif part == "\x1b[2K":
            lines[at] = ""
        elif part.endswith("m") or not part.startswith(("\x1b", "\r")):
            lines[at] += part
    return lines


def picture(lines: list[str]) -> str:
    console = Console(
        record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    console.print(Text.from_ansi("\n".join(line.rstrip() for line in lines)), soft_wrap=True)
    drawn = console.export_svg(title="make demo", code_format=FONTS.sub("", CONSOLE_SVG_FORMAT))
    drawn = drawn.replace("    <!-- Generated with Rich https://www.textualize.io -->\n", "")
    return drawn.replace("&#160;", "\N{NO-BREAK SPACE}")  # the same in a third of the bytes


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="salesloop-picture-") as data:
        lines = screen(run(data, pages.take))
    for name, (first, after) in PICTURES.items():
        starts, ends = (next(n for n, line in enumerate(lines) if word in line) for word in (first, after))
        file = Path(__file__).with_name(f"{name}.svg")
        file.write_text(picture(lines[starts:ends]), encoding="utf-8")


if __name__ == "__main__":
    main()
