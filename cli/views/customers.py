"""cli: what a customer is made of, and the companies that belong to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cli.engine.language import word
from cli.engine.tables import facts, table


def show_records(found: Mapping[str, Any]) -> None:
    """The records first, then each field with whose value it is."""
    names = {one["customer_id"]: one["name"] for one in found["records"]}
    rows = [
        (
            one["name"],
            names.get(one["into"], ""),
            one["merged_at"] or "",
            one["reason"] or "",
            one["customer_id"],
        )
        for one in found["records"]
    ]
    table(("record", "merged into", "at", "reason", "id"), rows, whole=("id",), spare=("reason",))
    chosen = [(word(one["field"]), one["value"], names.get(one["chosen"], "")) for one in found["fields"]]
    table(("field", "value", "of"), chosen)


def show_since(found: Mapping[str, Any]) -> None:
    rows = [(word(one["what"]), *_since(one), one["at"] or "", one["id"] or "") for one in found["items"]]
    table(("what", "name", "value", "at", "id"), rows, whole=("id",))


def _since(one: Mapping[str, Any]) -> tuple[str, str]:
    """What it is called, and what it became; a consent and a part in deciding are called after their contact."""
    match one["what"]:
        case "field":
            return word(one["name"].replace("_", " ")), one["value"]
        case "consent":
            given = "consents" if one["value"] == "True" else "withdrawn"
            return one["contact"], f"{word(one['name'])}: {word(given)}"
        case "contact-custom":
            return one["contact"], f"{one['name']}: {one['value']}"
        case "role":
            return one["contact"], word(one["name"])
        case "note":
            return one["name"], word(one["value"])
    return one["name"], one["value"]


def show_group(found: Mapping[str, Any]) -> None:
    rows = [
        (
            "  " * one["depth"] + (one["name"] or word("a customer of another team")),
            _sums(one["open"]),
            _sums(one["won"]),
            one["customer_id"] or "",
        )
        for one in found["members"]
    ]
    table(("customer", "open", "won", "id"), rows, whole=("id",))
    facts("", [("open", _sums(found["open"])), ("won", _sums(found["won"]))])


def _sums(sums: Iterable[Mapping[str, Any]]) -> str:
    return "; ".join(f"{one['amount']} {one['currency']} ({one['deals']})".replace("  ", " ") for one in sums)
