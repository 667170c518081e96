"""Domain room: what every aggregate shares.

Decide outside, mutate inside: a command method checks its guards and calls `record`; the
method marked `@when(Fact)` only assigns. A mutator never raises, never reads a clock and
never changes a container in place: state is replaced, so a shallow copy is a safe copy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, ClassVar, Self, TypeVar
from uuid import UUID

from domain.engine.context import Reach
from domain.engine.facts import Fact
from domain.engine.references import PERSON, Refers
from domain.engine.registers import Register
from domain.engine.undoing import TakesBack

Mutator = Callable[[Any, Any], None]
PARTS = ("owner_id", "manager_id", "chair_id", "above_id")
M = TypeVar("M", bound=Callable[..., None])


def when(*facts: type[Fact]) -> Callable[[M], M]:
    """Mark a method as the mutator for these facts."""

    def mark(method: M) -> M:
        method.__dict__["facts"] = facts
        return method

    return mark


def becomes(fact: type[Fact], attribute: str) -> Mutator:
    """The mutator for a fact that says what one attribute was `before`, and what it is `after`."""

    @when(fact)
    def mutate(aggregate: Any, fact: Any) -> None:
        setattr(aggregate, attribute, fact.after)

    return mutate


KINDS: Register[str, type[Aggregate]] = Register()
"""Every kind of stream by its name."""


def kind_of(refers: Refers) -> type[Aggregate]:
    """The kind of stream it lies in."""
    return KINDS["rep" if refers.kind == PERSON else refers.kind]


class Aggregate:
    """A stream's present state, as far as decisions need it. Version 0: nothing recorded yet."""

    KIND: ClassVar[str] = "aggregate"
    KEPT: ClassVar[type | None] = None
    """A dataclass with a field for each attribute of the state, for kinds whose streams grow long: these get
    snapshots. None: the stream is always read whole."""
    UNDONE: ClassVar[type[TakesBack] | None] = None
    """The fact that an import of this kind was undone; None: what imports record of it stays. Its `before` and `after` are as `shown`."""
    MERGES: ClassVar[bool] = False
    """One of these may be merged into another, which its id stands for then (`stands_for`)."""
    _mutators: ClassVar[dict[type[Fact], Mutator]] = {}
    stands_for: UUID | None = None
    """The one that it was merged into; None: it stands for itself."""

    def __init__(self, id: UUID) -> None:
        self.id = id
        self.version = 0
        self.foreign = False
        """The stream under this id is of another kind."""
        self.gone = False
        """The import that made it was undone: it is not there, and may come again."""
        self.stale = False
        """What was recorded was taken back, to a state that is to be read from the ledger."""
        self._recorded: tuple[tuple[Fact, datetime | None], ...] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.KIND != Aggregate.KIND:
            KINDS[cls.KIND] = cls
        marked = [m for m in vars(cls).values() if hasattr(m, "facts")]
        cls._mutators = cls._mutators | {fact: m for m in marked for fact in m.facts}
        if "UNDONE" in vars(cls) and cls.UNDONE is not None:
            cls._mutators[cls.UNDONE] = Aggregate._import_undone

    @property
    def exists(self) -> bool:
        """Something is recorded, and it began as this kind of thing."""
        return self.version > 0 and not (self.foreign or self.gone)

    def record(self, fact: Fact, at: datetime | None = None) -> None:
        """Decide a fact: apply it and keep it for the ledger. `at` overrides when it happened."""
        self.replay(fact, self.version + 1, at)
        self._recorded += ((fact, at),)

    def replay(self, fact: Fact, version: int, at: datetime | None = None) -> Self:
        """Apply a fact. `at` is when it was true in the world, where whoever replays it says so of a stream's first one."""
        if version == 1 or self.gone:
            self.gone = False
            self.begin(at)
        mutator = self._mutators.get(type(fact))
        if mutator is not None:
            mutator(self, fact)
        elif version == 1:
            self.foreign = True
        self.version = version
        return self

    def begin(self, at: datetime | None) -> None:
        """The first fact is about to be applied; `at` as in `replay`."""

    def _import_undone(self, fact: TakesBack) -> None:
        """Of a stream without what is taken back, the state is right already (`undoing.standing`)."""
        if self.version >= fact.since and fact.gone:
            self._become(type(self)(self.id))
        self.stale = self.version >= fact.since and not fact.gone
        self.gone = fact.gone
        self.carry(fact)

    def carry(self, fact: TakesBack) -> None:
        """For mutators: what stays as it was though an import was undone, such as numbers that are never given twice."""

    def shown(self) -> Any:
        """What people know it by, as facts about an undone import tell it."""
        raise NotImplementedError

    def carried(self) -> dict[str, Any]:
        """Further fields of `UNDONE`."""
        return {}

    def take_back(self, earlier: Self, since: int, job_id: UUID) -> None:
        """Decide that an import is undone: what was recorded from version `since` on. `earlier` is as it was before that."""
        assert self.UNDONE is not None
        values: dict[str, Any] = {
            "before": self.shown(),
            "after": earlier.shown() if earlier.exists else None,
        }
        fact = self.UNDONE(job_id=job_id, since=since, **values, **self.carried())
        version = self.version
        self._become(earlier)
        self._mutators[self.UNDONE](self, fact)
        self.version = version + 1
        self._recorded += ((fact, None),)

    def _become(self, other: Self) -> None:
        self.__dict__.update(other.fork().__dict__ | {"_recorded": self._recorded})

    def adopt(self, fact: Fact) -> None:
        """For mutators: each attribute that the fact has a field of the same name for is as the fact says."""
        for name in self.__dict__.keys() & {field.name for field in fields(fact)} - {"id", "version"}:
            setattr(self, name, getattr(fact, name))

    @property
    def has_decided(self) -> bool:
        return bool(self._recorded)

    def kept(self) -> Any:
        """The state, as an instance of KEPT."""
        kept: Any = self.KEPT
        return kept(**{f.name: getattr(self, f.name) for f in fields(kept)})

    @property
    def complete(self) -> bool:
        """Whether it holds all that decisions may ask. What a snapshot leaves out is read with the whole stream."""
        return True

    def condensed(self) -> Self:
        """As a snapshot is to hold it: equal in all but what `complete` asks."""
        return self

    def take_up(self, kept: Any, version: int) -> Self:
        """Go on from a state that was kept at that version."""
        self.__dict__.update((f.name, getattr(kept, f.name)) for f in fields(kept))
        self.version = version
        return self

    def take_decided(self) -> Sequence[tuple[Fact, datetime | None]]:
        """The decided facts, oldest first; the aggregate forgets them."""
        recorded, self._recorded = self._recorded, ()
        return recorded

    def within(self, reach: Reach) -> bool:
        """Whether an actor with this reach may know of it at all."""
        return True

    def changeable(self, reach: Reach) -> bool:
        """Whether an actor with this reach may change it."""
        return self.within(reach)

    def makeable(self, reach: Reach) -> bool:
        """Whether an actor with this reach may make it as it is."""
        return self.changeable(reach)

    def parts(self) -> set[UUID | None]:
        """Who has a part in it: owner, manager, chair, who is above."""
        held = (self, getattr(self, "people", None))
        return {getattr(one, name, None) for one in held for name in PARTS}

    def has_part(self, reach: Reach) -> bool:
        """Whether the actor is a rep with a part in it: what is somebody's own stays there for them, whatever team they are in."""
        return reach.rep_id is not None and reach.rep_id in self.parts()

    def fork(self) -> Self:
        """A copy to decide on; the original stays what the ledger says."""
        forked = object.__new__(type(self))
        forked.__dict__ = self.__dict__.copy()
        return forked


class OwnedAggregate(Aggregate):
    """What is one person's, in a team. The team may see it, and whoever has a part in it; its owner changes it, and the team's
    leaders.
    """

    owner_id: UUID | None
    team_id: UUID | None

    def within(self, reach: Reach) -> bool:
        return reach.team_id in (None, self.team_id) or self.has_part(reach)

    def changeable(self, reach: Reach) -> bool:
        return self.within(reach) and reach.rep_id in (None, self.owner_id)
