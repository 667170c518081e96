"""api: what the routes of the loop share — scopes and periods as they are written, and who it is that speaks."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, ClassVar, TypeVar
from uuid import UUID

from fastapi import Response
from pydantic import BeforeValidator, Field, StringConstraints

from api.engine.bodies import Envelope
from api.engine.errors import invalid
from api.engine.fields import PLAINLY, Paging, ShortText, Strict
from api.engine.reading import MAX_POSITION, Look
from api.engine.roles import Role
from api.engine.writing import Writer
from domain.cycle.policies import CyclePolicies, cycle_policy_stream
from domain.engine import fields as limits
from domain.engine import reading
from domain.engine.aggregate import PARTS
from domain.engine.errors import Forbidden, NotFound
from domain.figures.scope import Scope, ScopeKind
from domain.people.people import Rep, Team
from domain.time.periods import Period, PeriodKind, named_period
from projections.engine.stream_view import StreamView
from runtime.ledger import Ledger

PeriodName = Annotated[
    str,
    StringConstraints(pattern=r"^(FY)?[0-9]{4}(-(Q[1-4]|W[0-9]{2}[ab]?|[0-9]{2}))?$"),
    Field(
        description="2026, 2026-Q3, 2026-03, 2026-W05; a week over two months is 2026-W05a and b; FY2026 is fiscal",
        examples=["2026-Q3"],
    ),
]
MetricKey = Annotated[
    limits.MetricKey,
    Field(description="a metric of the catalogue", examples=["revenue-won"]),
]
Number = Annotated[limits.Amount, Field(examples=["1200000.00"]), PLAINLY]


def _known_at(given: object) -> object:
    read = reading.position_or_time(given) if isinstance(given, str) else given
    if isinstance(read, int) and not 0 <= read <= MAX_POSITION:
        raise ValueError(f"must be a position, 0 to {MAX_POSITION}, a day or a time")
    return read


KnownAt = Annotated[
    int | date | datetime | None,
    BeforeValidator(_known_at),
    Field(
        description="a position, a day (the company's, to its end) or a time: what was known then; left out, now",
        examples=[90, "2026-11-30", "2026-11-30T09:00:00+08:00"],
    ),
]
OfSegment = Annotated[
    ShortText,
    Field(
        description="a sector of customers, or a published segment as `segment:NAME`: those in it on the day that counts",
        examples=["machinery", "segment:silent-buyers"],
    ),
]
Weight = Annotated[limits.Amount, Field(examples=["2"]), PLAINLY]


class ScopeBody(Strict):
    """For whom: the company, a team or a rep, whose `id` it is; optionally narrowed down."""

    kind: ScopeKind
    id: UUID | None = None
    product_id: UUID | None = None
    segment: OfSegment = ""
    channel: ShortText = ""

    def value(self) -> Scope:
        return Scope(
            kind=self.kind,
            id=self.id,
            product_id=self.product_id,
            segment=self.segment,
            channel=self.channel,
        )


class Said(Envelope):
    """What a person says. A rep and a manager speak for themselves; an admin names whom."""

    by: Annotated[UUID | None, Field(description="Who says it; only an admin needs to name anybody.")] = None


class Everybodys(Paging):
    """What a list of what is nobody's is narrowed down to; a subclass has the read model's names."""

    MODEL: ClassVar[type[StreamView[Any, Any]]]

    def narrowed(self, team_id: UUID | None) -> dict[str, Any]:
        """As the read model takes it."""
        return self._given()

    def _given(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.MODEL.filters if name in type(self).model_fields}


class Filters(Everybodys):
    """What a list of what belongs to teams is narrowed down to; `period` is for its period's name."""

    team_id: UUID | None = None

    def narrowed(self, team_id: UUID | None) -> dict[str, Any]:
        """As the read model takes it, of one team."""
        return self._given() | {"team_id": team_id}


