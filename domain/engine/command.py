"""Domain room: what a command is, and how each is decided."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from typing import Any, ClassVar, Self, TypeVar, dataclass_transform
from uuid import UUID

from domain.capabilities import load
from domain.engine import checking
from domain.engine.aggregate import Aggregate, kind_of
from domain.engine.context import Context
from domain.engine.errors import DomainError, FieldError, Invalid
from domain.engine.quick_check import good_of
from domain.engine.references import Named, named_instead, references
from domain.engine.registers import Register
from domain.engine.unit_of_work import Json, Stream, UnitOfWork

C = TypeVar("C", bound="Command")


@dataclass_transform(frozen_default=True, kw_only_default=True)
@dataclass(frozen=True, kw_only=True)
class Command:
    """Base of every command: what is asked for, in the imperative and in plain values. Whatever derives from it is a frozen
    dataclass without saying so, its fields given by name. `about` says what kind of aggregate it is about; its id is the first field.
    """

    ABOUT: ClassVar[tuple[type[Aggregate], str] | None] = None

    def __init_subclass__(cls, about: type[Aggregate] | None = None) -> None:
        dataclass(frozen=True, kw_only=True)(cls)
        if about is not None:
            cls.ABOUT = about, fields(cls)[0].name

    def stream(self) -> tuple[type[Aggregate], UUID] | None:
        """The aggregate the command is chiefly about, where it has one."""
        if self.ABOUT is None:
            return None
        kind, id_field = self.ABOUT
        return kind, getattr(self, id_field)

    def known_by(self) -> Any:
        """What is kept of it under an idempotency key. Later releases say the same of the same command: one that was given before an
        upgrade is answered as it was then when it is given again.
        """
        return self

    def concerns(self, held: Aggregate) -> bool:
        """Whether `held` asked who gives this command for it, by name: then it is theirs to say, whosever else `held` is."""
        return False

    def named(self) -> Iterable[Named]:
        """What the command names by id, to be held against the ledger before anything is decided."""
        return references(self)

    def as_named(self) -> bool:
        """Whether it is about the very records whose ids it names, merged into others or not."""
        return False

    def instead(self, ids: Mapping[UUID, UUID]) -> Self:
        """The same about, and naming, others: in place of each of these ids the one beside it."""
        made: Self = named_instead(self, ids)
        if self.ABOUT is None:
            return made
        id_field = self.ABOUT[1]
        return replace(made, **{id_field: named_instead(getattr(made, id_field), ids)})

    def rules(self) -> Iterable[Stream]:
        """The streams of rules that its fields name: read together with what it is about and what it refers to."""
        return ()

    def check(self, context: Context) -> None:
        """What it says by itself, held against the types of its fields. Raises Invalid naming every bad field."""
        cls: Any = type(self)
        on = self.day_of_money(context)
        errors = [] if good_of(cls)(self, on) else checking.problems(self, on)
        if late := self.wrong_now(context):
            checking.add(late, errors)
        if errors:
            raise Invalid(errors)

    def wrong_now(self, context: Context) -> Iterable[FieldError]:
        """What is wrong with it at the time it is given. What depends on what is recorded is for the decision to refuse."""
        return ()

    def day_of_money(self, context: Context) -> date | None:
        """The day that its amounts are of, on which one could pay in their currencies; None: whenever that was."""
        return (context.occurred_at or context.now).date()

    def stands(self, named: Named, held: Aggregate) -> bool:
        """Whether `held` says so already: what stays as it is may be said again by who could not have said it first."""
        return False


@dataclass(slots=True)  # frozen would cost a third of making one
class Call:
    """A command as it is given. Nothing of it is changed afterwards."""

    command: Command
    context: Context
    given: Command | None = None
    """As it was given, where that named records which stand for others."""
    through: tuple[Stream, ...] = ()
    """Those records."""
    chief: Stream | None = field(init=False)
    """What the command is about."""
    named: tuple[Named, ...] = field(init=False)
    mergeable: tuple[Stream, ...] = field(init=False)
    """What it is about or names that may stand for something else."""

    def __post_init__(self) -> None:
        self.chief = self.command.stream()
        self.named = tuple(self.command.named())
        self.mergeable = () if self.command.as_named() else tuple(self._mergeable())

    def _mergeable(self) -> Iterator[Stream]:
        if self.chief is not None and self.chief[0].MERGES:
            yield self.chief
        for one in self.named:
            if (kind := kind_of(one.refers)).MERGES:
                yield kind, one.id

    def instead(self, ids: Mapping[UUID, UUID]) -> Call:
        """The same about what these ids stand for; it holds only while they do."""
        through = tuple(dict.fromkeys(stream for stream in self.mergeable if stream[1] in ids))
        given = self.given or self.command
        return Call(self.command.instead(ids), self.context, given, (*self.through, *through))

    @property
    def streams(self) -> tuple[Stream, ...]:
        """What a decision on it surely looks at: what the command is about, what it names, its rules. What is not remembered of
        these is loaded in one query; what a decision discovers on its way is loaded then.
        """
        about = () if self.chief is None else (self.chief,)
        referred = [(kind_of(one.refers), one.id) for one in self.named]
        return (*about, *referred, *self.command.rules())


Decide = Callable[[Any, UnitOfWork], Json]


class Decisions(Register[type[Command], Decide]):
    def __missing__(self, command: type[Command]) -> Decide:
        """What is decided on a command is mostly beside it."""
        load("domain", command.__module__.split(".")[1:2])
        return self[command] if command in self else super().__missing__(command)


_DECIDERS = Decisions()


def handles(command: type[C]) -> Callable[[Callable[[C, UnitOfWork], Json]], Callable[[C, UnitOfWork], Json]]:
    """Register the decision for a command type. It returns the answer to give the caller."""

    def register(decide: Callable[[C, UnitOfWork], Json]) -> Callable[[C, UnitOfWork], Json]:
        if command in _DECIDERS:
            raise TypeError(f"{command.__qualname__} has a decision already")
        _DECIDERS[command] = decide
        return decide

    return register


Answer = Callable[[Any], Json]
Decision = Callable[[Any, C, UnitOfWork], Json | None]
_ANSWERS: dict[type[Aggregate], Answer] = {}


def answers(kind: type[Aggregate]) -> Callable[[Answer], Answer]:
    """Register what every command about an aggregate of this kind answers."""

    def register(answer: Answer) -> Answer:
        _ANSWERS[kind] = answer
        return answer

    return register


def attributes(id_name: str, *names: str) -> Answer:
    """An answer of the id and these attributes."""

    def answer(about: Any) -> Json:
        return {id_name: str(about.id)} | {name: _written(getattr(about, name)) for name in names}

    return answer


def _written(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def decides(command: type[C]) -> Callable[[Decision[C]], Decision[C]]:
    """Register the decision for a command about something that must be there: it is given that, the command and the unit of work.
    The answer is what every command about it answers, with what the decision returns.
    """

    if command.ABOUT is None:
        raise TypeError(f"{command.__qualname__} does not say what it is about")
    kind, id_field = command.ABOUT

    def register(decide: Decision[C]) -> Decision[C]:
        @handles(command)
        def decided(command: C, work: UnitOfWork) -> Json:
            about = work.get(kind, getattr(command, id_field))
            more = decide(about, command, work)
            answer = _ANSWERS[kind](about)
            return {**answer, **more} if more else answer

        return decide

    return register


class Together(Command):
    """Commands decided as one: all that they decide is recorded, or nothing. `needed` make what `command` refers to, each
    under the field that names it.
    """

    needed: tuple[tuple[str, Command], ...]
    command: Command

    def stream(self) -> tuple[type[Aggregate], UUID] | None:
        return self.command.stream()

    def check(self, context: Context) -> None:
        """Each command is checked when its turn comes."""


@handles(Together)
def _decide_together(together: Together, work: UnitOfWork) -> Json:
    errors = []
    for named, command in together.needed:
        try:
            _check_and_decide(command, work)
        except DomainError as wrong:
            errors.append(FieldError(named, wrong.message))
    if errors:
        raise Invalid(errors)
    return _check_and_decide(together.command, work)


def _check_and_decide(command: Command, work: UnitOfWork) -> Json:
    command.check(work.context)
    return decide(command, work)


def decide(command: Command, work: UnitOfWork) -> Json:
    """Decide in this unit of work; the answer to give the caller."""
    return _DECIDERS[type(command)](command, work)
