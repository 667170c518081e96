"""Projections room: the target tree — every target, its versions, what it was divided into and what it is a part of."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from uuid import UUID

import msgspec

from domain.engine.facts import FreeText
from domain.target import facts as f
from domain.target.facts import Share
from domain.target.target import WITHDRAWN, Target, Version, in_force
from projections.cycle.sections import Section
from projections.engine.paging import Source, fetch
from projections.engine.stream_view import Events, StreamView
from projections.figures import about
from projections.figures.about import About


class Targeted(About, kw_only=True):
    """A target as it stands. `versions` in the order they were recorded, each with its position in the ledger;
    `elsewhere` is the part of the number that stayed with parents it had before.
    """

    target_id: UUID
    metric: str
    number: Decimal
    currency: str
    status: str
    achievable: FreeText
    relevant: FreeText
    parent_id: UUID | None
    elsewhere: Decimal
    versions: list[Version]
    method: str | None
    basis: str
    shares: list[Share]
    position: int
    version: int

    @property
    def stands(self) -> bool:
        return self.status != WITHDRAWN

    def in_force(self, on: date) -> Version | None:
        """The version that day `on` is judged by; outside the period, that of its nearest day. None when withdrawn, and
        before the first.
        """
        if not self.stands:
            return None
        return in_force(self.versions, min(max(on, self.period.start), self.period.end))


class TargetTree(StreamView[Target, Targeted]):
    name = "target_tree"
    columns = ("target_id", "metric", *about.COLUMNS, "owner_id", "team_id", "parent_id", "status")
    indexes = {
        "starts": "(starts, target_id)",
        "scope": "(scope_key, starts)",
        "owner": "(owner_id, starts, target_id)",
        "team": "(team_id, starts, target_id)",
        "parent": "(parent_id) WHERE parent_id IS NOT NULL",
    }
    order = ("starts", "metric")
    narrowing = {"on": about.ON}
    open_where = "status <> 'withdrawn'"
    owed_by = "owner_id = %(person)s"
    awaited = True

    @classmethod
    def show(cls, aggregate: Target, events: Events) -> Targeted:
        versions, basis = [], ""
        for recorded in events:
            match recorded.fact:
                case f.TargetProposed(number=number, from_day=from_day):
                    versions.append(Version(number, from_day, recorded.position))
                    basis = ""
                case f.TargetRevised(after=number, from_day=from_day):
                    versions.append(Version(number, from_day, recorded.position))
                case f.TargetDivided() as divided:
                    basis = divided.basis
        return cls.filled(aggregate, events, versions=versions, basis=basis, shares=list(aggregate.shares))


# -- queries --------------------------------------------------------------------------------------


class Branch(msgspec.Struct):
    """A target and what it was divided into, the earliest first. `share` is what it has of its parent's number now."""

    target: Targeted
    share: Share | None
    children: list[Branch]


MOST_IN_TREE = 20_000
BELOW = """
WITH RECURSIVE below AS (
    SELECT target_id, starts, scope_key, body, 0 AS depth FROM read.target_tree WHERE target_id = %(root)s
     UNION ALL
    SELECT t.target_id, t.starts, t.scope_key, t.body, b.depth + 1 FROM read.target_tree t
      JOIN below b ON t.parent_id = b.target_id WHERE b.depth < %(depth)s)
SELECT body FROM below ORDER BY depth, starts, scope_key, target_id LIMIT %(most)s
"""


async def tree(source: Source, target_id: UUID, depth: int = 9) -> Branch | None:
    """A target with all that it was divided into, down to so many generations below it."""
    params = {"root": target_id, "depth": depth, "most": MOST_IN_TREE}
    found = [TargetTree.read_body(body) for (body,) in await fetch(source, BELOW, params)]
    children: defaultdict[UUID | None, list[Targeted]] = defaultdict(list)
    for target in found[1:]:
        children[target.parent_id].append(target)
    return _branch(found[0], None, children) if found else None


def _branch(target: Targeted, parent: Targeted | None, children: dict[UUID | None, list[Targeted]]) -> Branch:
    shares = parent.shares if parent is not None else ()
    share = next((s for s in shares if s.child_id == target.target_id), None)
    return Branch(target, share, [_branch(c, target, children) for c in children.get(target.target_id, [])])


SECTIONS = (Section("targets", 10, ("id",), ("number", "actual", "attained")),)
