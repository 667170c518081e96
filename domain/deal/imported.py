"""Domain room: what importing a deal decides. The gates hold here as at every other door.

A new row opens the deal and tells its past at the times it happened. A changed row records what the file changed and
nothing else: what somebody changed here since the last import is never overwritten, the row is refused instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from domain.custom_field.declaration import RecordKind
from domain.custom_field.holding import changed as fields_changed
from domain.custom_field.holding import fields_of
from domain.custom_field.imported import Marks, tell_fields, tell_fields_again
from domain.customer.customer import customer_of, is_same
from domain.deal import facts as f
from domain.deal.arrival import Arrival
from domain.deal.commands import FIELDS, ImportDeal, PastActivity
from domain.deal.completing import (
    OPEN_ALONE,
    OURS,
    completed,
    echoed,
    says_what_is_so,
    told_parts,
    without_closings,
)
from domain.deal.deal import Deal
from domain.deal.decisions import Json, answer_of, other_currency, policy_of, process_of
from domain.deal.fixed import FIXED, named_in, not_taken
from domain.deal.import_checks import check_row
from domain.deal.required_fields import with_fields
from domain.deal.row import differing, digest_of, marks_held, marks_of
from domain.deal.stage_history import Way, steps_since
from domain.engine.command import handles
from domain.engine.errors import FieldError, Invalid, Refused
from domain.engine.unit_of_work import UnitOfWork
from domain.engine.values import Money, NextStep
from domain.people.people import Rep
from domain.policy.closed import LOST, WON
from domain.policy.follow_up import FollowUpPolicy
from domain.policy.policies import Policies, follow_up_policy, policy_stream
from domain.policy.process import Process, Processes, process_stream

NEED_TO_BE_OPEN = {"needs", "quote", "next_step"}
NEED_AN_OPEN_DEAL = {"owner", "amount", "expected_close", "needs", "quote", "next_step"}


@handles(ImportDeal)
def import_deal(row: ImportDeal, work: UnitOfWork) -> Json:
    deal, digest = work.find(Deal, row.deal_id), digest_of(row)
    if deal.imported is not None and deal.imported.digest == digest:
        return answer_of(deal)
    if not deal.exists:
        check_row(row, work.context.now)
        told = _open(deal, row, work)
        marks = replace(marks_of(row), custom=told)
        deal.record(f.ImportNoted(digest=digest, as_of=work.context.now, marks=marks))
        return answer_of(deal)
    if any(_logged_as(deal, past) for past in row.activities):
        deal = work.get(Deal, row.deal_id, complete=True)
    return _tell_again(deal, row, digest, work)


# -- a row that is new --------------------------------------------------------------------------


def _open(deal: Deal, row: ImportDeal, work: UnitOfWork) -> Marks:
    """What its custom fields are remembered by."""
    processes, policies = process_stream(row.process), policy_stream(row.policy)
    work.want((Rep, row.owner_id), (Processes, processes), (Policies, policies), FIELDS)
    process = with_fields(work.look(Processes, processes).current, fields_of(RecordKind.DEAL, work))
    policy = follow_up_policy(row.policy, work)
    _check_stage(row, process)
    opened_at = row.opened_at or work.context.now
    deal.open(_opening(row, _owner(row, work), process, policy, work), opened_at)
    told = tell_fields(deal, RecordKind.DEAL, row.custom, work, opened_at)
    arrives_at = min(row.closed_at or row.stage_at or opened_at, work.context.now)
    _log(deal, (past for past in row.activities if past.at <= arrives_at))
    if row.stage_history:
        Way(deal, row, process, work, opened_at).begin()
    else:
        _arrive(deal, row, process, work, arrives_at)
    _log(deal, (past for past in row.activities if past.at > arrives_at))
    _promise(deal, row, policy, work.context.now)
    return told


def _arrive(deal: Deal, row: ImportDeal, process: Process, work: UnitOfWork, at: datetime) -> None:
    _record_what_gates_ask(deal, row, at)
    if row.stage != WON and row.amount is not None:
        deal.change_amount(row.amount, at)
    Arrival(deal, row, process, work, row.amount, at).come()


def _check_stage(row: ImportDeal, process: Process) -> None:
    reachable = (*process.open_stages, WON, LOST)
    told = [(f"stage_history[{n}].stage", past.stage) for n, past in enumerate(row.stage_history)]
    unknown = [(at, stage) for at, stage in told or [("stage", row.stage)] if stage not in reachable]
    if unknown:
        raise Invalid(
            [FieldError(at, f"{stage!r} is not one of {', '.join(reachable)}") for at, stage in unknown]
        )


def _owner(row: ImportDeal, work: UnitOfWork) -> Rep:
    """History may belong to somebody who has left; an open deal may not."""
    rep = work.get(Rep, row.owner_id, guard=True)
    if row.stage not in (WON, LOST):
        rep.must_be_active()
    return rep


def _opening(
    row: ImportDeal, rep: Rep, process: Process, policy: FollowUpPolicy, work: UnitOfWork
) -> f.DealOpened:
    first = row.stage_history[0] if row.stage_history else row
    customer_id = customer_of(row.customer_id, work).id if row.customer_id is not None else None
    return f.DealOpened(
        title=row.title,
        customer_id=customer_id,
        owner_id=rep.id,
        team_id=rep.team_id or rep.id,
        process=process.name,
        process_version=process.version,
        stage=process.open_stages[0],
        policy=policy.name,
        product_id=row.product_id,
        amount=row.opening_amount or (None if first.stage == WON else first.amount),
        expected_close=first.expected_close,
        source=row.source,
        reference=row.reference,
    )


def _log(deal: Deal, activities: Iterable[PastActivity]) -> None:
    for past in sorted(activities, key=lambda past: past.at):
        deal.log(past.activity_id, past.activity, past.at)


def _record_what_gates_ask(deal: Deal, row: ImportDeal, at: datetime) -> None:
    if row.needs != deal.needs:
        deal.record_needs(row.needs, at)
    if row.quote is not None:
        deal.record_quote(row.quote, at)


def _promise(deal: Deal, row: ImportDeal, policy: FollowUpPolicy, now: datetime) -> None:
    """The step the row names, or one by rule; never due in the past."""
    if deal.is_open and row.next_step is not None:
        deal.promise_next(_not_past(row.next_step, deal, policy, now), policy, now)
    deal.keep_promised(policy, now)


def _not_past(step: NextStep, deal: Deal, policy: FollowUpPolicy, now: datetime) -> NextStep:
    return step if step.due_at > now else NextStep(step.what, policy.due_at(now, deal.stage))


# -- a row that changed -------------------------------------------------------------------------


def _tell_again(deal: Deal, said: ImportDeal, digest: str, work: UnitOfWork) -> Json:
    """Record what the file changed. What it cannot change is refused or named; where nothing is new, nothing is noted."""
    said = _without_echoes(said, deal, work)
    if deal.imported is None:
        if says_what_is_so(said, deal) and not said.custom:
            return answer_of(deal)
        raise Refused("the deal was not imported: a file cannot change it", source=said.source)
    said = without_closings(said, deal)
    row, last = completed(said, deal), deal.imported.marks
    parts = told_parts(said, deal)
    opening_told = deal.opening_told or "opened_at" in parts
    check_row(row, work.context.now, held=deal.status, opening_told=opening_told)
    new = marks_of(row)
    parts -= echoed(row, deal, new, last)
    marks = replace(last, **{part: getattr(new, part) for part in parts})
    marks = replace(marks, custom=tell_fields_again(deal, RecordKind.DEAL, row, last.custom, work))
    notes = _change(deal, row, marks, work)
    agreed = not deal.has_decided
    if not agreed or marks != last:
        deal.record(f.ImportNoted(digest=digest, as_of=work.context.now, marks=marks))
    return {**answer_of(deal), "notes": notes, "agreed": agreed}


def _without_echoes(row: ImportDeal, deal: Deal, work: UnitOfWork) -> ImportDeal:
    """Of custom fields, a row of our own list tells those that it has otherwise. Raises Invalid."""
    if OURS not in row.assumed or not row.custom:
        return row
    before, after = fields_changed(deal.custom, row.custom, fields_of(RecordKind.DEAL, work))
    return replace(row, custom={name: row.custom[name] for name in {*before, *after}})


def _change(deal: Deal, row: ImportDeal, new: f.RowMarks, work: UnitOfWork) -> list[tuple[str, str]]:
    """What the caller is to be told beside what is recorded: field and sentence."""
    process, policy, now = process_of(deal, work), policy_of(deal, work), work.context.now
    _check_stage(row, process)
    assert deal.imported is not None
    since, last = deal.imported.as_of, deal.imported.marks
    changed, steps = _applicable(deal, row, new, last), steps_since(row, deal, last)
    if any(past.stage != row.stage for past in steps) and marks_held(deal, last).standing == last.standing:
        changed.add("standing")
    fresh = [past for past in row.activities if _logged_as(deal, past) is None]
    notes = not_taken(row, deal, new, last, {*changed, *(["activities"] if fresh else [])})
    notes.extend(_looks_older(deal, row, changed, fresh))
    notes.extend(_opens_nothing(deal, row))
    notes.extend(_in_other_currencies(deal, row, changed))
    if row.stage == deal.status and not steps:
        _correct_closing(deal, row, changed)
    reopens = "standing" in changed and not deal.is_open
    if reopens:
        deal.reopen(deal.reached(process), process)
    _correct(deal, row, work, changed)
    stage, worth = deal.stage, _worth(deal, row, changed)
    if "standing" in changed and steps:
        Way(deal, row, process, work, since).go_on(steps, worth)
    elif "standing" in changed:
        at = min(max(row.closed_at or row.stage_at or now, since), now)
        Arrival(deal, row, process, work, worth, at).come()
    if reopens and deal.is_open:
        work.get(Rep, deal.owner_id, guard=True).must_be_active()
    touched = _new_activities(deal, row, policy, now)
    if deal.stage != stage and not touched:
        deal.rearm(policy, now)
    if "next_step" in changed:
        _promise(deal, row, policy, now)
    deal.keep_promised(policy, now)
    return [(note.field, note.message) for note in notes]


def _worth(deal: Deal, row: ImportDeal, changed: set[str]) -> Money | None:
    """What it is won at: what its row says, or what was said here or in an earlier file; never a guess."""
    return row.amount if "amount" in changed or row.amount is None else deal.amount or row.amount


def _looks_older(
    deal: Deal, row: ImportDeal, changed: set[str], fresh: Sequence[PastActivity]
) -> Iterator[FieldError]:
    """A file that comes after a newer one undoes what that one told."""
    if "standing" in changed and not deal.is_open and row.stage not in (WON, LOST):
        yield FieldError(
            "stage", f"opens a deal again that was {deal.status}: is this file older than what is known?"
        )
    if deal.opened_at is not None and any(past.at < deal.opened_at for past in fresh):
        yield FieldError(
            "activities.at", "tells of work from before the deal was opened; that stays as it is"
        )


def _opens_nothing(deal: Deal, row: ImportDeal) -> Iterator[FieldError]:
    if OPEN_ALONE in row.assumed and not deal.is_open:
        words = f"the deal is {deal.status}, and this mapping has no word for that: stage and amount stay as they are"
        yield FieldError("stage", words)


def _in_other_currencies(deal: Deal, row: ImportDeal, changed: set[str]) -> Iterator[FieldError]:
    """Taken as from people, but a file without a column for it may only say the mapping's."""
    said = (
        ("amount", "amount", row.amount),
        ("needs", "needs.budget", row.needs.budget),
        ("quote", "quote.amount", row.quote.amount if row.quote is not None else None),
    )
    for part, field, money in said:
        held = deal.amount if part in changed else None
        if money is not None and held is not None and money.currency != held.currency:
            yield FieldError(field, other_currency(money, held))


