"""cli: what people are told of, and what they were told, for people. Each function takes what was read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from cli.engine.common import moment, recorded
from cli.engine.language import sentence, word
from cli.engine.tables import facts, say, table

SHORT = 8
"""Hexadecimal digits that a deal is told by."""

if TYPE_CHECKING:
    from api.engine.notice_settings import FailingAddress
    from api.engine.sent_notices import SentNotice


def show_notifications(found: Mapping[str, Any]) -> None:
    """Where and when; then what, and how often now; the person's own rules are marked."""
    quiet = f"{found['quiet_from']}–{found['quiet_until']}" if found["quiet_from"] else ""
    rows = [
        ("mail goes to", found["email"] or word("nowhere")),
        ("takes nothing", ", ".join(word(one["channel"], "channel") for one in found["failing"])),
        ("chat goes to", found["chat_url"] or word("nowhere")),
        ("quiet hours", quiet),
        ("days off", word("nothing is sent") if found["working_days"] else ""),
        ("daily digest", found["daily_time"]),
    ]
    facts(found["login"], rows)
    table(
        ("what", "about", "by mail", "by chat"),
        [
            (one["what"], word(one["called"], "notice"), word(one["mail"]), word(one["chat"]))
            for one in found["told"]
        ],
        whole=("what",),
    )
    if found["rules"]:
        rules = [(one["what"], one["channel"], one["cadence"]) for one in found["rules"]]
        table(
            ("rule of", "channel", "cadence"),
            [(what, word(by, "channel"), often) for what, by, often in rules],
        )


def show_notices(items: Iterable[SentNotice], to: tzinfo | None, *, of_one: bool = False) -> None:
    """`of_one`: all of them are about the same deal."""
    rows = [
        (
            moment(one.settled_at or one.due_at, to),
            one.to_name or one.to,
            word(one.why, "notice"),
            word(one.channel, "channel"),
            one.state,
            word(one.reason or "", "notice"),
            one.detail or (one.deal_id.hex[:SHORT] if one.deal_id else ""),
        )
        for one in items
    ]
    columns = ("when", "to", "told of", "channel", "state", "because", "about")
    shown = len(columns) - of_one
    table(
        columns[:shown], [row[:shown] for row in rows], whole=("when",), spare=("about", "channel")[of_one:]
    )


def show_address(done: Mapping[str, Any], login: str) -> None:
    """What was recorded of a person's addresses, and which of them take nothing now."""
    dead = word(", ").join(word(by, "channel") for by in done["answer"]["failed"])
    held = sentence("nothing is sent by {channels}", channels=dead) if dead else word("sent to every address")
    say(f"{recorded(done)}: {login}, {held}")


def show_failing(addresses: Iterable[FailingAddress], to: tzinfo | None) -> None:
    rows = [
        (one.login, word(one.channel, "channel"), moment(one.since, to), word(one.code, "notice"))
        for one in addresses
    ]
    table(("login", "channel", "since", "because"), rows, whole=("login", "since"))
