"""Domain room: what people are told of — the rules, one for each thing that is told, as capabilities declare them in `NOTICES`.

Whether somebody hears of it, by which way and when, is theirs to say (`domain/notification/`); here is who it concerns, what it says, and
whether it is still true when it is sent. Pure, and in the names and values of facts and aggregates alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any, NamedTuple
from uuid import UUID

from domain.engine.aggregate import Aggregate
from domain.engine.context import Reach
from domain.engine.facts import Fact


class Login(NamedTuple):
    """Whoever acts under this name, as the ledger has it."""

    name: str


class Leaders(NamedTuple):
    """The managers of a team."""

    team_id: UUID


class Administrators(NamedTuple):
    """All of them."""


ADMINS = Administrators()
Who = UUID | Login | Leaders | Administrators
"""A UUID is a person: a rep, or a team's manager."""
To = Callable[[Any, Any], Iterable[Who | None]]
"""Whom it concerns, by the fact and, where the rule asks for it, the aggregate; None is nobody."""
USER = "user:"


class Word(str):
    """A word of ours in a sentence, to be said in the reader's language; any other text is somebody's own."""

    __slots__ = ()


class Person(NamedTuple):
    """Somebody in a sentence, to be said by name."""

    id: UUID | None


class Titled(NamedTuple):
    """A thing in a sentence, by its title and whose it is, the customer by name."""

    title: str
    customer_id: UUID | None


def nobody(_fact: Any, _about: Any) -> Iterable[Who]:
    return ()


def told(fact: Any, _about: Any) -> Iterator[UUID | None]:
    """Whom the fact says it was told to: one person, several or nobody."""
    found = fact.told
    if isinstance(found, tuple):
        yield from found
    else:
        yield found


def after(fact: Any, _about: Any) -> Iterator[UUID | None]:
    """Who has it now, where that is somebody else than before."""
    if fact.after != fact.before:
        yield fact.after


def administrators(_fact: Any, _about: Any) -> Iterator[Who]:
    yield ADMINS


def who_acted(actor: str) -> Login | None:
    """A user, as an actor is written into a fact: "user:li.wei"."""
    return Login(actor.removeprefix(USER)) if actor.startswith(USER) else None


def always(_about: Any, _fact: Any) -> bool:
    return True


def no_places(_about: Any, _fact: Any) -> Mapping[str, Any]:
    return {}


@dataclass(frozen=True, kw_only=True)
class NoticeRule:
    """`name` is for ever: people choose by it. `called` is what they are told of, in the middle of a sentence. `says` is the sentence,
    with places that `places` fills; those it does not are attributes of the fact, or else of the aggregate. `near`: `to` has to be
    given the aggregate, read from the ledger for it. `still`: whether it is true of the aggregate as it is when it is sent. Several
    rules may have one name, for facts that say it differently. Without `facts` somebody else decides that it is told.
    """

    name: str
    called: str
    says: str
    about: type[Aggregate] | None = None
    facts: tuple[type[Fact], ...] = ()
    to: To = nobody
    near: bool = False
    still: Callable[[Any, Any], bool] = always
    places: Callable[[Any, Any], Mapping[str, Any]] = no_places

    def filled(self, about: Any, fact: Any) -> dict[str, Any]:
        """Every place in the sentence with its value."""
        given = dict(self.places(about, fact))
        for _, name, _, _ in Formatter().parse(self.says):
            if name and name not in given:
                given[name] = getattr(fact, name) if hasattr(fact, name) else getattr(about, name)
        return given


def reach_of(role: str, rep_id: UUID | None, team_id: UUID | None) -> Reach:
    """What somebody in this role may see; a rep's team is the one they are in now."""
    if role == "rep":
        return Reach(team_id=team_id, rep_id=rep_id)
    return Reach(team_id=team_id) if role == "manager" else Reach()