def _applicable(deal: Deal, row: ImportDeal, new: f.RowMarks, last: f.RowMarks) -> set[str]:
    """The parts to record: the file changed them, and they are not so here already. Raises Refused where somebody changed
    them here, too, and Invalid where a closed deal has no such part any more.
    """
    held = marks_held(deal, last, row.quote)
    changed = (differing(new, last) & differing(new, held)) - {*FIXED}
    if both := sorted(changed & differing(held, last)):
        raise Refused(_both_changed(deal, row, both), changed_here=both)
    if not deal.is_open and row.stage not in (WON, LOST) and "standing" not in changed:
        late = sorted(changed & NEED_AN_OPEN_DEAL)
        if late:
            raise Refused(
                f"{_closed(deal)}, the file still has it open: {', '.join(late)} cannot change", changed=late
            )
    if row.stage == deal.status and (late := sorted(changed & NEED_TO_BE_OPEN)):
        named = [name for part in late for name in named_in(part, row, deal)]
        raise Invalid([FieldError(name, f"{_closed(deal)}: this cannot change any more") for name in named])
    return changed


def _both_changed(deal: Deal, row: ImportDeal, both: list[str]) -> str:
    if "standing" in both:
        where = f"is in {deal.stage}" if deal.is_open else f"was {deal.status} on {deal.closed_on}"
        return f"the deal {where} here, the file has it in {row.stage}: somebody moved it here since the last import"
    return f"{', '.join(both)}: changed in the file and here since the last import; set it right in one of the two"


