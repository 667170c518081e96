"""Domain room: the receipt of an allocation — by which rule somebody was chosen, over whom, and on what that was known.

There is one format, numbered. What earlier releases recorded, and what a workflow's history holds of them, is lifted to it
when it is read: a rule's name, a name with its version ("by load v3"), or an object with the loads of a team.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from annotated_types import Ge, Le, MaxLen

from domain.engine.errors import FieldError
from domain.engine.fields import Label, ShortText, Version

Json = dict[str, Any]
FORMAT = 2
EXCLUDED = "excluded"
"""Why not: who has it now, or could not take it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Who could have been chosen. `score` is what the rule compares them by, for the least loaded their open deals.
    `why_not` says why another one was: excluded, a cap, a leave.
    """

    rep_id: UUID
    score: Decimal | None = None
    why_not: ShortText = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationReceipt:
    """By which rule and version, and over whom, as known at the ledger's position `known_at`. A choice made by hand has the
    rule "by hand" and no candidates.
    """

    rule: Label = "by hand"
    rule_version: Version = 1
    candidates: Annotated[tuple[Candidate, ...], MaxLen(2_000)] = ()
    known_at: int | None = None
    format: Annotated[int, Ge(FORMAT), Le(FORMAT)] = FORMAT

    def __str__(self) -> str:
        return f"{self.rule} v{self.rule_version}"

    def not_over(self, chosen: UUID) -> Iterator[FieldError]:
        """Where it names candidates, who was chosen is one of them."""
        if self.candidates and chosen not in {candidate.rep_id for candidate in self.candidates}:
            yield FieldError("receipt.candidates", "the chosen rep is not among the candidates")


BY_HAND = AllocationReceipt()


def as_text(receipt: AllocationReceipt) -> str:
    """Short, for a workflow's history."""
    candidates = [_candidate(candidate) for candidate in receipt.candidates]
    told = {
        "format": receipt.format,
        "rule": receipt.rule,
        "rule_version": receipt.rule_version,
        "candidates": candidates,
        "known_at": receipt.known_at,
    }
    return json.dumps(told, separators=(",", ":"))


def _candidate(candidate: Candidate) -> Json:
    told = {"rep_id": str(candidate.rep_id), "score": candidate.score, "why_not": candidate.why_not}
    return {name: str(value) for name, value in told.items() if value not in (None, "")}


def from_text(text: str) -> AllocationReceipt:
    """Of any format there has been."""
    told = lifted(text)
    candidates = tuple(
        Candidate(
            rep_id=UUID(one["rep_id"]),
            score=Decimal(one["score"]) if one.get("score") else None,
            why_not=one.get("why_not", ""),
        )
        for one in told["candidates"]
    )
    return AllocationReceipt(
        rule=told["rule"],
        rule_version=told["rule_version"],
        candidates=candidates,
        known_at=told["known_at"],
    )


def lifted(text: str) -> Json:
    """The present format of what was recorded as text."""
    try:
        told = json.loads(text)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        return _of_words(text)
    return told if "format" in told else _of_loads(told)


def lifted_from_first(receipt: Json) -> Json:
    """The present format of a receipt that had a rule, its version and candidates only."""
    return {"format": FORMAT, "known_at": None, **receipt}


def _of_words(words: str) -> Json:
    named = re.fullmatch(r"(.+) v(\d{1,9})", words)
    rule, version = named.groups() if named else (words, 1)
    return lifted_from_first({"rule": rule, "rule_version": int(version), "candidates": []})


def _of_loads(told: Json) -> Json:
    loads, excluded = told.get("open_deals", {}), told.get("excluded", [])
    had = [{"rep_id": id, "score": str(n), "why_not": ""} for id, n in loads.items()]
    left = [{"rep_id": id, "score": None, "why_not": EXCLUDED} for id in excluded]
    return {
        "format": FORMAT,
        "rule": told.get("rule", ""),
        "rule_version": 1,
        "candidates": [*had, *left],
        "known_at": told.get("as_known_at"),
    }
