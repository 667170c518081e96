"""Domain room: what a file's row about a lead decides. A row that is new captures the lead and tells its past at its own times;
one that comes again records what the file changed and nothing else.

What somebody changed here since is never overwritten: the row is refused instead. What a row leaves empty stays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.allocation.receipt import AllocationReceipt
from domain.custom_field.declaration import RecordKind
from domain.custom_field.imported import Marks, tell_fields, tell_fields_again
from domain.engine.command import handles
from domain.engine.errors import FieldError, Invalid, Refused
from domain.engine.marks import mark as _mark
from domain.engine.unit_of_work import UnitOfWork
from domain.lead import facts as f
from domain.lead.commands import ImportLead
from domain.lead.lead import CONVERTED, DISCARDED, OPEN, Lead, answer_of
from domain.people.people import Rep

Json = dict[str, Any]
RULE = AllocationReceipt(rule="import")
DETAILS = tuple(field.name for field in fields(f.LeadDetails))
FIXED = ("captured_at", "closed_at")
"""They stand in the past, and no later file moves them."""
UNTOLD = ("", None)


def digest_of(row: ImportLead) -> str:
    """Of all that the row says."""
    names = (field.name for field in fields(row) if field.name not in ("assumed", "timezone", "custom"))
    own = (f"{name}={row.custom[name].written}" for name in sorted(row.custom))
    told = (*(getattr(row, name) for name in names), *own)
    return hashlib.sha256("\x1e".join(map(str, told)).encode()).hexdigest()


@handles(ImportLead)
def import_lead(row: ImportLead, work: UnitOfWork) -> Json:
    lead, digest = work.find(Lead, row.lead_id), digest_of(row)
    if lead.imported is not None and lead.imported.digest == digest:
        return answer_of(lead)
    if lead.exists:
        return _tell_again(lead, row, digest, work)
    _check(row, work.context.now)
    own = _capture(lead, row, work)
    told = {part: mark for part, mark in _told(row, lead).items() if part in FIXED}
    marks = replace(_held(lead), **told, custom=own)
    lead.record(f.LeadImportNoted(digest=digest, as_of=work.context.now, marks=marks))
    return answer_of(lead)


# -- a row that is new --------------------------------------------------------------------------


def _capture(lead: Lead, row: ImportLead, work: UnitOfWork) -> Marks:
    """What its custom fields are remembered by."""
    now = work.context.now
    captured_at = min(filter(None, (row.captured_at, row.closed_at, now)))
    status = row.status or OPEN
    captured = f.LeadCaptured.filled(
        row, do_not_mail=bool(row.do_not_mail), do_not_call=bool(row.do_not_call)
    )
    lead.record(captured, captured_at)
    own = tell_fields(lead, RecordKind.LEAD, row.custom, work, captured_at)
    if row.owner_id is not None:
        _give(lead, row.owner_id, work, captured_at, here=status == OPEN)
    _end(lead, status, row, min(row.closed_at or now, now))
    return own


def _check(row: ImportLead, now: datetime, *, captured_at: datetime | None = None) -> None:
    """Raises Invalid: nothing may have happened in the future, or before the lead was captured."""
    since, wrong = row.captured_at or captured_at, []
    wrong += [
        FieldError(name, f"{_local(at, row):%Y-%m-%d %H:%M} is in the future")
        for name, at in (("captured_at", row.captured_at), ("closed_at", row.closed_at))
        if at is not None and at > now and not (name == "closed_at" and _is_today(at, now, row))
    ]
    if since is not None and row.closed_at is not None and row.closed_at < since:
        name = "captured_at"
        at, since_then, form = _local(row.closed_at, row), _local(since, row), "%Y-%m-%d %H:%M"
        days = f"{at.strftime(form)} is before {name}, {since_then.strftime(form)}"
        wrong.append(FieldError("closed_at", days))
    if wrong:
        raise Invalid(wrong)


def _is_today(at: datetime, now: datetime, row: ImportLead) -> bool:
    """A day without a time is its last second."""
    return _local(at, row).date() == _local(now, row).date()


def _local(at: datetime, row: ImportLead) -> datetime:
    return at.astimezone(ZoneInfo(row.timezone))


def _give(lead: Lead, rep_id: UUID, work: UnitOfWork, at: datetime, *, here: bool) -> None:
    """History counts for nobody's turn, and may be of somebody who has left; an open lead may not."""
    rep = work.get(Rep, rep_id, guard=True)
    if here:
        try:
            rep.must_be_active()
        except Refused as refusal:
            raise Invalid([FieldError("owner", refusal.message)]) from refusal
    team_id = rep.team_id or rep.id
    if (lead.owner_id, lead.team_id) != (rep.id, team_id):
        lead.record(f.LeadAllocated(before=lead.owner_id, after=rep.id, team_id=team_id, receipt=RULE), at)