def _closed(deal: Deal) -> str:
    return f"the deal was {deal.status} here on {deal.closed_on}"


def _correct(deal: Deal, row: ImportDeal, work: UnitOfWork, changed: set[str]) -> None:
    if "title" in changed:
        deal.correct_title(row.title)
    if "customer" in changed and not is_same(row.customer_id, deal.customer_id, work):
        deal.correct_customer(row.customer_id)
    if "product" in changed:
        deal.correct_product(row.product_id)
    if "owner" in changed:
        _give(deal, row, work)
    if "amount" in changed and not (row.stage == WON and deal.is_open):
        deal.change_amount(row.amount)
    if "expected_close" in changed:
        deal.move_expected_close(row.expected_close)
    if "needs" in changed:
        deal.record_needs(row.needs)
    if row.quote is not None and "quote" in changed:
        deal.record_quote(row.quote)


def _give(deal: Deal, row: ImportDeal, work: UnitOfWork) -> None:
    try:
        deal.give_to(work.get(Rep, row.owner_id, guard=True), "import", f"the owner changed in {row.source}")
    except Refused as refusal:
        raise Invalid([FieldError("owner", refusal.message)]) from refusal


def _correct_closing(deal: Deal, row: ImportDeal, changed: set[str]) -> None:
    """Closed here as in the file: what the file says of the closing now is set right, not done again."""
    after = deal.closing
    if "standing" in changed:
        after = replace(
            after,
            closed_on=row.closed_on or after.closed_on,
            contract_reference=row.contract_reference if row.stage == WON else "",
            loss_reason=row.loss_reason if row.stage == LOST else "",
            competitor=row.competitor if row.stage == LOST else "",
        )
    if "amount" in changed:
        after = replace(after, amount=row.amount or after.amount)
    deal.correct_closing(after)
    changed -= {"standing", "amount"}


