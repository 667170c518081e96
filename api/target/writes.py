"""api: targets — proposed, agreed to, divided, revised, moved, handed over and withdrawn."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Response
from pydantic import ConfigDict, Field, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from api.engine import auth
from api.engine.answers import DONE, MADE
from api.engine.auth import may_write
from api.engine.bodies import Envelope
from api.engine.fields import Day, LongText, NeededText, ShortText, Strict
from api.engine.roles import ADMIN, LEADERS
from api.engine.scopes import MetricKey, Number, PeriodName, Said, ScopeBody, Weight, period, speaker
from api.engine.writing import Act
from domain.engine.errors import NotFound
from domain.figures.shares import Method
from domain.target import commands as c
from domain.target.smart import missing_parts
from domain.target.target import Target
from projections.target.parts import Into, division
from runtime.ledger import Ledger

router = auth.router("/targets", tags=["targets"])

Writer = Annotated[Act, Depends(may_write())]
Leader = Annotated[Act, Depends(may_write(*LEADERS))]
Admin = Annotated[Act, Depends(may_write(*ADMIN))]


def _error(
    kind: str, where: tuple[int | str, ...], message: str, context: dict[str, Any] | None = None
) -> InitErrorDetails:
    error = PydanticCustomError(kind, message, context)
    return InitErrorDetails(type=error, loc=where, input=None)


class ProposeTarget(Envelope):
    """Nothing here has a default that stands for an answer: what is left out is named in the refusal, all at once."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "metric": "revenue-won",
                    "number": "1200000.00",
                    "unit": "money",
                    "currency": "CNY",
                    "period": "2027-Q1",
                    "scope": {"kind": "team", "id": "5f0c2a52-6c2e-4c0e-9b7f-2f2f0b8f5a10"},
                    "owner_id": "0d9f6f0e-4d4e-4f0e-8a63-1f7b8a5b5c11",
                    "achievable": "the team won 1.1 million last quarter with one rep less",
                    "relevant": "a third of the year's plan",
                }
            ]
        }
    )

    metric: MetricKey = ""
    number: Number | None = None
    unit: ShortText = ""
    currency: ShortText = ""
    period: PeriodName | None = None
    scope: ScopeBody | None = None
    owner_id: UUID | None = None
    achievable: LongText = ""
    relevant: LongText = ""

    @model_validator(mode="wrap")
    @classmethod
    def all_at_once(cls, data: Any, handler: ModelWrapValidatorHandler[ProposeTarget]) -> ProposeTarget:
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


class ReviseTarget(Envelope):
    number: Number
    why: NeededText
    from_day: Annotated[Day | None, Field(description="Left out: from today.")] = None


class RespreadTarget(Envelope):
    """Divide what is left anew. `children` names every part that is not past; without them the parts stay in proportion."""

    why: NeededText
    method: Method = Method.WEIGHTED
    children: Parts = ()
    number: Number | None = None
    from_day: Day | None = None
    basis: ShortText = ""


class MoveTarget(Envelope):
    """`stays` is what counts where it was; left out, the share of the days that are over."""

    parent_id: UUID
    why: NeededText
    from_day: Day | None = None
    stays: Number | None = None


class NewOwner(Envelope):
    owner_id: UUID


class Why(Envelope):
    why: NeededText


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


async def _held(target_id: UUID, act: Act) -> Target:
    """What the division is worked out from; who may not see the target is told nothing of it."""
    target, reach = (await act.services.ledger.load({target_id: Target}))[target_id], act.user.reach
    if not isinstance(target, Target) or not target.exists or (reach and not target.within(reach)):
        raise NotFound(f"no target has the id {target_id}", kind=Target.KIND, id=str(target_id))
    return target


@router.post("", operation_id="proposeTarget", summary="Propose a target", status_code=201, responses=MADE)
async def propose(body: ProposeTarget, act: Leader) -> Response:
    """Refused with every part that is missing. There is one target for a metric, scope and period."""
    command = c.ProposeTarget(
        metric=body.metric,
        number=body.number,
        unit=body.unit,
        currency=body.currency,
        period=await period(act.services.ledger, body.period) if body.period else None,
        scope=body.scope.value() if body.scope else None,
        owner_id=body.owner_id,
        achievable=body.achievable,
        relevant=body.relevant,
    )
    stream = command.stream()
    return await act(command, body, status=201, location=f"/targets/{stream[1]}" if stream else "")


@router.post("/{target_id}/agree", operation_id="agreeTarget", summary="Agree to a target", responses=DONE)
async def agree(target_id: UUID, body: Said, act: Writer) -> Response:
    """Its owner agrees to the number it has now."""
    return await act(c.AgreeTarget(target_id=target_id, agreed_by=await speaker(act, body)), body)


@router.post("/{target_id}/divide", operation_id="divideTarget", summary="Divide a target", responses=DONE)
async def divide(target_id: UUID, body: DivideTarget, act: Leader) -> Response:
    """The parts sum to the whole exactly, by largest remainders."""
    if body.into is not None:
        target = await _held(target_id, act)
        found = await division(act.services.pool, target, body.into, body.method, body.basis)
        return await act(found, body, worked_out=True)
    children = await _children(body.children, act.services.ledger)
    command = c.DecomposeTarget(target_id=target_id, method=body.method, children=children, basis=body.basis)
    return await act(command, body)


@router.post("/{target_id}/revise", operation_id="reviseTarget", summary="Revise a target", responses=DONE)
async def revise(target_id: UUID, body: ReviseTarget, act: Leader) -> Response:
    """Another number from a day on; what is past is judged by the number it had."""
    command = c.ReviseTarget(target_id=target_id, number=body.number, why=body.why, from_day=body.from_day)
    return await act(command, body)


@router.post(
    "/{target_id}/respread", operation_id="respreadTarget", summary="Divide what is left anew", responses=DONE
)
async def respread(target_id: UUID, body: RespreadTarget, act: Leader) -> Response:
    command = c.RespreadTarget(
        target_id=target_id,
        why=body.why,
        method=body.method,
        children=await _children(body.children, act.services.ledger),
        number=body.number,
        from_day=body.from_day,
        basis=body.basis,
    )
    return await act(command, body)


@router.post(
    "/{target_id}/move", operation_id="moveTarget", summary="Count it for another parent", responses=DONE
)
async def move(target_id: UUID, body: MoveTarget, act: Admin) -> Response:
    """A rep changed teams: two teams' targets change with it."""
    command = c.MoveTarget(
        target_id=target_id,
        parent_id=body.parent_id,
        why=body.why,
        from_day=body.from_day,
        stays=body.stays,
    )
    return await act(command, body)


@router.post(
    "/{target_id}/handover", operation_id="handOverTarget", summary="Name another owner", responses=DONE
)
async def hand_over(target_id: UUID, body: NewOwner, act: Leader) -> Response:
    return await act(c.HandOverTarget(target_id=target_id, owner_id=body.owner_id), body)


@router.post(
    "/{target_id}/withdraw", operation_id="withdrawTarget", summary="Withdraw a target", responses=DONE
)
async def withdraw(target_id: UUID, body: Why, act: Leader) -> Response:
    """It no longer holds, nor do its parts."""
    return await act(c.WithdrawTarget(target_id=target_id, why=body.why), body)
