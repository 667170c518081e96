"""Domain room: filling in a lead's custom fields."""

from __future__ import annotations

from domain.custom_field.declaration import FieldSets, RecordKind, field_stream
from domain.custom_field.facts import Custom
from domain.custom_field.holding import fields_of, fill_in
from domain.engine.command import decides
from domain.engine.unit_of_work import Stream, UnitOfWork
from domain.lead.commands import LeadCommand
from domain.lead.lead import Lead


class SetLeadFields(LeadCommand):
    """Fill in custom fields. A field that is not named stays as it is, nothing said of one empties it."""

    custom: Custom

    def rules(self) -> tuple[Stream, ...]:
        return ((FieldSets, field_stream(RecordKind.LEAD)),)


@decides(SetLeadFields)
def set_lead_fields(lead: Lead, command: SetLeadFields, work: UnitOfWork) -> None:
    fill_in(lead, command.custom, fields_of(RecordKind.LEAD, work))
