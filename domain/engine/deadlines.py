"""Domain room: what the deadline workflow has to know of a capability — one `DeadlineRules` for each kind of aggregate that has deadlines.

Pure but for `computed`: those read figures and other aggregates through a port (`domain/figures/reads.py`). The workflows know nothing
but these rules: a capability that has deadlines says so in its `DEADLINES` and is named nowhere else.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from domain.engine.aggregate import Aggregate
from domain.engine.command import Command
from domain.engine.facts import FACTS, Fact
from domain.engine.recorded import Recorded
from domain.time.commitment import DueStep

A = TypeVar("A", bound=Aggregate)


Near = Mapping[UUID, Any]
"""Other aggregates, by their ids, as recorded now."""
Computed = Callable[[Any, DueStep, datetime, Any], Awaitable[Command]]
"""The aggregate, what is due, the workflow's time, and `Reads`."""


def nothing_near(_aggregate: Aggregate) -> Mapping[UUID, type[Aggregate]]:
    return {}


def never(_recorded: Recorded) -> bool:
    return False


def computed_only(_id: UUID, due: DueStep) -> Command:
    raise LookupError(f"nothing is said for {due.kind}")


@dataclass(frozen=True)
class DeadlineRules(Generic[A]):
    """The deadlines of one kind of aggregate.

    `name` is the type of its workflows, and how the topics of its facts begin. `goes_on` False: nothing can follow, and its workflow
    ends. `steps` are all times that follow from where it stands, those first that are said first when several have come; none while
    it is paused. `near` names the other aggregates that `steps` looks at. `command` is what is said when a time has come; too late, or
    twice, it must be silence. `computed` are those commands, by the kind of step, that carry what has to be read first. After `ends`
    nothing follows. After a fact that it `rests` by it needs no workflow for now: its read model says from when on (`awake_where`), and
    the sweep starts one then. `activities` names the two activities of its workflow, where they are not called like it.
    """

    name: str
    aggregate: type[A]
    goes_on: Callable[[A], bool]
    steps: Callable[[A, Near], Iterable[DueStep]]
    ends: tuple[type[Fact], ...]
    command: Callable[[UUID, DueStep], Command] = computed_only
    near: Callable[[A], Mapping[UUID, type[Aggregate]]] = nothing_near
    computed: Mapping[str, Computed] = field(default_factory=dict)
    rests: Callable[[Recorded], bool] = never
    activities: str = ""

    @property
    def look(self) -> str:
        """The name of the activity that asks the ledger."""
        return f"look_at_{self._activities}"

    @property
    def speak(self) -> str:
        """The name of the activity that gives the command."""
        return f"speak_for_{self._activities}"

    @property
    def _activities(self) -> str:
        return self.activities or self.name.replace("-", "_")

    def topics(self) -> list[str]:
        """Of all its facts."""
        return [topic for topic in FACTS if topic.startswith(f"{self.name}.")]

    def due_steps(self, aggregate: A, near: Near) -> tuple[DueStep, ...]:
        """The earliest first."""
        return tuple(sorted(self.steps(aggregate, near), key=lambda step: step.at))
