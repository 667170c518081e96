"""Domain room: what becomes of what somebody has, when a rep leaves or changes teams, or a team gets another manager.

A module of a capability declares in `HANDOVERS` what is said about its aggregates then; the workflows of handovers know nothing else of
it. Pure. Deals are handed over page by page in a plan of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar
from uuid import UUID

from domain.allocation.least_loaded import Choice
from domain.capabilities import load
from domain.engine.aggregate import Aggregate
from domain.engine.command import Command
from domain.people.people import Rep

A = TypeVar("A", bound=Aggregate)
LEFT, MOVED, REPLACED = "the owner left", "the owner changed teams", "somebody else manages the team"
RULE, RULE_OF_MOVES = "rep-left", "rep-moved"
Saying = tuple[Command, str]
"""What is said, and what of it makes it happen once."""


@dataclass(frozen=True)
class Left:
    """A rep left. `choice` is the least loaded of the team, nobody where the aggregate is not shared out; `manager_id` manages the team."""

    rep_id: UUID
    choice: Choice
    manager_id: UUID | None


@dataclass(frozen=True)
class Moved:
    """A rep is in another team now. `managers` are those of that team and of the teams that the rules name."""

    rep: Rep
    managers: Mapping[UUID, UUID | None]


@dataclass(frozen=True)
class Replaced:
    """The team's manager is another one. `today` is the company's day."""

    team_id: UUID
    before: UUID
    after: UUID
    today: date


def nothing(_aggregate: Aggregate, _happened: object) -> Iterable[Any]:
    return ()


@dataclass(frozen=True, kw_only=True)
class HandoverRules(Generic[A]):
    """`name` is the kind of stream, by which the read model lists what somebody has. Of those that `goes_on`, each is asked. `shared`:
    what a rep leaves is shared out among the team. `counted`: a handover says how many there were. `teams` whose managers `moved`
    has to know.
    """

    name: str
    aggregate: type[A]
    goes_on: Callable[[A], bool]
    left: Callable[[A, Left], Iterable[Saying]] = nothing
    moved: Callable[[A, Moved], Iterable[Saying]] = nothing
    replaced: Callable[[A, Replaced], Iterable[Saying]] = nothing
    teams: Callable[[A], UUID | None] = lambda _aggregate: None
    shared: bool = False
    counted: bool = False


def along(aggregate: Aggregate, moved: Moved) -> str:
    """What holds now may be said of the same things again once the rep moves on: a key is good for one team."""
    return f"{aggregate.id}:along:{aggregate.version}:{moved.rep.version}"


def passed_on(
    name: str,
    aggregate: type[A],
    command: Callable[[UUID, UUID], Command],
    goes_on: Callable[[A], bool],
    *,
    counted: bool = False,
) -> HandoverRules[A]:
    """Of what has one owner: the least loaded of the team gets it, or else its manager. It goes along with an owner who changes teams,
    and to who manages the team next. `command` gives one, by its id, to somebody.
    """

    def on_left(one: Any, left: Left) -> Iterator[Saying]:
        heir = left.choice.rep_id or left.manager_id
        if one.owner_id == left.rep_id and heir is not None and heir != one.owner_id:
            yield command(one.id, heir), f"{one.id}:handover"

    def on_moved(one: Any, moved: Moved) -> Iterator[Saying]:
        if one.owner_id == moved.rep.id:
            yield command(one.id, moved.rep.id), along(one, moved)

    def on_replaced(one: Any, replaced: Replaced) -> Iterator[Saying]:
        if one.team_id == replaced.team_id:
            yield command(one.id, replaced.after), f"{one.id}:handover"

    return HandoverRules(
        name=name,
        aggregate=aggregate,
        goes_on=goes_on,
        left=on_left,
        moved=on_moved,
        replaced=on_replaced,
        shared=True,
        counted=counted,
    )


def handovers() -> list[HandoverRules[Any]]:
    return [rules for module in load("domain") for rules in getattr(module, "HANDOVERS", ())]
