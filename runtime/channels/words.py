"""runtime: what a message says, whatever carries it — times in the person's zone, notices put together by deal, and links."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.dates import format_skeleton
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from runtime.channels.message import Message, Notice
from runtime.language import catalogue

TEMPLATES = Path(__file__).parent / "templates"
LOCALES = {"en": Locale("en"), "zh": Locale("zh", "CN", script="Hans")}
LONGEST_TITLE = 150
SETTINGS, START = "/desk/settings#notifications", "/desk"
UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")
"""Controls, separators of lines, marks that turn the direction of writing, and halves of characters."""

CALLS = re.compile(r"@(?=everyone\b|here\b|all\b|channel\b)|<(?=[@!#/]|at\b)", re.IGNORECASE)
"""What a chat would call somebody by, or all."""
MARKS = re.compile(r"[\\`*_\[\]<>#~|]")


@dataclass(frozen=True)
class Line:
    at: str
    sentence: str
    link: str


@dataclass(frozen=True)
class Group:
    """What is about one deal, or about none. `link`: where all of it is looked at, if that is one place."""

    lines: tuple[Line, ...]
    link: str | None


def title(message: Message) -> str:
    """One line: what happened, or of how much is told."""
    if len(message.notices) > 1:
        said = catalogue(message.language).ngettext("{n} notice", "{n} notices", len(message.notices))
        return said.format(n=len(message.notices))
    said = one_line(message.notices[0].sentence)
    return said if len(said) <= LONGEST_TITLE else f"{said[: LONGEST_TITLE - 1]}…"


def one_line(text: str) -> str:
    """Without anything that ends a line or turns its direction: it stands in headers, where a line more would be a header more."""
    return " ".join(UNSEEN.sub(" ", text).split())


def escaped(text: str) -> str:
    """A text in Markdown that reads as it stands."""
    return MARKS.sub(r"\\\g<0>", text)


def uncalled(text: str) -> str:
    """A text that reads the same in a chat, where nobody is called by it: whoever may name a deal may not ring for everyone."""
    return CALLS.sub("\\g<0>\u200b", text)


def groups(message: Message, public_url: str, most: int | None = None) -> tuple[Group, ...]:
    """By the deal, and where there is none by the place; in the order of each one's first notice."""
    together: dict[object, list[Notice]] = {}
    for notice in message.notices[:most]:
        together.setdefault(notice.thread or notice.path, []).append(notice)
    clock = zone(message)
    return tuple(_group(found, message.language, clock, public_url) for found in together.values())


def _group(notices: list[Notice], language: str, clock: tzinfo, public_url: str) -> Group:
    lines = tuple(
        Line(moment(one.at, language, clock), one_line(one.sentence), f"{public_url}{one.path}")
        for one in notices
    )
    links = {line.link for line in lines}
    return Group(lines, links.pop() if len(links) == 1 else None)


def moment(at: datetime, language: str, clock: tzinfo) -> str:
    """A day and a time of day, as the pages show it, always with the year: mails are read later."""
    local = at.astimezone(clock)
    return f"{format_skeleton('yMMMd', local.date(), locale=LOCALES[language])} {local:%H:%M}"


def zone(message: Message) -> tzinfo:
    """The person's; UTC where the system does not know it (any more)."""
    try:
        return ZoneInfo(message.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def render(template: str, message: Message, public_url: str, most: int) -> str:
    """One of the templates, in the person's language, with `most` notices at most: beyond some size nobody takes it or reads it."""
    left = message.unsubscribe
    return (
        _environment(message.language)
        .get_template(template)
        .render(
            message=message,
            title=title(message),
            why=one_line(message.why),
            company=one_line(message.company),
            groups=groups(message, public_url, most),
            more=max(0, len(message.notices) - most),
            start=f"{public_url}{START}",
            zone=getattr(zone(message), "key", "UTC"),
            settings=f"{public_url}{SETTINGS}",
            unsubscribe=f"{public_url}{left}" if left else None,
        )
    )


@cache
def _environment(language: str) -> Environment:
    """Everything is escaped in what is HTML, and nothing in what is text."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    made.filters |= {"escaped": escaped, "uncalled": uncalled}
    words: Any = catalogue(language)
    made.install_gettext_callables(words.gettext, words.ngettext, newstyle=True)  # type: ignore[attr-defined]
    return made
