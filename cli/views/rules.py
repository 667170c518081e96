"""cli: rules, keys, read models and the metrics there are, for people. Each function takes what was read."""

from __future__ import annotations

from calendar import month_name
from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo
from decimal import Decimal
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from cli.engine.common import moment
from cli.engine.language import word
from cli.engine.tables import facts, notes, table
from cli.views.calendars import calendar_words, note_calendar

if TYPE_CHECKING:
    from domain.cycle.policy import CyclePolicy
    from domain.figures.metrics import Metric
    from projections.engine.rebuild import Difference
    from projections.engine.status import ProjectionStatus
    from projections.people.directory import Listed


def show_policy(name: str, versions: Sequence[Mapping[str, Any]]) -> None:
    columns = (
        "version",
        "due after",
        "by stage",
        "reminded before",
        "escalated after",
        "reassigned after",
        "calendar",
    )
    table(columns, [_policy(p) for p in versions], title=name)
    notes(versions[-1]["warnings"])


def _policy(p: Mapping[str, Any]) -> tuple[Any, ...]:
    stages = ", ".join(f"{stage} {after}" for stage, after in p["due_after_by_stage"].items())
    calendar = calendar_words(SimpleNamespace(**p["calendar"]))
    times = (p["remind_before"], p["escalate_after"], p["reassign_after"])
    return p["version"], p["due_after"], stages, *times, calendar


def show_process(name: str, versions: Sequence[Mapping[str, Any]]) -> None:
    """The newest version's stages, and what their gates want."""
    newest = versions[-1]["process"] if "process" in versions[-1] else versions[-1]
    rows = [
        (
            stage["name"],
            f"{Decimal(str(stage['probability'])):.0%}",
            *(", ".join(stage[gate]) for gate in ("leave", "enter")),
        )
        for stage in newest["stages"]
    ]
    title = f"{name} {newest['version']}"
    table(("stage", "probability", "to leave it", "to enter it"), rows, title=title, right=("probability",))


def show_rules(rules: Iterable[Mapping[str, Any]]) -> None:
    named = [one.get("process", one) for one in rules]
    table(("name", "version"), [(one["name"], one["version"]) for one in named], right=("version",))


def show_listed(listed: Iterable[Listed]) -> None:
    rows = [(one.name, one.note, "" if one.active else "no longer", one.id) for one in listed]
    table(("name", "about", "active", "id"), rows, whole=("id",), spare=("active",))


def show_customer(found: Mapping[str, Any]) -> None:
    profile = found["profile"]
    rows = [(name.replace("_", " "), _told(value)) for name, value in profile.items() if name != "name"]
    above = [("belongs to", found["parent_name"] or found["parent_id"])] if found.get("parent_id") else []
    facts(profile["name"], [("id", found["customer_id"]), *above, *rows])
    if found["contacts"]:
        people = [
            (c["name"], c["note"], word(c.get("buying_role", "")), c["phone"], c["mail"], c["id"])
            for c in found["contacts"]
        ]
        columns = ("contact", "role", "buying role", "phone", "mail", "id")
        table(columns, people, whole=("id",), spare=("mail", "phone"))
    _consents(found)
    own = [
        (c["name"], name, _told(value))
        for c in found["contacts"]
        for name, value in c.get("custom", {}).items()
    ]
    if own:
        table(("contact", "field", "value"), own)
    if found.get("notes"):
        notes = [
            (
                word(n["kind"]),
                n["text"],
                n["at"][:10],
                n["who_name"] or n["who"],
                word("closed") if n["closed"] else "",
                n["note_id"],
            )
            for n in found["notes"]
        ]
        table(("kind", "text", "when", "who", "status", "id"), notes, whole=("id",), spare=("who", "status"))


def _consents(found: Mapping[str, Any]) -> None:
    names = {c["id"]: c["name"] for c in found["contacts"]}
    rows = [
        (
            names.get(c["contact_id"], c["contact_id"]),
            word(c["purpose"]),
            word("consents" if c["given"] else "withdrawn"),
            c["source"],
            c["on"] or c["at"][:10],
        )
        for c in found.get("consents", ())
    ]
    if rows:
        table(("contact", "purpose", "status", "source", "when"), rows)


def _told(value: Any) -> Any:
    """Of a list each by its parts."""
    if not isinstance(value, list):
        return value
    return "; ".join(", ".join(part for part in one.values() if part) for one in value)


def show_cycle_policy(name: str, versions: Sequence[CyclePolicy]) -> None:
    columns = (
        "version",
        "cadence",
        "pace",
        "behind by",
        "agreed before",
        "review after",
        "year from",
        "calendar",
    )
    rows = [
        (
            p.version,
            p.cadence,
            p.pace,
            f"{p.threshold:.0%}",
            p.agree_before,
            p.review_after,
            word(month_name[p.fiscal_start]),
            calendar_words(p.calendar),
        )
        for p in versions
    ]
    table(columns, rows, title=name)
    note_calendar(versions[-1].calendar)


def show_metrics(metrics: Iterable[Metric], lang: str) -> None:
    rows = [(m.key, getattr(m.name, lang), m.unit, m.direction, getattr(m.definition, lang)) for m in metrics]
    table(("metric", "name", "unit", "better", "is"), rows, whole=("metric",), spare=("better", "unit"))


def show_keys(keys: Iterable[Mapping[str, Any]], to: tzinfo | None) -> None:
    names = ("id", "user_id", "role", "label", "created_at", "expires_at", "revoked_at")
    rows = [[moment(k[n], to) if n.endswith("_at") else k[n] for n in names] for k in keys]
    columns = ("id", "user", "role", "label", "made", "expires", "revoked")
    table(columns, rows, whole=("id", "made", "expires", "revoked"), spare=("label", "made"))


def show_accounts(accounts: Iterable[Mapping[str, Any]], to: tzinfo | None) -> None:
    rows = [
        (
            a["login"], a["name"], word(a["role"]), _standing(a), a["sessions"] or "", moment(a["seen_at"], to),
            moment(a["created_at"], to),
        )
        for a in accounts
    ]  # fmt: skip
    columns = ("login", "name", "role", "state", "sessions", "last seen", "made")
    table(columns, rows, right=("sessions",), whole=("login", "last seen", "made"), spare=("made", "name"))


def _standing(account: Mapping[str, Any]) -> str:
    if account["disabled_at"] is not None:
        return word("disabled")
    return word("has a password") if account["has_password"] else word("no password yet")


def show_account_changes(changes: Iterable[Mapping[str, Any]], to: tzinfo | None) -> None:
    rows = [(moment(c["at"], to, seconds=True), c["by"], word(c["what"]), c["detail"]) for c in changes]
    table(("when", "who", "what", "detail"), rows, whole=("when",))


def show_standing(models: Sequence[ProjectionStatus], to: tzinfo | None) -> None:
    columns = ("read model", "status", "position", "lag", "followed by", "moved", "error")
    rows = [
        (s.name, s.status, f"{s.position:,}", f"{s.lag:,}", s.owner, moment(s.updated_at, to), s.error)
        for s in models
    ]
    whole = ("read model", "status", "moved")
    table(columns, rows, right=("position", "lag"), whole=whole, spare=("followed by", "moved"))


def show_differences(found: Iterable[Difference]) -> None:
    rows = [
        (d.table, f"{d.only_live:,}", f"{d.only_rebuilt:,}", "\n".join(map(str, d.samples[:3])))
        for d in found
    ]
    right = ("only live", "only rebuilt")
    table(("table", *right, "such as"), rows, right=right, whole=("table",))
