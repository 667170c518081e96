"""Domain room: a sales process is data with a version.

Facts: a version was published. State: every version. Version 1 of the process named
"default" is built in, so that a fresh installation sells from the first minute.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from typing import Annotated

from annotated_types import Ge, Le, Len, MaxLen

from domain.capabilities import load
from domain.engine.errors import FieldError
from domain.engine.facts import Fact, fact
from domain.engine.fields import Code, Digits, RuleName, Share
from domain.engine.versions import Publish, Versions
from domain.policy.closed import AFTER_SALES, CLOSED, LOST, WON

REQUIREMENTS = (
    "pain-points",
    "budget",
    "decision-process",
    "decision-makers",
    "quote-or-demonstration",
    "amount",
    "close-date",
    "contract-reference",
    "loss-reason",
)
"""What a deal itself has to show."""


@cache
def declared_requirements() -> Mapping[str, tuple[str, str]]:
    """What else a gate can ask for: that nothing of another capability blocks the deal. By name the words in English and Chinese, as
    that capability's module says in `BLOCKS`.
    """
    return {name: words for module in load("domain") for name, words in getattr(module, "BLOCKS", {}).items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """`leave` is the gate to go on from here, `enter` the gate to arrive here. `probability` of
    winning from here is between 0 and 1; `sla_days` is how long a deal should stay at most.
    """

    name: Code
    probability: Annotated[Share, Digits(6, 4)]
    sla_days: Annotated[int, Ge(1), Le(3_650)] | None = None
    leave: Annotated[tuple[Code, ...], MaxLen(20)] = ()
    enter: Annotated[tuple[Code, ...], MaxLen(20)] = ()

    def wrong(self) -> Iterator[FieldError]:
        known = (*REQUIREMENTS, *declared_requirements())
        for name in dict.fromkeys((*self.leave, *self.enter)):
            if name not in known:
                yield FieldError("", f"unknown requirement {name!r}; known: {', '.join(known)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """Stages in order: the open ones, then won, lost and after-sales."""

    name: RuleName
    version: int
    stages: Annotated[tuple[Stage, ...], Len(4, 40)]

    def __hash__(self) -> int:
        """What is worked out from a process is remembered by it; all of its stages would take longer to hash."""
        return hash((self.name, self.version))

    def wrong(self) -> Iterator[FieldError]:
        names = [stage.name for stage in self.stages]
        if len(set(names)) != len(names):
            yield FieldError("stages", "stage names must differ")
        if tuple(names[-3:]) != CLOSED:
            yield FieldError("stages", "must end with won, lost, after-sales")

    def stage(self, name: str) -> Stage | None:
        return next((s for s in self.stages if s.name == name), None)

    @property
    def open_stages(self) -> tuple[str, ...]:
        return _open_stages(self)

    def between(self, before: str, after: str) -> tuple[Stage, ...]:
        """The stages a deal leaves on its way forward from `before` to `after`; () backwards."""
        names = [s.name for s in self.stages]
        return self.stages[names.index(before) : names.index(after)]


def goes_forward(stages: Sequence[str], before: str, after: str) -> bool:
    """Whether a move is one to a later stage, in a process version's own order; losing a deal never is."""
    known = before in stages and after in stages and after != LOST
    return known and stages.index(after) > stages.index(before)


@lru_cache(maxsize=256)
def _open_stages(process: Process) -> tuple[str, ...]:
    return tuple(s.name for s in process.stages if s.name not in CLOSED)


DEFAULT_PROCESS = Process(
    name="default",
    version=1,
    stages=(
        Stage(name="identify", probability=Decimal("0.05"), sla_days=14),
        Stage(name="contact", probability=Decimal("0.10"), sla_days=14),
        Stage(
            name="needs",
            probability=Decimal("0.25"),
            sla_days=21,
            leave=("pain-points", "budget", "decision-process", "decision-makers"),
        ),
        Stage(name="solution", probability=Decimal("0.50"), sla_days=21, leave=("quote-or-demonstration",)),
        Stage(name="negotiation", probability=Decimal("0.75"), sla_days=21),
        Stage(name=WON, probability=Decimal(1), enter=("amount", "close-date", "contract-reference")),
        Stage(name=LOST, probability=Decimal(0), enter=("loss-reason",)),
        Stage(name=AFTER_SALES, probability=Decimal(1)),
    ),
)


@fact("process.published")
class ProcessPublished(Fact):
    process: Process


class Processes(Versions[Process]):
    """All versions of one named process."""

    KIND = CALLED = "process"
    FACT, BUILT_IN = ProcessPublished, DEFAULT_PROCESS


process_stream = Processes.stream_of


class PublishProcess(Publish, of=Processes):
    process: Process
