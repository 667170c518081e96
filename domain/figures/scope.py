"""Domain room: whose figures a target, a cycle or a figure is about. A value; nothing enters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from domain.engine.errors import FieldError
from domain.engine.fields import ShortText
from domain.engine.references import ProductId


class ScopeKind(StrEnum):
    """Widest first: each is made of the next."""

    COMPANY = "company"
    TEAM = "team"
    REP = "rep"


SCOPES = tuple(ScopeKind)
PUBLISHED = "segment:"
"""How a scope names a published segment: `segment:silent-buyers`. Any other text is a sector."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The company, a team or a rep; optionally only what concerns one product, one segment of customers or one
    channel. `id` is the team's or the rep's.

    A segment is the customer's sector as recorded when the deal was closed, or a published segment (`PUBLISHED`): then what
    counts is of customers who were in at the end of the day that it counts for. No fact tells of a channel yet, so a
    scope with one can be named but not measured.
    """

    kind: ScopeKind
    id: UUID | None = None
    product_id: ProductId | None = None
    segment: ShortText = ""
    channel: ShortText = ""

    @property
    def key(self) -> str:
        """The same for equal scopes, and only for them."""
        narrowed = (("product", self.product_id), ("segment", self.segment), ("channel", self.channel))
        whose = f"{self.kind}:{self.id}" if self.id else str(self.kind)
        return ";".join([whose, *(f"{name}:{len(str(value))}:{value}" for name, value in narrowed if value)])

    @property
    def published_segment(self) -> str | None:
        """The name of the published segment; None where it is a sector, or none."""
        return self.segment.removeprefix(PUBLISHED) if self.segment.startswith(PUBLISHED) else None

    @property
    def whole(self) -> Scope:
        """The same without what narrows it."""
        return replace(self, product_id=None, segment="", channel="")

    def of(self, kind: ScopeKind, id: UUID) -> Scope:
        """Narrowed the same way, somebody else's."""
        return replace(self, kind=kind, id=id)

    def is_below(self, other: Scope) -> bool:
        """Made of less, and narrowed the same way. Whether a rep is of a team is for the teams to say."""
        below = SCOPES.index(self.kind) > SCOPES.index(other.kind)
        return below and replace(self, kind=other.kind, id=other.id) == other

    def wrong(self) -> Iterator[FieldError]:
        if (self.kind == ScopeKind.COMPANY) != (self.id is None):
            yield FieldError("id", _whose(self.kind))
        if self.channel:
            yield FieldError("channel", "nothing records channels yet: it could not be measured")


def _whose(kind: ScopeKind) -> str:
    return "the company has no id" if kind == ScopeKind.COMPANY else f"name the {kind}"


COMPANY = Scope(kind=ScopeKind.COMPANY)


def team(id: UUID) -> Scope:
    return Scope(kind=ScopeKind.TEAM, id=id)


def rep(id: UUID) -> Scope:
    return Scope(kind=ScopeKind.REP, id=id)
