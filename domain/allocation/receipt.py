"""Domain room: the receipt of an allocation — by which rule somebody was chosen, over whom, and on what that was known.

There is one format, numbered. What earlier releases recorded, and what a workflow's history holds of them, is lifted to it
when it is read: a rule's name, a name with its version ("by load v3"), or an object with the loads of a team.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from domain.engine.values import MAX_NAME, Checks

Json = dict[str, Any]
FORMAT = 2
MAX_CANDIDATES = 2_000
EXCLUDED = "excluded"
"""Why not: who has it now, or could not take it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Who could have been chosen. `score` is what the rule compares them by, for the least loaded their open deals.
    `why_not` says why another one was: excluded, a cap, a leave.
    """

    rep_id: UUID
    score: Decimal | None = None
    why_not: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationReceipt:
    """By which rule and version, and over whom, as known at the ledger's position `known_at`. A choice made by hand has the
    rule "by hand" and no candidates.
    """

    rule: str = "by hand"
    rule_version: int = 1
    candidates: tuple[Candidate, ...] = ()
    known_at: int | None = None
    format: int = FORMAT

    def __str__(self) -> str:
        return f"{self.rule} v{self.rule_version}"

    def check(self, chosen: UUID, checks: Checks) -> None:
        checks.text(self.rule, "receipt.rule", most=60, needed=True)
        checks.that(self.rule_version > 0, "receipt.rule_version", "versions start at 1")
        checks.that(self.format == FORMAT, "receipt.format", f"is not {FORMAT}")
        named = {candidate.rep_id for candidate in self.candidates}
        field = "receipt.candidates"
        checks.that(not named or chosen in named, field, "the chosen rep is not among the candidates")
        checks.that(len(self.candidates) <= MAX_CANDIDATES, field, f"are more than {MAX_CANDIDATES}")
        for n, candidate in enumerate(self.candidates):
            checks.text(candidate.why_not, f"{field}[{n}].why_not", most=MAX_NAME)
            finite = candidate.score is None or candidate.score.is_finite()
            checks.that(finite, f"{field}[{n}].score", "is not a number")


BY_HAND = AllocationReceipt()


def as_text(receipt: AllocationReceipt) -> str:
    """Short, for a workflow's history."""
    candidates = [_told(candidate) for candidate in receipt.candidates]
    told = {
        "format": receipt.format,
        "rule": receipt.rule,
        "rule_version": receipt.rule_version,
        "candidates": candidates,
        "known_at": receipt.known_at,
    }
    return json.dumps(told, separators=(",", ":"))


def _told(candidate: Candidate) -> Json:
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
