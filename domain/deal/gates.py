"""Domain room: what each gate requirement asks of a deal. One function, every writer."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from domain.process import Process, Stage

if TYPE_CHECKING:
    from domain.deal.deal import Deal

_MET: dict[str, Callable[[Deal], bool]] = {
    "pain-points": lambda deal: bool(deal.needs.pain_points.strip()),
    "budget": lambda deal: deal.needs.budget is not None,
    "decision-process": lambda deal: bool(deal.needs.decision_process.strip()),
    "decision-makers": lambda deal: bool(deal.needs.decision_makers),
    "quote-or-demonstration": lambda deal: deal.quoted or deal.demonstrated,
    "amount": lambda deal: deal.amount is not None,
    "close-date": lambda deal: deal.closed_on is not None,
    "contract-reference": lambda deal: bool(deal.contract_reference),
    "loss-reason": lambda deal: bool(deal.loss_reason),
}


def missing(deal: Deal, requirements: tuple[str, ...]) -> tuple[str, ...]:
    """The requirements that the deal does not meet, in order, each once."""
    return tuple(name for name in dict.fromkeys(requirements) if not _MET[name](deal))


def on_the_way(process: Process, before: str, after: str) -> tuple[str, ...]:
    """All requirements between two stages. Going back, and giving up, leave no gate behind."""
    left = () if after == "lost" else process.between(before, after)
    entered = tuple(s for s in process.stages if s.name == after)
    return (
        *(name for stage in left for name in _leaving(stage)),
        *(name for s in entered for name in s.enter),
    )


def _leaving(stage: Stage) -> tuple[str, ...]:
    return () if stage.name in ("won", "lost") else stage.leave
