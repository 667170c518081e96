"""Runtime room, undoing an import: what it tells whoever asked for it. Plain values, ready for JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from runtime.imports.undo_plan import Against, Stream
from runtime.language import EN, Catalogue, catalogue

KEPT = 1_000
"""Streams of each sort that a result carries; the numbers count all."""


@dataclass(frozen=True, slots=True)
class Change:
    """A field that goes back: what it is `now`, and what it was `before` the import."""

    field: str
    now: str
    before: str


@dataclass(frozen=True, slots=True)
class Undone:
    """A stream that goes (`gone`), or goes back. `kind` is deal, customer, …; `name` its title or name (personal data)."""

    kind: str
    id: UUID
    name: str
    gone: bool
    changes: tuple[Change, ...] = ()


@dataclass(slots=True)
class Kept:
    """A stream that stays as it is. `why` is the fact that somebody recorded on it, or on the stream `other` that refers to it, `by` whom
    and when; or a sentence.
    """

    kind: str
    id: UUID
    name: str
    why: str
    by: str = ""
    at: datetime | None = None
    other: UUID | None = None

    def __str__(self) -> str:
        return self.told(catalogue(EN))

    def told(self, words: Catalogue) -> str:
        """In a language."""
        kind = words.gettext(self.kind)
        return words.say(
            "{kind} {name}: {why}", kind=kind, name=self.name or str(self.id), why=self._why(words)
        )

    def _why(self, words: Catalogue) -> str:
        at = f"{self.at:%Y-%m-%d %H:%M %Z}" if self.at is not None else ""
        if self.why == "account":
            return words.gettext("somebody signs in for it: change that account first")
        if self.why == "key":
            return words.gettext("a key stands for it: revoke that first")
        if self.other is not None:
            said = "{other} refers to it: {topic} by {by} at {at}"
            return words.say(said, other=str(self.other), topic=self.why, by=self.by, at=at)
        if self.by:
            return words.say("worked on since: {topic} by {by} at {at}", topic=self.why, by=self.by, at=at)
        return words.heard(self.why)


@dataclass(slots=True)
class UndoResult:
    """`total` streams the import recorded something of, of which `before` were taken back by an earlier run. `undone` and `kept` hold the first
    of them; `gone`, `back` and `refused` count all, by kind. `events` were recorded; on a dry run, would be.
    """

    undoes: UUID
    dry_run: bool
    job_id: UUID = field(default_factory=uuid4)
    resumed: bool = False
    total: int = 0
    before: int = 0
    events: int = 0
    gone: dict[str, int] = field(default_factory=dict)
    back: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    undone: list[Undone] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)

    def add(self, undone: Undone, events: int) -> None:
        self.events += events
        _count(self.gone if undone.gone else self.back, undone.kind)
        if len(self.undone) < KEPT:
            self.undone.append(undone)

    def refuse(self, kept: Kept) -> None:
        _count(self.refused, kept.kind)
        if len(self.kept) < KEPT:
            self.kept.append(kept)

    @property
    def done(self) -> int:
        """Streams that were looked at."""
        return self.taken_back + sum(self.refused.values())

    @property
    def taken_back(self) -> int:
        """By this run and earlier ones."""
        return self.before + sum(self.gone.values()) + sum(self.back.values())

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"done": self.done}


def _count(by_kind: dict[str, int], kind: str) -> None:
    by_kind[kind] = by_kind.get(kind, 0) + 1


def told_of(stream: Stream, answer: dict[str, Any]) -> Undone:
    changes = tuple(Change(*change) for change in answer["changes"])
    return Undone(stream.kind, stream.id, answer["name"], answer["gone"], changes)


def kept_of(stream: Stream, name: str) -> Kept:
    against = stream.against or Against("")
    return Kept(stream.kind, stream.id, name, against.topic, against.by, against.at, against.other)
