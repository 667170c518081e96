"""cli: customers that are likely one, for people. Each function takes what was read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cli.engine.language import word
from cli.engine.tables import table


def show_pairs(pairs: Iterable[Any]) -> None:
    """Two lines would do as well; one shows which names are nearly the same."""
    rows = [
        (one.score, one.customer_name, one.other_name, _evidence(one.evidence), one.customer_id, one.other_id)
        for one in pairs
    ]
    table(
        ("likely %", "customer", "other", "by", "id", "other id"),
        rows,
        right=("likely %",),
        whole=("id", "other id"),
    )


def show_likely(found: Iterable[Mapping[str, Any]]) -> None:
    """Of one that may not be seen there is no id, and often no name."""
    rows = [
        (
            one["score"],
            one["name"],
            _evidence(one["evidence"]),
            ", ".join(one["teams"]),
            one["customer_id"] or "",
        )
        for one in found
    ]
    table(("likely %", "customer", "by", "team", "id"), rows, right=("likely %",), whole=("id",))


def show_duplicate_policy(versions: Iterable[Mapping[str, Any]]) -> None:
    names = ("version", "tell_from", "ask_from", "refuse_from")
    rows = [["" if one[name] is None else one[name] for name in names] for one in versions]
    heads = tuple(name.replace("_", " ") for name in names)
    table(heads, rows, right=heads)


def _evidence(found: Iterable[str]) -> str:
    return ", ".join(word(str(one)) for one in found)
