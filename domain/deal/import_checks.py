"""Domain room: what an imported row must be like before anything is decided. History is never in the future."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from domain.deal.commands import NOBODY, ImportDeal
from domain.engine.values import Checks, today_anywhere
from domain.policy.closed import LOST, WON


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
    if row.stage in (WON, LOST):
        _check_closing(row, now, checks, known=row.stage == held)
    _check_times(row, now, checks, opening_told=opening_told)
    _check_history(row, now, checks, opening_told=opening_told)
    for n, past in enumerate(row.activities):
        if past.at > now:
            checks.that(False, f"activities[{n}].at", f"{past.at} is in the future")
    checks.done()


def _check_history(row: ImportDeal, now: datetime, checks: Checks, *, opening_told: bool) -> None:
    before = row.opened_at if opening_told else None
    name = "opened_at"
    for n, past in enumerate(row.stage_history):
        at = f"stage_history[{n}]"
        if past.stage in (WON, LOST) and past.closed_on is None:
            checks.that(False, f"{at}.closed_on", "is empty: a closed deal was closed some day")
        if past.closed_on is not None and past.closed_on > today_anywhere(now):
            checks.that(False, f"{at}.closed_on", f"{past.closed_on} is in the future")
        if past.at is None:
            continue
        if past.at > now:
            checks.that(False, f"{at}.stage_at", f"{_local(past.at, row):%Y-%m-%d %H:%M} is in the future")
        if before is not None and past.at < before:
            checks.that(False, f"{at}.stage_at", _out_of_order(row, past.at, name, before))
        before, name = past.at, "stage_at"


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
