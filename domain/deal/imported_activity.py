"""Domain room: a touch of a deal as a file tells it, beside the deal's own row: calls, mails, meetings, notes."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime
from uuid import UUID

from domain.deal.commands import DealCommand
from domain.deal.deal import Deal
from domain.deal.decisions import Json, policy_of
from domain.engine.command import handles
from domain.engine.errors import FieldError, Invalid
from domain.engine.fields import Key
from domain.engine.references import Named
from domain.engine.unit_of_work import UnitOfWork
from domain.engine.values import Activity

UNTOLD = ("", None)


class ImportActivity(DealCommand):
    """A touch with the file's own id for it; `at` is when it was done. Told again it is set right: what it leaves empty, and what
    `assumed` says that the file does not tell, stays as it was.
    """

    activity_id: UUID
    at: datetime
    activity: Activity
    assumed: frozenset[Key] = frozenset()

    def named(self) -> tuple[Named, ...]:
        """What a file names is settled before its rows."""
        return ()


@handles(ImportActivity)
def import_activity(command: ImportActivity, work: UnitOfWork) -> Json:
    """Work that was done before a promise was made keeps nothing and puts nothing off."""
    deal, said, now = work.get(Deal, command.deal_id), command.activity, work.context.now
    if command.at > now:
        raise Invalid([FieldError("at", f"{command.at} is in the future")])
    if deal.has_logged(command.activity_id):
        deal = work.get(Deal, command.deal_id, complete=True)
        held = deal.activity(command.activity_id)
        told = {f.name: getattr(said, f.name) for f in fields(Activity) if f.name not in command.assumed}
        told = {name: value for name, value in told.items() if value not in UNTOLD}
        deal.correct_activity(command.activity_id, replace(held, **told))
    else:
        deal.log(command.activity_id, said, command.at)
        deal.touched(policy_of(deal, work), now, f"{said.kind}:{said.outcome}", None, command.at)
    return {"activity_id": str(command.activity_id)}
