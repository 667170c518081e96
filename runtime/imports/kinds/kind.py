"""Runtime room, file import: what is declared of a kind of file. All else about imports asks the declaration.

A new kind is a module with its fields, a planner that makes a command of a row, and one `Kind`; and a line in `listed.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from domain.engine.aggregate import Aggregate
from domain.engine.command import Command
from domain.imports import AsImported
from runtime.imports.cases import Case
from runtime.imports.histories import History
from runtime.imports.lines import Row
from runtime.imports.mapping import Field, Mapping, Sheet
from runtime.imports.mapping_table import Reading
from runtime.imports.plan import IdOf, Planned, Values
from runtime.imports.references import Name, References, Referring
from runtime.imports.results import Reason
from runtime.imports.rows import Cells

ReasonAt = Callable[[Row, str, str], Reason]
"""What is wrong with a field of a row, in the words that stand there."""


@dataclass(frozen=True, slots=True)
class Planning:
    """What the planner of one file has at hand. `listed` reads every key that the file tells."""

    mapping: Mapping
    sheet: Sheet
    values: Values
    id_of: IdOf
    references: References
    referring: Referring
    listed: Callable[[], frozenset[str]]


class RowPlanner(Protocol):
    def plan(self, row: Row, cells: Cells) -> Planned: ...


class CasePlanner(Protocol):
    """Of a log, whose rows are gathered into cases."""

    def names(self, case: Case) -> list[tuple[str, Name]]: ...

    def plan(self, case: Case, reason: ReasonAt) -> list[Planned]: ...


class HistoryPlanner(Protocol):
    """Of rows of which several tell of one thing."""

    def plan(self, history: History) -> list[Planned]: ...


def _nothing(*_: Any) -> tuple[()]:
    return ()


def _no_reason(_: Command) -> str:
    return ""


def _as_it_is(command: Command, _mapping: Mapping) -> Command:
    return command


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """The ledger itself remembers what files said: `topic` is the fact that holds the `digest` of a row's command. `instants` are
    those that a command tells, for a note about a file that is older than the last one. `reason` is why the importing user
    approves what the command asks for; of what is known already, `told_again` gives another.
    """

    topic: str
    digest: Callable[[Any], str]
    instants: Callable[[Any], Iterable[datetime | None]] = _nothing
    reason: Callable[[Any], str] = _no_reason
    told_again: Callable[[Any, Mapping], Command] = _as_it_is


FromName = Callable[[UUID, str, Mapping, IdOf], Iterator[AsImported]]
"""What is made of no more than a name, what it needs before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """`name` is its table in a mapping, `one` what one of them is called in refusals.

    `refers` says which fields hold names of other kinds. Names of this one are ids of an `aggregate`; without it nothing refers to
    them. `ids` is what their ids are made of, where that is not the kind's name. `from_name`: they may be made of a name that no file lists, where the mapping says so (`create`). `makes` are the
    kinds whose names come into being with it whatever the mapping says. `learn` takes up what rows of other files ask of it, from
    what the ledger holds and the command that landed.
    `settings` are those of its table beside its columns, taken by `read`. `stages` are the stages they lead to, each under the
    file's word.
    `noted`: its commands say by themselves what is new (they are carried out as they are), else `AsImported` does, unless
    `as_it_is`: then rows that come again are known from `app.import_rows` alone.
    `in_order`: rows refer to earlier ones of their file, so batches go one by one. `cases`: rows are events of cases, and may come as XES.
    `history_planner`: where a mapping says that its rows tell a history (`rows`).
    `paths` lead from a field of its command to ours, where they differ.
    """

    name: str
    one: str
    fields: tuple[Field, ...]
    planner: Callable[[Planning], RowPlanner] | None = None
    case_planner: Callable[[Planning], CasePlanner] | None = None
    history_planner: Callable[[Planning], HistoryPlanner] | None = None
    refers: Map[str, str] = field(default_factory=dict)
    aggregate: type[Aggregate] | None = None
    ids: str = ""
    from_name: FromName | None = None
    makes: frozenset[str] = frozenset()
    learn: Callable[[References, str, Aggregate | None, Command | None], object] = _nothing
    settings: tuple[str, ...] = ()
    read: Callable[[Mapping, Reading], Mapping] = lambda mapping, _here: mapping
    stages: Callable[[Mapping], Iterable[tuple[str, str]]] = _nothing
    noted: Noted | None = None
    as_it_is: bool = False
    in_order: bool = False
    paths: Map[str, str] = field(default_factory=dict)

    @property
    def cases(self) -> bool:
        return self.case_planner is not None