def _logged_as(deal: Deal, past: PastActivity) -> UUID | None:
    """Under which id it is known already: its own, or that of when it was only begun."""
    return next(
        (id for id in (past.activity_id, past.begun_id) if id is not None and deal.has_logged(id)), None
    )


def _new_activities(deal: Deal, row: ImportDeal, policy: FollowUpPolicy, now: datetime) -> bool:
    """Log what is new; the latest work touches the deal. Whether it did."""
    new = [past for past in row.activities if _logged_as(deal, past) is None]
    done = [past for past in row.activities if _tell_known(deal, past)]
    _log(deal, new)
    last = max([*new, *done], key=lambda past: past.at, default=None)
    before = deal.promise
    if last is not None:
        deal.touched(policy, now, f"{last.activity.kind}:{last.activity.outcome}", None, last.at)
    return deal.promise is not before


def _tell_known(deal: Deal, past: PastActivity) -> bool:
    """Set right work that is known. True where it was only begun then, and is done now; an older file undoes no work."""
    id = _logged_as(deal, past)
    if id is None:
        return False
    held = deal.activity(id)
    only_begun = past.activity.started_at == past.at and past.activity.duration_minutes is None
    if not (only_begun and held.duration_minutes is not None):
        deal.correct_activity(id, past.activity)
    return id == past.begun_id and held.duration_minutes is None
