"""api: what a deal has beside its row on the board — needs, quotes, touches, overrides, and what its gates still ask for."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import Depends, Response

from api.custom_field.values import declared
from api.deal.approvals import acts_of
from api.engine import auth
from api.engine.answers import shaped
from api.engine.auth import may_read
from api.engine.reading import Look, sees
from api.engine.users import User
from domain.custom_field.declaration import RecordKind
from domain.deal.deal import Deal
from domain.deal.gates import missing, on_the_way
from domain.deal.required_fields import with_fields
from domain.engine.errors import NotFound
from domain.engine.values import Needs, Quote
from domain.policy.process import Process, Processes, process_stream
from projections.deal import touches
from projections.deal.touches import Touch

TAGS: dict[str, str] = {}
router = auth.router("/deals", tags=["deals"])

TOUCHES = 50
WAITS_FOR = ("deal_history", "deal_board", "directory")


class Gate(msgspec.Struct):
    """What is asked on the way from the deal's stage to this one, and what of it is not met. Nothing is asked to go back."""

    stage: str
    asked: list[str]
    missing: list[str]


class OverrideView(msgspec.Struct):
    """`approved` is None until it is decided; `spent`: it let the deal pass, or the deal was closed since; `waits`: a decision can
    still open something; `acts`: those of the tables that are one's own to do with it.
    """

    override_id: UUID
    to: str
    missing: list[str]
    requested_by: str
    approved: bool | None
    decided_by: str
    spent: bool
    waits: bool
    acts: list[str]


class DealDetails(msgspec.Struct):
    """`gates` are the stages of the deal's process, in order; `touches` the newest 50."""

    deal_id: UUID
    version: int
    needs: Needs
    quotes: list[Quote]
    touches: list[Touch]
    gates: list[Gate]
    overrides: list[OverrideView]


@router.get(
    "/{deal_id}/details",
    operation_id="readDealDetails",
    summary="A deal's needs, quotes, touches, gates and overrides",
    responses=shaped(DealDetails),
)
async def read_details(
    deal_id: UUID, look: Annotated[Look, Depends(may_read(waits_for=WAITS_FOR))]
) -> Response:
    """As the ledger has it: what a move would be refused for is what is missing here."""
    deal = (await look.services.ledger.load({deal_id: Deal}))[deal_id]
    if not isinstance(deal, Deal) or not deal.exists or not sees(look, deal.team_id, deal.owner_id):
        raise NotFound(f"no deal has the id {deal_id}", kind="deal", id=str(deal_id))
    id = process_stream(deal.process)
    processes = (await look.services.ledger.load({id: Processes}))[id]
    assert isinstance(processes, Processes)
    process = with_fields(processes.at(deal.process_version), await declared(look, RecordKind.DEAL))
    found = DealDetails(
        deal_id=deal_id,
        version=deal.version,
        needs=deal.needs,
        quotes=list(deal.quotes.values()),
        touches=await touches.newest(look.services.pool, deal_id, TOUCHES),
        gates=[_gate(deal, process, stage.name) for stage in process.stages],
        overrides=_overrides(deal, process, look.user),
    )
    return look.json(found)


def _gate(deal: Deal, process: Process, stage: str) -> Gate:
    asked = tuple(dict.fromkeys(on_the_way(process, deal.stage, stage)))
    return Gate(stage, list(asked), list(missing(deal.evidence(), asked)))


def _overrides(deal: Deal, process: Process, user: User) -> list[OverrideView]:
    """The last that was asked for first."""
    return [
        OverrideView(
            override_id=one.id,
            to=one.to,
            missing=list(one.missing),
            requested_by=one.requested_by,
            approved=one.approved,
            decided_by=one.by,
            spent=one.spent,
            waits=(waits := one.waits and deal.has_ahead(process, one.to)),
            acts=acts_of(one.requested_by, user) if waits else [],
        )
        for one in reversed(deal.overrides.values())
    ]
