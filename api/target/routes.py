"""api: targets — what is done to them, and how they stand: listed, one with its versions, and with all that it was divided into."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import Depends, Response
from pydantic import ConfigDict, Field, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from api.engine import auth
from api.engine.answers import DONE, shaped
from api.engine.auth import may_read, may_write
from api.engine.bodies import Envelope
from api.engine.fields import WHOLE, Day, ShortText, Strict
from api.engine.querying import query
from api.engine.reading import Look
from api.engine.reads import add_reads
from api.engine.roles import LEADERS
from api.engine.routes import Given, add_acts
from api.engine.scopes import (
    MetricKey,
    Number,
    OfPeriods,
    PeriodName,
    ScopeBody,
    Weight,
    period,
    seen,
)
from api.engine.values import VALUES
from api.engine.writing import Writer
from api.target.acts import ACTS
from domain.engine.errors import NotFound
from domain.figures.shares import Method
from domain.target import commands as c
from domain.target.smart import missing_parts
from domain.target.target import Target
from projections.target import tree as target_tree
from projections.target.parts import Into, division
from projections.target.tree import Branch, TargetTree
from runtime.ledger import Ledger

EXAMPLES = {
    "achievable": "the team won 1.1 million last quarter with one rep less",
    "method": "sum",
    "relevant": "a third of the year's plan",
    "PeriodAnswer.name": "2026-11",
    "PeriodAnswer.start": "2026-11-01",
    "PeriodAnswer.end": "2026-11-30",
}
TAGS = {"targets": "What is to be reached, by whom and when; whole and parts"}
router = auth.router("/targets", tags=[*TAGS])

WAITS_FOR = ("target_tree",)
Reader = Annotated[Look, Depends(may_read(waits_for=WAITS_FOR))]


def _error(
    kind: str, where: tuple[int | str, ...], message: str, context: dict[str, Any] | None = None
) -> InitErrorDetails:
    error = PydanticCustomError(kind, message, context)
    return InitErrorDetails(type=error, loc=where, input=None)


class AllAtOnce(Envelope):
    @model_validator(mode="wrap")
    @classmethod
    def all_at_once(cls, data: Any, handler: ModelWrapValidatorHandler[AllAtOnce]) -> AllAtOnce:
        """Beside a part that is written wrongly, those that are missing are named as well."""
        try:
            return handler(data)
        except ValidationError as wrong:
            missing = missing_parts(data) if isinstance(data, dict) else {}
            also = [_error("missing", (name,), message) for name, message in missing.items()]
            found = [_error(e["type"], e["loc"], e["msg"], e.get("ctx")) for e in wrong.errors()]
            raise ValidationError.from_exception_data(cls.__name__, [*found, *also]) from wrong


class Part(Strict):
    """One part: a shorter period of the same scope, or a smaller scope of the same period. `weight` is for weighted and
    seasonal shares, `number` for manual ones; without an owner it is the whole's.
    """

    scope: ScopeBody
    period: PeriodName
    owner_id: UUID | None = None
    weight: Weight | None = None
    number: Number | None = None

    def value(self) -> Self:
        """Its period is read by the ledger: `_children` makes the domain's of it."""
        return self


Parts = Annotated[tuple[Part, ...], Field(max_length=1_000)]


class DivideTarget(Envelope):
    """Either the parts, or what it is divided `into`: shorter periods, the teams, the reps. Those are `equal`, or `seasonal`: by
    what the same days of the three years before brought; periods may be `weighted` by their days. The manager owns a
    team's part, and each rep their own.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"into": "month", "method": "seasonal"}]})

    method: Method = Method.EQUAL
    children: Parts = ()
    into: Into | None = None
    basis: Annotated[ShortText, Field(description="Where the weights came from.")] = ""

    @model_validator(mode="after")
    def one_of_both(self) -> DivideTarget:
        if bool(self.children) == (self.into is not None):
            raise ValueError("name either children or into")
        return self


async def _children(parts: tuple[Part, ...], ledger: Ledger) -> tuple[c.Child, ...]:
    names = {part.period for part in parts}
    periods = {name: await period(ledger, name) for name in names}
    return tuple(
        c.Child(
            scope=part.scope.value(),
            period=periods[part.period],
            owner_id=part.owner_id,
            weight=part.weight,
            number=part.number,
        )
        for part in parts
    )


async def _held(target_id: UUID, writer: Writer) -> Target:
    """What the division is worked out from; who may not see the target is told nothing of it."""
    target, reach = (await writer.services.ledger.load({target_id: Target}))[target_id], writer.user.reach
    if not isinstance(target, Target) or not target.exists or (reach and not target.within(reach)):
        raise NotFound(f"no target has the id {target_id}", kind=Target.KIND, id=str(target_id))
    return target


async def _parts(writer: Writer, body: Any, given: Given) -> None:
    given["children"] = await _children(body.children, writer.services.ledger)


VALUES[c.Child] = Part
add_acts(router, ACTS, {"respreadTarget": _parts}, {"proposeTarget": AllAtOnce})


@router.post("/{target_id}/divide", operation_id="divideTarget", summary="Divide a target", responses=DONE)
async def divide(
    target_id: UUID, body: DivideTarget, writer: Annotated[Writer, Depends(may_write(*LEADERS))]
) -> Response:
    """The parts sum to the whole exactly, by largest remainders."""
    if body.into is not None:
        target = await _held(target_id, writer)
        found = await division(writer.services.pool, target, body.into, body.method, body.basis)
        return await writer(found, body, worked_out=True)
    children = await _children(body.children, writer.services.ledger)
    command = c.DecomposeTarget(target_id=target_id, method=body.method, children=children, basis=body.basis)
    return await writer(command, body)


class OfTargets(OfPeriods):
    """Which targets."""

    MODEL = TargetTree
    metric: MetricKey | None = None
    parent_id: UUID | None = None


class TargetFilters(OfTargets):
    """What to narrow the list down to. `on` is a day of the period."""

    status: Literal["proposed", "agreed", "unagreed", "withdrawn"] | None = None
    on: Day | None = None
    sort: Literal["starts", "-starts", "metric", "-metric"] = "starts"


class Depth(Strict):
    depth: Annotated[int, Field(ge=0, le=9, description="generations below it"), WHOLE] = 9


add_reads(
    router,
    TargetFilters,
    "Target",
    path="/targets",
    many="Targets, page by page",
    more="Those of your team; auditors and admins see all.",
    one="One target, every version of it",
)


@router.get(
    "/{target_id}/tree",
    operation_id="readTargetTree",
    summary="A target and what it was divided into",
    responses=shaped(Branch),
)
async def read_tree(
    target_id: UUID, look: Reader, asked: Annotated[Depth, Depends(query(Depth))]
) -> Response:
    tree = await target_tree.tree(look.services.pool, target_id, asked.depth)
    seen(look, tree.target if tree else None, "target", target_id)
    return look.json(tree)
