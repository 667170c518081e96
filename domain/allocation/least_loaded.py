"""Domain room: the rule that gives what falls due, or is left behind, to whoever has the least on their hands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from domain.allocation.receipt import EXCLUDED, AllocationReceipt, Candidate
from domain.people.people import Rep

RULE = "least-loaded"


@dataclass(frozen=True)
class Loads:
    """Open deals per active rep, as known at `position`."""

    position: int
    open_deals: Mapping[UUID, int]

    def of(self, ids: Iterable[UUID], since: Mapping[UUID, int]) -> Loads:
        """Of these reps alone, with what was allocated to them after `position`."""
        return Loads(self.position, {id: self.open_deals[id] + since.get(id, 0) for id in ids})


@dataclass(frozen=True)
class Choice:
    """The rep chosen, and how; `rep_id` None when there is nobody."""

    rep_id: UUID | None
    receipt: AllocationReceipt


def who_is_here(reps: Iterable[Rep], team_id: UUID, now: datetime) -> list[UUID]:
    """Those of the team to whom work may be given: active, and not on leave."""
    return [rep.id for rep in reps if rep.active and rep.team_id == team_id and rep.leave_at(now) is None]


def choose(loads: Loads, excluded: Collection[UUID], subject_id: UUID) -> Choice:
    """The least loaded candidate; among equals the subject's id decides, so that ties spread and can be replayed."""
    candidates = {id: n for id, n in loads.open_deals.items() if id not in excluded}
    chosen = min(candidates, key=lambda id: (candidates[id], (id.int ^ subject_id.int), id), default=None)
    could = (Candidate(rep_id=id, score=Decimal(n)) for id, n in sorted(candidates.items()))
    could_not = (Candidate(rep_id=id, why_not=EXCLUDED) for id in sorted(excluded))
    receipt = AllocationReceipt(rule=RULE, candidates=(*could, *could_not), known_at=loads.position)
    return Choice(chosen, receipt)


def spread(subjects: Sequence[UUID], loads: Loads, leaving: UUID) -> Iterator[tuple[UUID, Choice]]:
    """Each subject to the rep who is then the least loaded."""
    planned = dict(loads.open_deals)
    for id in subjects:
        choice = choose(Loads(loads.position, planned), {leaving}, id)
        if choice.rep_id is not None:
            planned[choice.rep_id] += 1
        yield id, choice
