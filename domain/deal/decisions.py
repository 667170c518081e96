"""Domain room: what each deal command decides. Guards live here and in the aggregate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from domain.allocation.receipt import AllocationReceipt
from domain.custom_field.declaration import RecordKind
from domain.custom_field.holding import fields_of, fill_in, must_be_complete
from domain.customer.customer import Customer, customer_of, is_same
from domain.customer.product import Product
from domain.deal import commands as c
from domain.deal import facts as f
from domain.deal.deal import Deal
from domain.deal.required_fields import with_fields
from domain.engine.command import answers, decides, handles
from domain.engine.errors import FieldError, Forbidden, Invalid, NotFound, Refused
from domain.engine.unit_of_work import Stream, UnitOfWork
from domain.engine.values import Money, NextStep, id_text
from domain.people.people import Rep, RepAllocated
from domain.policy.follow_up import FollowUpPolicy
from domain.policy.policies import Policies, follow_up_policy, policy_stream
from domain.policy.process import Process, Processes, process_stream
from domain.time.calendar import HORIZON_DAYS

Json = dict[str, Any]
LONGEST = timedelta(days=HORIZON_DAYS)


@answers(Deal)
def answer_of(deal: Deal) -> Json:
    """What every deal command answers: the deal, where it stands, and its live promise."""
    promise = deal.promise
    return {
        "deal_id": id_text(deal.id.int),
        "status": deal.status,
        "stage": deal.stage,
        "owner_id": id_text(deal.owner_id.int),
        "promise_id": str(promise.id) if promise else None,
        "due_at": promise.deadlines.due_at.isoformat() if promise else None,
    }


def policy_of(deal: Deal, work: UnitOfWork) -> FollowUpPolicy:
    return follow_up_policy(deal.policy, work)


def process_of(deal: Deal, work: UnitOfWork) -> Process:
    """With what custom fields its gates ask for."""
    process = work.look(Processes, process_stream(deal.process)).at(deal.process_version)
    return with_fields(process, fields_of(RecordKind.DEAL, work))


def rules_of(deal: Deal) -> Sequence[Stream]:
    """What the rules of a deal lie in, for a decision that looks at all."""
    return (Processes, process_stream(deal.process)), (Policies, policy_stream(deal.policy)), c.FIELDS


def check_limits(deal: Deal, step: NextStep | None, policy: FollowUpPolicy, work: UnitOfWork) -> None:
    """What an owner may promise alone. Raises Forbidden."""
    if step is not None and work.context.by_a_rep:
        deal.must_leave_owner(step, policy, work.context.now)


def check_subjects(customer_id: UUID | None, product_id: UUID | None, work: UnitOfWork) -> None:
    """A deal is about customers and products that are there, and nothing new about an archived product."""
    if customer_id is not None:
        work.get(Customer, customer_id)
    if product_id is not None and work.get(Product, product_id).archived:
        raise Refused("this product is archived: list it again first", product_id=str(product_id))


@handles(c.OpenDeal)
def open_deal(command: c.OpenDeal, work: UnitOfWork) -> Json:
    check_subjects(command.customer_id, command.product_id, work)
    process = work.look(Processes, process_stream(command.process)).current
    policy = follow_up_policy(command.policy, work)
    rep = work.get(Rep, command.owner_id, guard=True)
    rep.must_be_active()
    deal = work.new(Deal, command.deal_id)
    deal.open(
        f.DealOpened(
            title=command.title,
            customer_id=command.customer_id,
            owner_id=rep.id,
            team_id=rep.team_id or rep.id,
            process=process.name,
            process_version=process.version,
            stage=process.open_stages[0],
            policy=policy.name,
            product_id=command.product_id,
            amount=command.amount,
            expected_close=command.expected_close,
        ),
        work.context.happened_at,
    )
    declared = fields_of(RecordKind.DEAL, work)
    fill_in(deal, command.custom, declared, work.context.happened_at)
    must_be_complete(deal, declared)
    now = work.context.now
    if command.next_step is not None:
        check_limits(deal, command.next_step, policy, work)
        deal.promise_next(command.next_step, policy, now)
    deal.keep_promised(policy, now)
    return answer_of(deal)


@decides(c.LogActivity)
def log_activity(deal: Deal, command: c.LogActivity, work: UnitOfWork) -> Json:
    policy = policy_of(deal, work)
    if not deal.has_logged(command.activity_id):
        check_contact(deal, command.activity.contact_id, work)
    touch = f"{command.activity.kind}:{command.activity.outcome}"
    if deal.log(command.activity_id, command.activity):
        check_limits(deal, command.next_step, policy, work)
        deal.touched(policy, work.context.now, touch, command.next_step, work.context.occurred_at)
    return {"activity_id": str(command.activity_id)}


@handles(c.CorrectActivity)
def correct_activity(command: c.CorrectActivity, work: UnitOfWork) -> Json:
    deal = work.get(Deal, command.deal_id, complete=True)
    before, after = deal.activity(command.activity_id), command.activity
    if after.contact_id != before.contact_id:
        check_contact(deal, after.contact_id, work)
    rep_id, contact_id = after.rep_id or before.rep_id, after.contact_id or before.contact_id
    deal.correct_activity(command.activity_id, replace(after, rep_id=rep_id, contact_id=contact_id))
    return answer_of(deal)


def check_contact(deal: Deal, contact_id: UUID | None, work: UnitOfWork) -> None:
    """A touch is with a contact of the deal's customer. Raises NotFound."""
    if contact_id is None:
        return
    known = customer_of(deal.customer_id, work).contacts if deal.customer_id is not None else {}
    if contact_id not in known:
        words = "activity.contact_id: the deal's customer has no contact with this id"
        raise NotFound(words, kind="contact", id=str(contact_id), field="activity.contact_id")


