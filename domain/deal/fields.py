"""Domain room: what filling in a deal's custom fields decides."""

from __future__ import annotations

from domain.custom_field.declaration import RecordKind
from domain.custom_field.holding import fields_of, fill_in
from domain.deal.commands import SetDealFields
from domain.deal.deal import Deal
from domain.engine.command import decides
from domain.engine.unit_of_work import UnitOfWork


@decides(SetDealFields)
def set_deal_fields(deal: Deal, command: SetDealFields, work: UnitOfWork) -> None:
    fill_in(deal, command.custom, fields_of(RecordKind.DEAL, work))
