"""api: scorecards — defined, opened, scored by people, commented on and appealed against."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Response
from pydantic import ConfigDict, Field

from api.engine import auth
from api.engine.answers import DONE, MADE
from api.engine.auth import may_write
from api.engine.bodies import Envelope
from api.engine.fields import PLAINLY, LongText, Name, NeededText, RuleName, ShortText, Strict
from api.engine.roles import ADMIN, LEADERS, Role
from api.engine.scopes import MetricKey, PeriodName, Said, ScopeBody, period, speaker
from api.engine.writing import Act
from domain.engine.errors import Forbidden
from domain.engine.values import MAX_AMOUNT
from domain.scorecard import decisions as d
from domain.scorecard import definition as m
from domain.scorecard.scorecard import Score

router = auth.router(tags=["scorecards"])

Writer = Annotated[Act, Depends(may_write())]
Leader = Annotated[Act, Depends(may_write(*LEADERS))]
Admin = Annotated[Act, Depends(may_write(*ADMIN))]
Percent = Annotated[Decimal, Field(ge=0, le=100, decimal_places=4, max_digits=7, examples=["40"]), PLAINLY]
Value = Annotated[
    Decimal,
    Field(gt=-MAX_AMOUNT, lt=MAX_AMOUNT, decimal_places=6, max_digits=21, examples=["1"]),
    PLAINLY,
]


class PointBody(Strict):
    """At this value the score is this."""

    at: Value
    score: Percent

    def value(self) -> m.Point:
        return m.Point(self.at, self.score)


class MeasureBody(Strict):
    """Quantitative and process measures have a metric and a curve; qualitative ones are scored by people, 0 to 100."""

    key: Name
    kind: m.MeasureKind
    weight: Percent
    metric: MetricKey = ""
    basis: m.Basis = m.Basis.FIGURE
    curve: Annotated[tuple[PointBody, ...], Field(max_length=50)] = ()

    def value(self) -> m.Measure:
        return m.Measure(
            key=self.key,
            kind=self.kind,
            weight=self.weight,
            metric=self.metric,
            basis=self.basis,
            curve=tuple(point.value() for point in self.curve),
        )


class DefineScorecard(Envelope):
    """The weights sum to 100 %."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "field-sales",
                    "measures": [
                        {
                            "key": "revenue",
                            "kind": "quantitative",
                            "weight": "60",
                            "metric": "revenue-won",
                            "basis": "attainment",
                            "curve": [{"at": "0.5", "score": "0"}, {"at": "1.2", "score": "100"}],
                        },
                        {"key": "team play", "kind": "qualitative", "weight": "40"},
                    ],
                }
            ]
        }
    )

    name: RuleName
    measures: Annotated[tuple[MeasureBody, ...], Field(min_length=1, max_length=50)]


class OpenScorecard(Envelope):
    """`currency` is that of its measures of money; it is needed for those and only for those."""

    scope: ScopeBody
    period: PeriodName
    definition: RuleName
    owner_id: UUID
    manager_id: UUID | None = None
    currency: ShortText = ""


class ScoreBody(Strict):
    measure: Name
    score: Percent
    why: LongText = ""


class Scores(Said):
    """A rep scores as the owner. Measures left out keep what was said of them before."""

    scores: Annotated[tuple[ScoreBody, ...], Field(min_length=1, max_length=50)]
    role: Annotated[
        Literal["owner", "manager"] | None,
        Field(description="Left out: the owner's for a rep, the manager's for others."),
    ] = None


class CardComment(Said):
    text: NeededText
    comment_id: UUID | None = None


class CardAppeal(Said):
    why: NeededText


class CardPeople(Envelope):
    """Who is not named keeps their part."""

    why: NeededText
    owner_id: UUID | None = None
    manager_id: UUID | None = None


@router.post(
    "/scorecard-definitions",
    operation_id="defineScorecard",
    summary="Publish a scorecard's next version",
    status_code=201,
    responses=MADE,
)
async def define(body: DefineScorecard, act: Admin) -> Response:
    """Scorecards keep the version they were opened with. The same again publishes nothing."""
    measures = tuple(measure.value() for measure in body.measures)
    command = m.DefineScorecard(definition=m.Definition(name=body.name, measures=measures))
    return await act(command, body, status=201, location=f"/scorecard-definitions/{body.name}")


@router.post(
    "/scorecards", operation_id="openScorecard", summary="Open a scorecard", status_code=201, responses=MADE
)
async def open_card(body: OpenScorecard, act: Leader) -> Response:
    """There is one for a scope and period."""
    command = d.OpenScorecard(
        scope=body.scope.value(),
        period=await period(act.services.ledger, body.period),
        definition=body.definition,
        owner_id=body.owner_id,
        manager_id=body.manager_id,
        currency=body.currency,
    )
    return await act(command, body, status=201, location=f"/scorecards/{command.stream()[1]}")


@router.post(
    "/scorecards/{scorecard_id}/scores",
    operation_id="scoreScorecard",
    summary="Score what people score",
    responses=DONE,
)
async def score(scorecard_id: UUID, body: Scores, act: Writer) -> Response:
    """The manager's scores count; the owner's stand beside them."""
    command = d.ScoreScorecard(
        scorecard_id=scorecard_id,
        role=_role(body, act),
        scored_by=await speaker(act, body),
        scores=tuple(Score(measure=s.measure, score=s.score, why=s.why) for s in body.scores),
    )
    return await act(command, body)


def _role(body: Scores, act: Act) -> Literal["owner", "manager"]:
    is_rep = act.user.role is Role.REP
    if is_rep and body.role == "manager":
        raise Forbidden("a rep scores as the owner")
    return body.role or ("owner" if is_rep else "manager")


@router.post(
    "/scorecards/{scorecard_id}/comments",
    operation_id="commentOnScorecard",
    summary="Comment on a scorecard",
    status_code=201,
    responses=MADE,
)
async def comment(scorecard_id: UUID, body: CardComment, act: Writer) -> Response:
    command = d.CommentOnScorecard(
        scorecard_id=scorecard_id,
        comment_id=act.new_id("comment", body.comment_id),
        author_id=await speaker(act, body),
        text=body.text,
    )
    return await act(command, body, status=201)


@router.post(
    "/scorecards/{scorecard_id}/appeal",
    operation_id="appealScorecard",
    summary="Appeal against the score",
    responses=DONE,
)
async def appeal(scorecard_id: UUID, body: CardAppeal, act: Writer) -> Response:
    """It is reopened, and the original kept."""
    by = await speaker(act, body)
    return await act(d.AppealScorecard(scorecard_id=scorecard_id, appealed_by=by, why=body.why), body)


@router.post(
    "/scorecards/{scorecard_id}/handover",
    operation_id="handOverScorecard",
    summary="Name others for an open scorecard",
    responses=DONE,
)
async def hand_over(scorecard_id: UUID, body: CardPeople, act: Leader) -> Response:
    """One of a cycle goes along when that is handed over."""
    command = d.HandOverScorecard(
        scorecard_id=scorecard_id, why=body.why, owner_id=body.owner_id, manager_id=body.manager_id
    )
    return await act(command, body)
