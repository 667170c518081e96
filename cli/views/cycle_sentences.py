"""cli: the facts of a cycle as sentences, for who watches them being recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from cli.engine.options import measured, metric_name, who

if TYPE_CHECKING:
    from domain.engine.recorded import Recorded
    from domain.time.periods import Period

Names = dict[UUID, str]
Sentence = Callable[[Any, Names], str]
STEPS = {
    "propose": "propose a target",
    "agree": "agree to the target",
    "self-assess": "assess the month",
    "assess": "give the manager's assessment",
    "decide": "decide",
    "give-feedback": "give feedback",
    "acknowledge": "acknowledge the feedback",
    "decide-appeal": "decide the appeal",
}


def sentence(recorded: Recorded, period: Period, names: Names) -> str:
    """A line: when, which period, what. Empty for facts that say nothing to a person."""
    said = SAID.get(recorded.fact.TOPIC)
    sentence = said(recorded.fact, names) if said else ""
    at = recorded.recorded_at.astimezone().strftime("%H:%M:%S")
    return f"  {at}  {period}  {sentence}" if sentence else ""


def _opened(fact: Any, names: Names) -> str:
    people = fact.people
    return (
        f"the cycle opens: {who(people.owner_id, names)} owns it, {who(people.manager_id, names)} reviews it"
    )


def _awaiting(fact: Any, names: Names) -> str:
    owed = fact.awaited
    due = owed.due_at.astimezone().strftime("%H:%M:%S")
    return f"waits for {who(owed.of, names)} to {STEPS[owed.step]} until {due}"


def _escalated(fact: Any, names: Names) -> str:
    hears = f"{who(fact.told, names)} is told" if fact.told else "nobody is above to be told"
    return f"nobody did: {hears}, and the loop goes on"


def _reviewed(fact: Any, _names: Names) -> str:
    points = len(fact.agenda)
    return (
        f"the review opens: its pack is frozen at position {fact.position:,}, {points} points on the agenda"
    )


def _proposed(fact: Any, _names: Names) -> str:
    numbers = ", ".join(
        f"{metric_name(t.metric)} {measured(t.number, t.metric, t.currency)}" for t in fact.targets
    )
    return f"proposes the target of {fact.period}: {numbers or 'none'}"


SAID: Mapping[str, Sentence] = {
    "cycle.opened": _opened,
    "cycle.target-included": lambda fact, _: f"the target for {metric_name(fact.metric)} belongs to it",
    "cycle.awaiting": _awaiting,
    "cycle.reminded": lambda fact, names: f"reminds {who(fact.told, names)} to {STEPS[fact.step]}",
    "cycle.escalated": _escalated,
    "cycle.targets-agreed": lambda fact, names: f"{who(fact.agreed_by, names)} agrees to the target",
    "cycle.execution-started": lambda _fact, _names: "execution starts",
    "cycle.review-opened": _reviewed,
    "cycle.assessed": lambda fact, names: f"{who(fact.assessed_by, names)} assesses: {fact.text}",
    "cycle.feedback-given": lambda fact, _: f"feedback: {fact.text}; {len(fact.action_items)} action item",
    "cycle.acknowledged": lambda fact, names: f"{who(fact.acknowledged_by, names)} acknowledges it",
    "cycle.next-proposed": _proposed,
    "cycle.closed": lambda _fact, _names: "the cycle closes",
}
