"""cli: help in another language than English, as the library writes it, said sentence by sentence from the catalogue.

What has no entry stays as it is: codes that are typed, examples. Lines are broken where the screen ends, at any wide character.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import typer

from cli.engine.language import heard, sentence, word
from cli.engine.tables import fold

SENTENCES = re.compile(r"(?<=[.?]) (?=[A-Z-])")
NOTED = re.compile(r"(?:(.*)  )?\[(.+)\]", re.DOTALL)
"""A text, and what the library notes behind it: that it is required, a default, a variable."""
NOTES = {"env var: ": "env var: {name}", "default: ": "default: {value}"}
EXAMPLE = "Example: "
GAP = 2
NAMES = 34
"""Cells of the first column; longer names have a line of their own."""
LEAST = 20
"""Cells that a line has however narrow the screen is."""
ENDS = re.compile(r"\n([，。、；：）]) *")
WIDEST = 10_000
"""The library shortens what commands are for to the width, before it can be said."""


def said(text: str) -> str:
    """Every sentence that the catalogue has, several together where they are one entry."""
    parts = SENTENCES.split(" ".join(text.split()))
    found: list[str] = []
    while parts:
        many = next((n for n in range(len(parts), 0, -1) if _said(parts[:n])), 0)
        found.append(_said(parts[:many]) or parts[0])
        parts = parts[many or 1 :]
    return " ".join(found).replace("。 ", "。")


def _said(parts: Sequence[str]) -> str:
    """Acts are called without the full stop that stands behind them here."""
    text = " ".join(parts)
    for asked, end in ((text, ""), (text.removesuffix("."), "。")):
        if parts and (found := heard(asked)) != asked:
            return found + end * (text != asked)
    return ""


def noted(text: str) -> str:
    """The same of a text with notes behind it."""
    if not (found := NOTED.fullmatch(text)):
        return said(text)
    notes = word("; ").join(map(_note, found[2].split("; ")))
    return f"{said(found[1] or '')}  [{notes}]".lstrip()


def _note(text: str) -> str:
    for begins, template in NOTES.items():
        if text.startswith(begins):
            value = text.removeprefix(begins)
            inner = value.removeprefix("(").removesuffix(")")
            return sentence(template, name=value, value=value.replace(inner, word(inner)) if inner else value)
    return word(text)


class Written(Protocol):
    """What the library's own formatter has."""

    width: int
    current_indent: int

    def write(self, string: str) -> None: ...


class _Help:
    """Before the library's formatter among the bases: writes what that would write, said."""

    def __init__(self: Any, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.screen, self.width = self.width, WIDEST

    def write_usage(self: Written, prog: str, args: str = "", prefix: str | None = None) -> None:
        self.write(f"{word('Usage: ')}{prog} {args}\n")

    def write_heading(self: Written, heading: str) -> None:
        self.write(f"{'':{self.current_indent}}{word(heading)}{word(': ').rstrip()}\n")

    def write_text(self: Any, text: str) -> None:
        call = text.strip().removeprefix(EXAMPLE)
        told = sentence("Example: {call}", call=call) if call != text.strip() else said(text)
        self.write("".join(_indented(told, self.screen, self.current_indent)))

    def write_dl(self: Any, rows: Sequence[tuple[str, str]], *_: int, **__: int) -> None:
        indent = self.current_indent
        column = indent + min(max((len(name) for name, _ in rows), default=0), NAMES) + GAP
        for name, text in rows:
            lines = list(_indented(noted(text), self.screen, column)) if text else ["\n"]
            first = f"{'':{indent}}{name}"
            if len(first) + GAP <= column:
                lines[0] = f"{first:{column}}{lines[0].lstrip()}"
            else:
                lines.insert(0, f"{first}\n")
            self.write("".join(lines))


def _indented(text: str, width: int, indent: int) -> Iterator[str]:
    """Lines; none begins with what ends a part of a sentence."""
    text = ENDS.sub(r"\1\n", "\n".join(fold(text, max(width - indent, LEAST), longer=True)))
    for line in text.rstrip("\n").split("\n"):
        yield f"{'':{indent}}{line}\n"


@contextmanager
def said_help() -> Iterator[None]:
    """Meanwhile help is written so."""
    context: Any = next(one for one in typer.Context.__mro__ if "formatter_class" in vars(one))
    usual = context.formatter_class
    context.formatter_class = type("Help", (_Help, usual), {})
    try:
        yield
    finally:
        context.formatter_class = usual
