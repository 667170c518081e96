"""Projections room: whether there is what a scope names. A figure of nobody would be an answer, and a wrong one."""

from __future__ import annotations

from uuid import UUID

from domain.customer.product import ProductListed
from domain.engine.errors import FieldError, Invalid
from domain.engine.facts import Fact
from domain.figures.scope import Scope, ScopeKind
from domain.people.people import RepHired, TeamFormed
from domain.segment.segment import SegmentPublished, Segments
from projections.engine.paging import Source, fetch

MADE_BY = {ScopeKind.TEAM: TeamFormed, ScopeKind.REP: RepHired}
BEGUN_AS = "SELECT topic FROM ledger.events WHERE stream_id = %s AND version = 1"
IS_SEGMENT = """
SELECT EXISTS (SELECT FROM read.directory WHERE kind = 'customer' AND note = %(segment)s)
    OR EXISTS (SELECT FROM read.contributions WHERE segment = %(segment)s)
"""


async def check(source: Source, scope: Scope) -> None:
    """Raises Invalid with everything that there is not."""
    wrong: list[FieldError] = []
    if scope.id is not None and not await _begun(source, scope.id, MADE_BY[scope.kind]):
        wrong.append(FieldError("scope_id", f"no {scope.kind} has this id"))
    if scope.product_id is not None and not await _begun(source, scope.product_id, ProductListed):
        wrong.append(FieldError("product_id", "no product has this id"))
    if scope.published_segment is not None:
        if not await _begun(source, Segments.stream_of(scope.published_segment), SegmentPublished):
            wrong.append(FieldError("segment", "no segment of this name is published"))
    elif scope.segment and not (await fetch(source, IS_SEGMENT, {"segment": scope.segment}))[0][0]:
        wrong.append(FieldError("segment", "no customer is or was of this sector"))
    if wrong:
        raise Invalid(wrong)


async def _begun(source: Source, id: UUID, by: type[Fact]) -> bool:
    """From the ledger itself, so that what was made just now is there."""
    return await fetch(source, BEGUN_AS, [id]) == [(by.TOPIC,)]
