"""Domain room: what is published whole, version after version, under a name — a policy, a process, a scorecard's definition."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import lru_cache
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from domain.engine.aggregate import Aggregate
from domain.engine.command import Command, handles
from domain.engine.errors import NotFound
from domain.engine.facts import Fact
from domain.engine.unit_of_work import Json, UnitOfWork
from domain.engine.values import named_id
from domain.time.known_days import said_when_published

P = TypeVar("P")


class Versions(Aggregate, Generic[P]):
    """All versions of one. `FACT` says in its only field what was published, `CALLED` what people call it; `BUILT_IN` is version 1 of
    the one named `BUILT_IN_AS`, where a fresh installation has one.
    """

    FACT: ClassVar[type[Fact]]
    CALLED: ClassVar[str]
    BUILT_IN: ClassVar[Any] = None
    BUILT_IN_AS: ClassVar[str] = "default"

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls._mutators = cls._mutators | {cls.FACT: cls._published}

    def __init__(self, id: UUID) -> None:
        super().__init__(id)
        built_in = self.BUILT_IN is not None and id == self.stream_of(self.BUILT_IN_AS)
        self.versions: tuple[P, ...] = (self.BUILT_IN,) if built_in else ()

    @classmethod
    def stream_of(cls, name: str) -> UUID:
        return _stream(cls.KIND, name)

    @property
    def current(self) -> P:
        """Raises NotFound."""
        if not self.versions:
            raise NotFound(f"no such {self.CALLED} is published", kind=self.KIND)
        return self.versions[-1]

    def at(self, version: int) -> P:
        """Raises NotFound."""
        found = self.versions[version - 1 : version]  # where nothing was left out
        if found and _number(found[0]) == version:
            return found[0]
        found = tuple(one for one in self.versions if _number(one) == version)
        if not found:
            raise NotFound(f"the {self.CALLED} has no version {version}", kind=self.KIND, version=version)
        return found[0]

    def publish(self, version: P) -> P:
        """The next version, whatever number it has; the last one again is silence."""
        said: Any = version
        last = _number(self.versions[-1]) if self.versions else 0
        if not self.versions or replace(said, version=last) != self.versions[-1]:
            (field,) = fields(self.FACT)
            self.record(self.FACT(**{field.name: replace(said, version=last + 1)}))
        return self.versions[-1]

    def _published(self, fact: Fact) -> None:
        self.versions = (*self.versions, getattr(fact, fields(fact)[0].name))


@lru_cache(maxsize=1024)
def _stream(kind: str, name: str) -> UUID:
    return named_id(kind.replace(" ", "-"), name)


class Publish(Command):
    """Publish a version of what its only field holds. The number given is ignored and the next one taken; the same again is silence."""

    OF: ClassVar[type[Versions[Any]]]

    def __init_subclass__(cls, of: type[Versions[Any]]) -> None:
        super().__init_subclass__()
        cls.OF = of
        handles(cls)(_publish)

    def check_ledger(self, work: UnitOfWork) -> None:
        """What it names by name has to be there. Raises NotFound."""

    @property
    def published(self) -> Any:
        return getattr(self, fields(self)[0].name)

    def hold(self, work: UnitOfWork) -> None:
        """Against what is recorded. Raises what refuses it."""

    def stream(self) -> tuple[type[Aggregate], UUID]:
        return self.OF, self.OF.stream_of(self.published.name)


def _publish(command: Publish, work: UnitOfWork) -> Json:
    """Days that its calendar does not know are warned of."""
    kind, id = command.OF, command.stream()[1]
    command.check_ledger(work)
    command.hold(work)
    published = work.find(kind, id).publish(command.published)
    if hasattr(published, "calendar"):
        work.warn(*said_when_published(published.calendar))
    return {kind.CALLED.rpartition(" ")[2]: published.name, "version": published.version}


def in_force(kind: type[Versions[P]], name: str, work: UnitOfWork, version: int | None = None) -> P:
    """The one that a decision sets deadlines by: a version, or the newest. Raises NotFound."""
    held = work.look(kind, kind.stream_of(name))
    found: Any = held.current if version is None else held.at(version)
    work.hold_to(kind.CALLED, found)
    chosen: P = found
    return chosen


def _number(version: Any) -> int:
    number: int = version.version
    return number
