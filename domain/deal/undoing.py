"""Domain room: what becomes of a deal's promise when an import of it was undone."""

from __future__ import annotations

from domain.deal import facts as f
from domain.deal.deal import Deal
from domain.deal.decisions import policy_of
from domain.engine.unit_of_work import UnitOfWork
from domain.import_undo import settles
from domain.people.people import Rep


@settles(Deal)
def settle(deal: Deal, undone: Deal, work: UnitOfWork) -> None:
    """An open deal has its promise of then again, with a timer of its own: what the undone one was armed with speaks for it no more."""
    if not deal.is_open:
        return
    work.get(Rep, deal.owner_id, guard=True).must_be_active()
    policy, now = policy_of(deal, work), work.context.now
    held = deal.promise
    if held is None:
        deal.keep_promised(policy, now)
        return
    armed = undone.promise.generation if undone.promise is not None and undone.promise.id == held.id else 0
    rearmed = f.PromiseRearmed(
        promise_id=held.id,
        before=held.deadlines,
        after=held.deadlines,
        policy_version=held.policy_version,
        arming=max(armed, held.generation) + 1,
        overdue=held.is_overdue(now),
    )
    deal.record(rearmed, now)