def _end(lead: Lead, status: str, row: ImportLead, at: datetime) -> None:
    if status == CONVERTED:
        lead.record(f.LeadConverted(deal_id=row.deal_id), at)
    elif status == DISCARDED:
        lead.record(f.LeadDiscarded(why=row.why), at)


# -- a row that comes again ---------------------------------------------------------------------


def _tell_again(lead: Lead, row: ImportLead, digest: str, work: UnitOfWork) -> Json:
    if lead.imported is None:
        raise Refused("the lead was not imported: a file cannot change it", source=row.imported_from)
    last, held, new = lead.imported.marks, _held(lead), _told(row, lead)
    differing = {part for part in new if new[part] != getattr(last, part)}
    changed = {part for part in differing - {*FIXED} if new[part] != getattr(held, part)}
    if both := sorted(part for part in changed if getattr(held, part) != getattr(last, part)):
        raise Refused(
            f"{', '.join(both)}: changed in the file and here since the last import; set it right in one of the two",
            changed_here=both,
        )
    moved = "standing" in changed
    notes = list(_not_taken(last, differing - ({"closed_at"} if moved else set())))
    if moved:
        told_since = lead.captured_at if last.captured_at else None
        _check(replace(row, captured_at=None), work.context.now, captured_at=told_since)
    _change(lead, row, changed, work)
    own = tell_fields_again(lead, RecordKind.LEAD, row, last.custom, work)
    agreed = not lead.has_decided
    kept = {part: new[part] for part in differing if part not in FIXED or (moved and part == "closed_at")}
    marks = replace(last, **kept, custom=own)
    if not agreed or marks != last:
        lead.record(f.LeadImportNoted(digest=digest, as_of=work.context.now, marks=marks))
    return {**answer_of(lead), "notes": [(note.field, note.message) for note in notes], "agreed": agreed}


def _not_taken(last: f.LeadMarks, differing: set[str]) -> Iterator[FieldError]:
    """What is told for the first time is named. Raises Invalid where it was told otherwise before."""
    for part in sorted(differing & {*FIXED}):
        why = FieldError(part, "stands in the past: a later file cannot change that")
        if getattr(last, part):
            raise Invalid([why])
        yield why


def _change(lead: Lead, row: ImportLead, changed: set[str], work: UnitOfWork) -> None:
    said = {name: getattr(row, name) for name in DETAILS if name in changed}
    if said:
        lead.record(f.LeadCorrected(before=lead.details, after=replace(lead.details, **said)))
    if "owner" in changed and row.owner_id is not None:
        _give(lead, row.owner_id, work, work.context.now, here=(row.status or lead.status) == OPEN)
    if "standing" in changed and row.status is not None:
        _move(lead, row, work.context.now)


def _move(lead: Lead, row: ImportLead, now: datetime) -> None:
    if lead.status == CONVERTED and (row.status != CONVERTED or lead.deal_id is not None):
        raise Refused("the lead became a deal: a file cannot change that", status=lead.status)
    if lead.status == DISCARDED:
        lead.record(f.LeadReopened(before=lead.status))
    _end(lead, row.status or OPEN, row, min(row.closed_at or now, now))


# -- marks --------------------------------------------------------------------------------------


def _told(row: ImportLead, lead: Lead) -> dict[str, str]:
    """The marks of what the file tells itself, completed by what is known."""

    def tells(name: str) -> bool:
        return getattr(row, name) not in UNTOLD and name not in row.assumed

    told = {name: _mark(getattr(row, name)) for name in (*DETAILS, *FIXED) if tells(name)}
    if tells("owner_id"):
        told["owner"] = _mark(row.owner_id)
    if tells("status"):
        same = row.status == lead.status
        deal_id, why = row.deal_id or (lead.deal_id if same else None), row.why or (lead.why if same else "")
        told["standing"] = _standing(str(row.status), deal_id, why)
    return told


def _held(lead: Lead) -> f.LeadMarks:
    """The marks of what the lead is here now."""
    details: Json = {name: _mark(getattr(lead.details, name)) for name in DETAILS}
    standing = _standing(lead.status, lead.deal_id, lead.why)
    return f.LeadMarks(**details, owner=_mark(lead.owner_id), standing=standing)


def _standing(status: str, deal_id: UUID | None, why: str) -> str:
    return _mark(status, deal_id if status == CONVERTED else None, why if status == DISCARDED else "")
