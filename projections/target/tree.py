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
from projections.engine.paging import DAY, TEXT, Page, SortKey, Source, fetch
from projections.engine.stream_view import About, Body, Story, Told, topics_of
from projections.engine.tables import Table


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


class TargetRow(msgspec.Struct, gc=False):
    target_id: UUID
    metric: str
    scope_kind: str
    scope_id: UUID | None
    scope_key: str
    period_kind: str
    period_name: str
    starts: date
    ends: date
    owner_id: UUID
    team_id: UUID | None
    parent_id: UUID | None
    status: str
    body: Body


TARGETS = Table(
    "target_tree",
    TargetRow,
    key=("target_id",),
    indexes={
        "starts": "(starts, target_id)",
        "scope": "(scope_key, starts)",
        "owner": "(owner_id, starts, target_id)",
        "team": "(team_id, starts, target_id)",
        "parent": "(parent_id) WHERE parent_id IS NOT NULL",
    },
)
SORTS = {
    "starts": SortKey("starts", DAY, nullable=False, id="target_id"),
    "metric": SortKey("metric", TEXT, nullable=False, id="target_id"),
}


class TargetTree(Told[Targeted]):
    name = "target_tree"
    tables = (TARGETS,)
    table = TARGETS
    topics = topics_of("target.")
    told = Targeted
    sorts = SORTS

    @classmethod
    def tell(cls, id: UUID, story: Story) -> Targeted:
        target, versions, basis = Target(id), [], ""
        for recorded in story:
            fact = recorded.fact
            target.replay(fact, recorded.originator_version)
            if isinstance(fact, f.TargetProposed):
                versions.append(Version(fact.number, fact.from_day, recorded.position))
                basis = ""
            elif isinstance(fact, f.TargetRevised):
                versions.append(Version(fact.after, fact.from_day, recorded.position))
            elif isinstance(fact, f.TargetDivided):
                basis = fact.basis
        return _seen(target, versions, basis, story[-1].position)


def _seen(target: Target, versions: list[Version], basis: str, position: int) -> Targeted:
    return Targeted(
        target_id=target.id,
        metric=target.metric,
        scope=target.scope,
        period=target.period,
        number=target.number,
        currency=target.currency,
        status=target.status,
        owner_id=target.owner_id,
        team_id=target.team_id,
        achievable=target.achievable,
        relevant=target.relevant,
        parent_id=target.parent_id,
        elsewhere=target.elsewhere,
        versions=versions,
        method=target.method,
        basis=basis,
        shares=list(target.shares),
        position=position,
        version=target.version,
    )


# -- queries --------------------------------------------------------------------------------------


class TargetFilter(msgspec.Struct, frozen=True, kw_only=True):
    """None: not narrowed down by this. `on` is a day that the period contains."""

    metric: str | None = None
    scope_kind: str | None = None
    scope_id: UUID | None = None
    scope_key: str | None = None
    period_kind: str | None = None
    period_name: str | None = None
    owner_id: UUID | None = None
    team_id: UUID | None = None
    parent_id: UUID | None = None
    status: str | None = None
    on: date | None = None


class Branch(msgspec.Struct):
    """A target and what it was divided into, the earliest first. `share` is what it has of its parent's number now."""

    target: Targeted
    share: Share | None
    children: list[Branch]


EVERYTHING = TargetFilter()
MOST_IN_TREE = 20_000
BELOW = """
WITH RECURSIVE below AS (
    SELECT target_id, starts, scope_key, body, 0 AS depth FROM read.target_tree WHERE target_id = %(root)s
     UNION ALL
    SELECT t.target_id, t.starts, t.scope_key, t.body, b.depth + 1 FROM read.target_tree t
      JOIN below b ON t.parent_id = b.target_id WHERE b.depth < %(depth)s)
SELECT body FROM below ORDER BY depth, starts, scope_key, target_id LIMIT %(most)s
"""


get = TargetTree.get


async def listing(
    source: Source,
    narrowed: TargetFilter = EVERYTHING,
    sort: str = "starts",
    cursor: str | None = None,
    limit: int = 50,
) -> Page[Targeted]:
    """A page of targets. Raises Invalid for an unknown sort, a foreign cursor, or a limit outside 1 to 500."""
    select = TargetTree.narrowed(narrowed)
    select.where("%(on)s BETWEEN starts AND ends", on=narrowed.on)
    return await TargetTree.page(source, select, sort, cursor, limit)


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
