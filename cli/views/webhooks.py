"""cli: endpoints that events are sent to, and what was sent, for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import tzinfo
from typing import Any

from cli.engine.common import moment
from cli.engine.language import word
from cli.engine.tables import facts, table


def show_webhooks(found: Iterable[Mapping[str, Any]], to: tzinfo | None) -> None:
    rows = [
        (
            w["id"],
            w["name"],
            w["owner"],
            state(w),
            f"{w['behind']:,}",
            w["held"] or "",
            moment(w["last_at"], to),
            came(w, "last_"),
        )
        for w in found
    ]
    columns = ("id", "name", "owner", "state", "behind", "held back", "sent last", "outcome")
    table(
        columns,
        rows,
        right=("behind", "held back"),
        whole=("id", "state"),
        spare=("owner", "sent last", "held back"),
    )


def show_webhook(w: Mapping[str, Any], to: tzinfo | None) -> None:
    rows = {
        "id": w["id"],
        "owner": w["owner"],
        "address": w["url"],
        "kinds of events": ", ".join(w["topics"]) or word("all"),
        "envelope": w["envelope"],
        "personal data": word("yes") if w["personal"] else word("no"),
        "state": state(w),
        "position": f"{w['position']:,}",
        "behind": f"{w['behind']:,}",
        "held back": w["held"] or "",
        "failing since": moment(w["failing_since"], to),
        "next try": moment(w["next_try_at"], to),
        "made": moment(w["created_at"], to),
    }
    facts(w["name"], rows.items())


def show_deliveries(found: Iterable[Mapping[str, Any]], to: tzinfo | None) -> None:
    rows = [
        (
            moment(d["at"], to, seconds=True),
            d["topic"],
            f"{d['position']:,}",
            d["attempt"],
            came(d),
            f"{d['took_ms']:,}",
            d["message_id"],
        )
        for d in found
    ]
    columns = ("when", "event", "position", "try", "outcome", "ms", "message")
    table(columns, rows, right=("position", "try", "ms"), whole=("when", "outcome"), spare=("message", "ms"))


def state(w: Mapping[str, Any]) -> str:
    return f"{word(w['state'])} ({word(w['reason'])})" if w["reason"] else word(w["state"])


def came(one: Mapping[str, Any], prefix: str = "") -> str:
    """What came of a try: the status, what went wrong, or both."""
    status, error = one[f"{prefix}status"], one[f"{prefix}error"]
    said = [str(status)] if status is not None else []
    return " ".join([*said, *([word(error)] if error is not None else [])])
