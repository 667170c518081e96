"""Domain room: what each fact means to the meter. One reader for each fact; the rules are in `__init__.py`."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from domain.action_item.action_item import ActionItemEnded
from domain.customer.facts import (
    CustomerImportUndone,
    CustomerMerged,
    CustomerProfileChanged,
    CustomerRegistered,
    CustomerUnmerged,
)
from domain.cycle.policies import CyclePolicyPublished
from domain.deal import facts as f
from domain.engine.recorded import Recorded
from domain.engine.values import PromiseOutcome
from domain.figures import metrics as m
from domain.figures.meter import tallies as t
from domain.figures.meter.fold import Meter, Yields, reads, stages_of, version_of
from domain.people.people import RepHired, RepImportUndone, RepMoved
from domain.policy.closed import CLOSED, LOST, WON
from domain.policy.process import ProcessPublished, goes_forward

# -- the company, people, customers and processes ------------------------------------------------


@reads(CyclePolicyPublished)
def _policy_published(meter: Meter, recorded: Recorded, fact: CyclePolicyPublished) -> Yields:
    company = meter.state.company
    meter.state.company = company.heard(recorded.originator_id, fact, recorded.occurred_at)
    return ()


@reads(RepHired)
def _hired(meter: Meter, recorded: Recorded, fact: RepHired) -> Yields:
    meter.state.teams[recorded.originator_id] = fact.team_id
    return ()


@reads(RepMoved)
def _moved(meter: Meter, recorded: Recorded, fact: RepMoved) -> Yields:
    meter.state.teams[recorded.originator_id] = fact.after
    return ()


@reads(CustomerRegistered)
def _registered(meter: Meter, recorded: Recorded, fact: CustomerRegistered) -> Yields:
    meter.state.segments[recorded.originator_id] = fact.profile.sector
    return ()


@reads(CustomerImportUndone)
def _customer_undone(meter: Meter, recorded: Recorded, fact: CustomerImportUndone) -> Yields:
    meter.state.segments[recorded.originator_id] = fact.after.sector if fact.after is not None else ""
    return ()


@reads(RepImportUndone)
def _rep_undone(meter: Meter, recorded: Recorded, fact: RepImportUndone) -> Yields:
    if fact.after is not None and fact.after.team_id is not None:
        meter.state.teams[recorded.originator_id] = fact.after.team_id
    return ()


@reads(CustomerProfileChanged)
def _profile_changed(meter: Meter, recorded: Recorded, fact: CustomerProfileChanged) -> Yields:
    meter.state.segments[recorded.originator_id] = fact.after.sector
    return ()


@reads(CustomerMerged)
def _merged(meter: Meter, recorded: Recorded, fact: CustomerMerged) -> Yields:
    return meter.stand(recorded.originator_id, fact.into)


@reads(CustomerUnmerged)
def _unmerged(meter: Meter, recorded: Recorded, fact: CustomerUnmerged) -> Yields:
    return meter.stand(recorded.originator_id, None)


@reads(ProcessPublished)
def _published(meter: Meter, recorded: Recorded, fact: ProcessPublished) -> Yields:
    meter.state.stages[version_of(fact.process)] = stages_of(fact.process)
    return ()


# -- the deal ------------------------------------------------------------------------------------


@reads(f.DealOpened)
def _opened(meter: Meter, recorded: Recorded, fact: f.DealOpened) -> Yields:
    meter.state.deals[recorded.originator_id] = t.DealTally(
        owner_id=fact.owner_id,
        team_id=fact.team_id,
        customer_id=fact.customer_id,
        product_id=fact.product_id,
        process=f"{fact.process}:{fact.process_version}",
        opened_on=meter.day(recorded.occurred_at),
    )
    return ()


def _change(meter: Meter, recorded: Recorded, **changes: Any) -> Yields:
    """Something about the deal changed that counts from now on."""
    deals = meter.state.deals
    deals[recorded.originator_id] = replace(deals[recorded.originator_id], **changes)
    return ()


@reads(f.OwnerChanged)
def _owner_changed(meter: Meter, recorded: Recorded, fact: f.OwnerChanged) -> Yields:
    return _change(meter, recorded, owner_id=fact.after, team_id=fact.team_after)


@reads(f.ProcessMoved)
def _process_moved(meter: Meter, recorded: Recorded, fact: f.ProcessMoved) -> Yields:
    name = meter.state.deals[recorded.originator_id].process.rpartition(":")[0]
    return _change(meter, recorded, process=f"{name}:{fact.after}")


@reads(f.DealWon)
def _won(meter: Meter, recorded: Recorded, fact: f.DealWon) -> Yields:
    tally = meter.state.deals[recorded.originator_id]
    who, days = meter.standing(tally, tally.owner_id), tally.took(fact.closed_on)
    won = t.Closed(True, fact.closed_on, days, who, fact.amount)
    return meter.close(recorded.originator_id, won)


@reads(f.DealLost)
def _lost(meter: Meter, recorded: Recorded, fact: f.DealLost) -> Yields:
    tally = meter.state.deals[recorded.originator_id]
    who, days = meter.standing(tally, tally.owner_id), tally.took(fact.closed_on)
    return meter.close(recorded.originator_id, t.Closed(False, fact.closed_on, days, who))


@reads(f.DealReopened)
def _reopened(meter: Meter, recorded: Recorded, fact: f.DealReopened) -> Yields:
    return meter.close(recorded.originator_id, None)


@reads(f.StageMoved)
def _stage_moved(meter: Meter, recorded: Recorded, fact: f.StageMoved) -> Yields:
    deal_id = recorded.originator_id
    tally, on = meter.state.deals[deal_id], meter.day(recorded.occurred_at)
    stages = meter.state.stages.get(tally.process, ())
    if fact.before in CLOSED or fact.before not in stages or fact.after not in stages:
        return ()
    move = t.Move(fact.before, on, goes_forward(stages, fact.before, fact.after), not fact.missing)
    if fact.after in (WON, LOST) and tally.closed is not None:
        return meter.close(deal_id, replace(tally.closed, move=move))
    parts = t.parts_of_move(deal_id, move, meter.standing(tally, tally.owner_id))
    return ((part, 1) for part in parts)


@reads(f.DealImportUndone)
def _import_undone(meter: Meter, recorded: Recorded, fact: f.DealImportUndone) -> Yields:
    """What was counted of the deal meanwhile is taken back, and it stands closed as it did before, or is open, or gone."""
    taken = meter.state.undone[recorded.originator_id]
    yield from ((part, -sign) for part, sign in taken.parts)
    yield from meter.close(recorded.originator_id, taken.tally.closed)
    closed = meter.state.deals[recorded.originator_id].closed
    meter.state.deals[recorded.originator_id] = replace(taken.tally, closed=closed)
    meter.state.activities.update(taken.activities)


# -- what is set right ---------------------------------------------------------------------------


@reads(f.ClosingCorrected)
def _closing_corrected(meter: Meter, recorded: Recorded, fact: f.ClosingCorrected) -> Yields:
    tally = meter.state.deals[recorded.originator_id]
    if tally.closed is None:
        return ()
    on, amount = fact.after.closed_on, fact.after.amount if tally.closed.won else None
    right = replace(tally.closed, on=on, days=tally.took(on), amount=amount)
    return meter.close(recorded.originator_id, right)


@reads(f.AmountChanged)
def _amount_changed(meter: Meter, recorded: Recorded, fact: f.AmountChanged) -> Yields:
    closed = meter.state.deals[recorded.originator_id].closed
    if closed is None or not closed.won:
        return ()
    return meter.close(recorded.originator_id, replace(closed, amount=fact.after))


@reads(f.CustomerCorrected)
def _customer_corrected(meter: Meter, recorded: Recorded, fact: f.CustomerCorrected) -> Yields:
    closed = meter.state.deals[recorded.originator_id].closed
    if closed is not None:
        who = replace(closed.who, customer_id=fact.after, segment=meter.segment(fact.after))
        closed = replace(closed, who=who)
    return meter.close(recorded.originator_id, closed, customer_id=fact.after)


@reads(f.ProductCorrected)
def _product_corrected(meter: Meter, recorded: Recorded, fact: f.ProductCorrected) -> Yields:
    closed = meter.state.deals[recorded.originator_id].closed
    if closed is not None:
        closed = replace(closed, who=replace(closed.who, product_id=fact.after))
    return meter.close(recorded.originator_id, closed, product_id=fact.after)


# -- activities and promises ---------------------------------------------------------------------


@reads(f.ActivityLogged)
def _logged(meter: Meter, recorded: Recorded, fact: f.ActivityLogged) -> Yields:
    deal_id = recorded.originator_id
    tally = meter.state.deals[deal_id]
    who = meter.standing(tally, fact.activity.rep_id or tally.owner_id)
    done = t.Done(fact.activity.kind, meter.day(recorded.occurred_at), who)
    meter.state.activities[f"{deal_id}:{fact.activity_id}"] = done
    return ((t.part_of_activity(deal_id, done), 1),)


@reads(f.ActivityCorrected)
def _activity_corrected(meter: Meter, recorded: Recorded, fact: f.ActivityCorrected) -> Yields:
    """It stays on its day, with who did it then, unless that is what was corrected."""
    deal_id, key = recorded.originator_id, f"{recorded.originator_id}:{fact.activity_id}"
    done, tally = meter.state.activities[key], meter.state.deals[recorded.originator_id]
    right = replace(done, kind=fact.after.kind)
    if fact.after.rep_id != fact.before.rep_id:
        right = replace(right, who=meter.standing(tally, fact.after.rep_id or tally.owner_id))
    meter.state.activities[key] = right
    return t.difference((t.part_of_activity(deal_id, done),), (t.part_of_activity(deal_id, right),))


@reads(f.PromiseMade)
def _promise_made(meter: Meter, recorded: Recorded, fact: f.PromiseMade) -> Yields:
    return _change(meter, recorded, promised_by=fact.owner_id)


@reads(f.PromiseHandedOver)
def _promise_handed_over(meter: Meter, recorded: Recorded, fact: f.PromiseHandedOver) -> Yields:
    return _change(meter, recorded, promised_by=fact.after)


@reads(f.PromiseEnded)
def _promise_ended(meter: Meter, recorded: Recorded, fact: f.PromiseEnded) -> Yields:
    deal_id = recorded.originator_id
    tally = meter.state.deals[deal_id]
    excused = fact.outcome == PromiseOutcome.EXCUSED
    who = meter.standing(tally, tally.promised_by or tally.owner_id)
    kept = Decimal(fact.outcome == PromiseOutcome.KEPT)
    counts = m.PROMISES_EXCUSED if excused else m.PROMISE_KEEPING
    return ((t.Part(counts, meter.day(fact.due_at), m.ONE if excused else kept, who, deal_id), 1),)


@reads(ActionItemEnded)
def _action_item_ended(meter: Meter, recorded: Recorded, fact: ActionItemEnded) -> Yields:
    if fact.outcome == PromiseOutcome.EXCUSED:
        return ()
    who = meter.standing_of(fact)
    kept = Decimal(fact.outcome == PromiseOutcome.KEPT)
    return ((t.Part(m.ACTION_ITEMS_KEPT, meter.day(fact.due_at), kept, who, recorded.originator_id), 1),)