@decides(c.RecordNeeds)
def record_needs(deal: Deal, command: c.RecordNeeds, work: UnitOfWork) -> None:
    deal.record_needs(command.needs)
    warn_of_currency("budget", command.needs.budget, deal.amount, work)


@decides(c.RecordQuote)
def record_quote(deal: Deal, command: c.RecordQuote, work: UnitOfWork) -> None:
    deal.record_quote(command.quote)
    warn_of_currency("quote", command.quote.amount, deal.amount, work)


@decides(c.ChangeAmount)
def change_amount(deal: Deal, command: c.ChangeAmount, work: UnitOfWork) -> None:
    deal.must_be_open()
    warn_of_currency("amount", command.amount, deal.amount, work)
    deal.change_amount(command.amount)


def warn_of_currency(what: str, said: Money | None, held: Money | None, work: UnitOfWork) -> None:
    """Another currency than the deal's is taken, but may be a slip of the pen."""
    if said is not None and held is not None and said.currency != held.currency:
        work.warn(f"the {what} {other_currency(said, held)}")


def other_currency(said: Money, held: Money) -> str:
    return f"is in {said.currency}, the deal was in {held.currency}"


@decides(c.MoveExpectedClose)
def move_expected_close(deal: Deal, command: c.MoveExpectedClose, _work: UnitOfWork) -> None:
    deal.must_be_open()
    deal.move_expected_close(command.expected_close)


@decides(c.CorrectDeal)
def correct_deal(deal: Deal, command: c.CorrectDeal, work: UnitOfWork) -> None:
    check_subjects(command.customer_id, _unless(deal.product_id, command.product_id), work)
    if command.title is not None:
        deal.correct_title(command.title)
    if command.customer_id is not None and not is_same(command.customer_id, deal.customer_id, work):
        deal.correct_customer(command.customer_id)
    if command.product_id is not None:
        deal.correct_product(command.product_id)


def _unless(held: UUID | None, said: UUID | None) -> UUID | None:
    return None if said == held else said


@decides(c.MoveStage)
def move_stage(deal: Deal, command: c.MoveStage, work: UnitOfWork) -> None:
    before = deal.stage
    work.want(*rules_of(deal))
    deal.move(process_of(deal, work), command.to)
    if deal.stage != before:
        deal.rearm(policy_of(deal, work), work.context.now)


@decides(c.MoveToProcess)
def move_to_process(deal: Deal, command: c.MoveToProcess, work: UnitOfWork) -> None:
    deal.must_be_open()
    deal.move_process(work.find(Processes, process_stream(deal.process)).at(command.version))


@decides(c.RequestOverride)
def request_override(deal: Deal, command: c.RequestOverride, work: UnitOfWork) -> Json:
    if not (work.context.reason or "").strip():
        raise Invalid([FieldError("reason", "an override is asked for with a reason")])
    deal.request_override(process_of(deal, work), command.override_id, command.to, str(work.context.actor))
    return {"override_id": str(command.override_id)}


@handles(c.DecideOverride)
def decide_override(command: c.DecideOverride, work: UnitOfWork) -> Json:
    if work.context.actor.kind != "user":
        raise Forbidden("an override is decided by a person")
    deal = work.get(Deal, command.deal_id)
    process, by = process_of(deal, work), str(work.context.actor)
    deal.decide_override(process, command.override_id, approved=command.approved, by=by)
    return {**answer_of(deal), "override_id": str(command.override_id)}


@handles(c.HandOver)
def hand_over(command: c.HandOver, work: UnitOfWork) -> Json:
    """Two streams, one commit: the deal changes hands and the rep's allocations count it."""
    deal = work.get(Deal, command.deal_id)
    rep, now = work.get(Rep, command.to, guard=True), work.context.now
    if rep.id != deal.owner_id:
        deal.break_if_overdue(now)
    give(deal, rep, command.rule, command.handover_note, command.receipt)
    if deal.is_open and deal.promise is None:
        deal.keep_promised(policy_of(deal, work), now)
    return answer_of(deal)


def give(deal: Deal, rep: Rep, rule: str, note: str, receipt: AllocationReceipt | None) -> None:
    before = deal.owner_id
    deal.give_to(rep, rule, note)
    if deal.owner_id != before:
        receipt = receipt or AllocationReceipt(rule=rule)
        rep.record(RepAllocated(subject="deal", subject_id=deal.id, receipt=receipt))
