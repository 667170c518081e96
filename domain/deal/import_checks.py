"""Domain room: what an imported row must be like before anything is decided. History is never in the future."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from domain.deal.commands import NOBODY, ImportDeal
from domain.deal.decisions import check_activity, check_needs, check_step
from domain.engine.errors import FieldError
from domain.engine.values import MAX_NAME, NO_NEEDS, Checks, today_anywhere
from domain.policy.process import LOST, WON

MAX_ACTIVITIES = 10_000
MAX_MINUTES = 10 * 366 * 24 * 60
"""Of one activity in another system's history; who imports it says what is too long to be one."""


def check_row(row: ImportDeal, now: datetime, held: str = "", *, opening_told: bool = True) -> None:
    """Raises Invalid naming every bad field; `held` is the status of a deal that is known. What is only known to be here since
    its import (not `opening_told`) may have been over before. A message is only worded where there is something to say:
    rows come by the hundred thousand.
    """
    checks = Checks()
    if row.owner_id == NOBODY:
        checks.that(False, "owner", "is empty: a deal is somebody's")
    if row.opened_at is None and "opened_at" in row.asked:
        checks.that(False, "opened_at", "is empty: a deal was opened some day")
    checks.text(row.title, "title", most=MAX_NAME, needed=True)
    checks.text(row.source, "source", most=MAX_NAME, needed=True)
    checks.text(row.reference, "reference", most=MAX_NAME, needed=True)
    checks.text(row.contract_reference, "contract_reference", most=MAX_NAME)
    checks.text(row.loss_reason, "loss_reason", most=MAX_NAME)
    checks.text(row.competitor, "competitor", most=MAX_NAME)
    checks.text(row.override_reason, "override_reason")
    on = row.opened_at.date() if row.opened_at else row.closed_on or now.date()
    checks.money(row.amount, "amount", on)
    checks.money(row.opening_amount, "opening_amount", on)
    checks.day(row.expected_close, "expected_close")
    checks.day(row.closed_on, "closed_on")
    if row.quote is not None:
        checks.text(row.quote.reference, "quote.reference", most=MAX_NAME, needed=True)
        checks.money(row.quote.amount, "quote.amount", on)
    check_step(row.next_step, checks)
    if row.stage in (WON, LOST):
        _check_closing(row, now, checks, known=row.stage == held)
    _check_times(row, now, checks, opening_told=opening_told)
    _check_activities(row, now, checks)
    checks.done()
    if row.needs is not NO_NEEDS and row.needs != NO_NEEDS:
        check_needs(row.needs, on)


def _check_closing(row: ImportDeal, now: datetime, checks: Checks, *, known: bool) -> None:
    day = row.closed_on
    if day is None:
        checks.that(False, "closed_on", "is empty: a closed deal was closed some day")
    elif row.closed_at is None and not known:
        checks.that(False, "closed_at", "is missing: the instant on that day")
    if row.opened_at is None and "opened_at" not in row.asked:
        checks.that(False, "opened_at", f"is missing: a {row.stage} deal was opened before")
    if day is not None and day > today_anywhere(now):
        checks.that(False, "closed_on", f"{day} is in the future")


def _check_times(row: ImportDeal, now: datetime, checks: Checks, *, opening_told: bool) -> None:
    before: tuple[str, datetime] | None = None
    opened_at = row.opened_at if opening_told else None
    for name, at in (("opened_at", opened_at), ("stage_at", row.stage_at), ("closed_at", row.closed_at)):
        if at is None:
            continue
        if at.tzinfo is None:
            checks.that(False, name, "needs a time zone")
            return
        if name != "closed_at" and at > now:
            checks.that(False, name, f"{_local(at, row):%Y-%m-%d %H:%M} is in the future")
        if before is not None and at < before[1]:
            checks.that(False, name, _out_of_order(row, at, *before))
        before = name, at


def _out_of_order(row: ImportDeal, at: datetime, name: str, before: datetime) -> str:
    """Days as they are in the files' zone; times of the same day with their clock."""
    this, other = _local(at, row), _local(before, row)
    form = "%Y-%m-%d" if this.date() != other.date() else "%Y-%m-%d %H:%M:%S"
    return f"{this.strftime(form)} is before {name}, {other.strftime(form)}"


def _local(at: datetime, row: ImportDeal) -> datetime:
    return at.astimezone(ZoneInfo(row.timezone))


def _check_activities(row: ImportDeal, now: datetime, checks: Checks) -> None:
    if len(row.activities) > MAX_ACTIVITIES:
        checks.that(
            False, "activities", f"there are {len(row.activities):,} of them, more than {MAX_ACTIVITIES:,}"
        )
    for n, past in enumerate(row.activities):
        before = len(checks.errors)
        check_activity(past.activity, checks, longest=MAX_MINUTES)
        if past.at.tzinfo is None or past.at > now:
            checks.that(False, "at", f"{past.at} is in the future, or without a time zone")
        if len(checks.errors) > before:
            checks.errors[before:] = [
                FieldError(f"activities[{n}].{e.field}", e.message) for e in checks.errors[before:]
            ]