class OfScopes(Filters):
    """A list of what scopes have."""

    scope_kind: ScopeKind | None = None
    scope_id: UUID | None = None

    def _given(self) -> dict[str, Any]:
        given = super()._given()
        if self.scope_kind is not None and "scope_kind" not in given:
            given["scope_key"] = Scope(kind=self.scope_kind, id=self.scope_id).key
        return given


class OfPeriods(OfScopes):
    """A list of what a scope has in a period."""

    period_kind: PeriodKind | None = None
    period: PeriodName | None = None
    owner_id: UUID | None = None

    def _given(self) -> dict[str, Any]:
        return super()._given() | {"period_name": self.period}


async def listed(look: Look, asked: Any) -> Response:
    """A page of what the reader's team has, or of the reader's own; auditors and admins see all."""
    team_id = getattr(asked, "team_id", None)
    narrowed = asked.narrowed(team_id if _of_oneself(look, asked) else look.team(team_id))
    listing = asked.MODEL.listing
    return look.json(await listing(look.source, asked.sort, asked.cursor, asked.limit, **narrowed))


def _of_oneself(look: Look, asked: Any) -> bool:
    """Whether a list is narrowed down to what the reader has a part in, in whatever team that is."""
    own = look.user.person_id
    return own is not None and own in (getattr(asked, name, None) for name in (*PARTS, "waits_of"))


async def period(ledger: Ledger, name: str) -> Period:
    """The period of that name. Fiscal years start when the cycle policy "default" says. Raises Invalid."""
    id = cycle_policy_stream("default")
    policies = (await ledger.load({id: CyclePolicies}))[id]
    assert isinstance(policies, CyclePolicies)
    return named_period(name, policies.current.fiscal_start)


async def speaker(writer: Writer, body: Said) -> UUID:
    """Who says it: a rep is their key's rep, a manager their key's rep or else the manager of the team. Raises
    Forbidden for who speaks for others, or is nobody.
    """
    own = await person(writer)
    if writer.user.role is Role.ADMIN:
        if own is None and body.by is None:
            raise invalid("by", "name the person who says it")
        own = body.by or own
    if own is None:
        raise Forbidden("this key is nobody's: bind it to a rep, or name the team's manager")
    if body.by not in (None, own):
        raise Forbidden("you speak for yourself only")
    return own


async def within_reach(look: Look, scope: Scope) -> None:
    """Raises Forbidden for a scope that is not the reader's team, or in it now."""
    if look.team_id is None:
        return
    of = scope.id if scope.kind == ScopeKind.TEAM else None
    if scope.kind == ScopeKind.REP and scope.id is not None:
        rep = (await look.services.ledger.load({scope.id: Rep}))[scope.id]
        of = rep.team_id if isinstance(rep, Rep) else None
    if of != look.team_id:
        raise Forbidden("you see your own team only")


T = TypeVar("T")


def seen(look: Look, found: T | None, kind: str, id: UUID) -> T:
    """What was found, if the reader may see it: the team's (a company's has no team), or who has a part in it or is asked for something
    in it, of whatever team; what belongs to no team at all is everybody's. Raises NotFound.
    """
    if found is None or not (_is_open_to(look, found) or look.user.person_id in concerned(found)):
        raise NotFound(f"no {kind} has the id {id}", kind=kind, id=str(id))
    return found


def _is_open_to(look: Look, found: object) -> bool:
    return look.team_id in (None, getattr(found, "team_id", look.team_id))


def concerned(found: object) -> set[UUID]:
    """Who has a part in what a read model tells of, or is asked for something."""
    asked = (*getattr(found, "waits", ()), *getattr(found, "decisions", ()))
    named = [getattr(found, name, None) for name in PARTS] + [getattr(one, "of", None) for one in asked]
    return {one for one in named if isinstance(one, UUID)}


async def person(writer: Writer) -> UUID | None:
    """Whose key it is: a rep, or the manager of the team that a manager's key names; None for nobody."""
    user = writer.user
    if user.rep_id is not None or user.role is not Role.MANAGER or user.team_id is None:
        return user.rep_id
    team = (await writer.services.ledger.load({user.team_id: Team}))[user.team_id]
    return team.manager_id if isinstance(team, Team) else None
