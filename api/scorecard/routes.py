"""api: scorecards — what is done to them, and how they stand: closed from the events as known at a position, recomputed, drilled to the events."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from fastapi import Depends, Path, Response
from pydantic import Field

from api.engine import auth
from api.engine.answers import shaped
from api.engine.auth import may_read
from api.engine.fields import WHOLE, Name, Paging, RuleName
from api.engine.querying import query
from api.engine.reading import MAX_WAIT, Look, reached
from api.engine.reads import add_reads
from api.engine.roles import Role
from api.engine.routes import Given, add_acts
from api.engine.scopes import OfPeriods, seen
from api.engine.values import add_shape
from api.engine.writing import Writer
from api.scorecard.acts import ACTS
from domain.engine.errors import Forbidden, NotFound
from domain.scorecard import definition as m
from domain.scorecard.definition import Definition, Definitions, definition_stream
from domain.scorecard.scorecard import Score
from projections import scorecard as scorecards
from projections.engine.paging import Page
from projections.engine.positions import reached as reads_reached
from projections.figures import figures
from projections.figures.figures import Behind
from projections.scorecard import Closing, Recomputed, Scorecards, ScorecardSeen

EXAMPLES = {
    "basis": "attainment",
    "definition": "default",
    "measure": "promise-keeping",
    "MeasureAnswer.name": "revenue",
    "scorecard-definitions.name": "field-sales",
}
TAGS = {"scorecards": "Weighted measures of a scope and period, closed at a position"}
router = auth.router(tags=[*TAGS])

WAITS_FOR = ("scorecards",)
MEASURED_FROM = ("scorecards", "contributions", "segment_stays", "merged")
Reader = Annotated[Look, Depends(may_read(waits_for=WAITS_FOR))]
Number = Annotated[int, Path(ge=1, le=1_000, description="which closing"), WHOLE]


async def _role(writer: Writer, body: Any, given: Given) -> None:
    is_rep = writer.user.role is Role.REP
    if is_rep and body.role == "manager":
        raise Forbidden("a rep scores as the owner")
    given["role"] = body.role or ("owner" if is_rep else "manager")


async def _figures(writer: Writer, _: Any, given: Given) -> None:
    """As known now."""
    pool, position = writer.services.pool, await writer.services.ledger.head()
    await reached(writer.services, ("contributions", "segment_stays", "merged"), position, MAX_WAIT)
    given["position"], given["figures"] = await scorecards.to_close(pool, given["scorecard_id"], position)


add_shape(m.Point, "PointBody", "At this value the score is this.")
add_shape(
    m.Measure,
    "MeasureBody",
    "Quantitative and process measures have a metric and a curve; qualitative ones are scored by people, 0 to 100.",
)
add_shape(Score, "ScoreBody")
add_acts(router, ACTS, {"scoreScorecard": _role, "closeScorecard": _figures})


class ScorecardFilters(OfPeriods):
    """What to narrow the list down to."""

    MODEL = Scorecards
    manager_id: UUID | None = None
    definition: RuleName | None = None
    status: Literal["open", "closed"] | None = None
    sort: Literal["starts", "-starts"] = "-starts"


class MeasureQuery(Paging):
    """`measure` is the key of one that has a metric; left out, the first."""

    measure: Annotated[Name | None, Field(description="a measure's key")] = None


class DefinitionsView(msgspec.Struct):
    """Oldest version first."""

    versions: list[Definition]


add_reads(
    router,
    ScorecardFilters,
    "Scorecard",
    path="/scorecards",
    many="Scorecards, page by page",
    more="Those of your team; auditors and admins see all.",
    one="One scorecard, every closing of it",
)


async def _card(scorecard_id: UUID, look: Look) -> ScorecardSeen:
    return seen(look, await Scorecards.get(look.services.pool, scorecard_id), "scorecard", scorecard_id)


def _numbered(card: ScorecardSeen, number: int) -> Closing:
    found = next((closing for closing in card.closings if closing.number == number), None)
    if found is None:
        raise NotFound(f"the scorecard has no closing {number}", kind="closing", id=str(number))
    return found


@router.get(
    "/scorecards/{scorecard_id}/closings/{number}",
    operation_id="recomputeScorecard",
    summary="Compute a closing again, from the ledger",
    responses=shaped(Recomputed),
)
async def recompute(
    scorecard_id: UUID, number: Number, look: Annotated[Look, Depends(may_read(waits_for=MEASURED_FROM))]
) -> Response:
    """As known when it was closed, and beside it as known now."""
    closing, pool = _numbered(await _card(scorecard_id, look), number), look.services.pool
    known_at = await reads_reached(pool, MEASURED_FROM)
    return look.json(await scorecards.again(pool, scorecard_id, closing, known_at))


@router.get(
    "/scorecards/{scorecard_id}/closings/{number}/events",
    operation_id="drillScorecard",
    summary="The events behind a measure",
    responses=shaped(Page[Behind]),
)
async def drill(
    scorecard_id: UUID,
    number: Number,
    look: Reader,
    asked: Annotated[MeasureQuery, Depends(query(MeasureQuery))],
) -> Response:
    """As known when it was closed."""
    card = await _card(scorecard_id, look)
    closing, pool = _numbered(card, number), look.services.pool
    of = await scorecards.asked_by(pool, card, asked.measure)
    return look.json(await figures.drill(look.source, of, closing.position, asked.cursor, asked.limit))


@router.get(
    "/scorecard-definitions/{name}",
    operation_id="readScorecardDefinition",
    summary="A scorecard's measures, all their versions",
    responses=shaped(DefinitionsView),
)
async def read_definition(
    name: Annotated[RuleName, Path()], look: Annotated[Look, Depends(may_read())]
) -> Response:
    id = definition_stream(name)
    held = (await look.services.ledger.load({id: Definitions}))[id]
    if not isinstance(held, Definitions) or not held.versions:
        raise NotFound("no scorecard has this name", kind="scorecard definition", id=name)
    return look.json(DefinitionsView(list(held.versions)))
