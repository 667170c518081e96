"""Runtime room, file import: what an import tells whoever started it. Plain values, ready for JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from runtime.language import EN, Catalogue, catalogue

KEPT_REFUSALS = 1_000
"""Refusals an `ImportResult` carries; the reject files hold every one."""
KEPT_NOTICES = 200


SHOWN = 1_000
"""Characters of a value that a reason shows; the reject file holds all of it."""


class ImportProblem(Exception):
    """The import cannot start or go on: a file or the mapping is unusable. `problems` names everything at once."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@lru_cache(maxsize=10_000)
def _heard(words: Catalogue, message: str) -> str:
    """Thousands of rows have the same wrong with them."""
    return words.heard(message)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a row was refused. `column` is the file's own column name, empty where the row as a whole is meant."""

    column: str
    value: str
    message: str

    def __post_init__(self) -> None:
        if len(self.value) > SHOWN:
            object.__setattr__(self, "value", f"{self.value[:SHOWN]}…")

    def __str__(self) -> str:
        return self.told(catalogue(EN))

    def told(self, words: Catalogue) -> str:
        """In a language."""
        message = _heard(words, self.message)
        return f"{self.column} {self.value!r}{words.gettext(': ')}{message}" if self.column else message


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refused row. `row` is the line of the file it begins on; the header is line 1. Of a row in a reject file, `first`
    is its line in the file it was refused from first.
    """

    file: str
    row: int
    reasons: tuple[Reason, ...]
    first: int | None = None

    def __str__(self) -> str:
        return self.told(catalogue(EN))

    def told(self, words: Catalogue) -> str:
        """In a language."""
        first = (
            words.say(" (row {first} of the first file)", first=self.first) if self.first is not None else ""
        )
        why = words.gettext("; ").join(reason.told(words) for reason in self.reasons)
        return words.say("{file} row {row}{first}: {why}", file=self.file, row=self.row, first=first, why=why)


@dataclass(slots=True)
class Notice:
    """What rows were told beside what became of them: `rows` of them alike, `first_row` the first. Without rows it is about
    the file.
    """

    file: str
    column: str
    message: str
    first_row: int = 0
    rows: int = 0

    def __str__(self) -> str:
        return self.told(catalogue(EN))

    def told(self, words: Catalogue) -> str:
        """In a language."""
        one = words.say(" row {row}", row=self.first_row) if self.rows else ""
        many = " {rows} rows from row {row} on"
        where = words.say(many, rows=self.rows, row=self.first_row) if self.rows > 1 else one
        said = f"{self.column} {words.heard(self.message)}".lstrip()
        return f"{self.file}{where}{words.gettext(': ')}{said}"


@dataclass(slots=True)
class Tally:
    """Rows of one file: accepted ones recorded something, unchanged ones were in the ledger already.

    `records` counts what the rows became: equal to the rows of a CSV pipeline, the cases of an event log (and its events
    that were refused). `expected` is how many rows the file seemed to have before it was read.
    """

    file: str
    kind: str
    expected: int = 0
    rows: int = 0
    records: int = 0
    accepted: int = 0
    unchanged: int = 0
    refused: int = 0
    events: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """Given to `on_progress` after each batch: rows done of `file`, of about `total` (quoted line breaks count double).
    `events` and `refused` count the file's, too; `rate` is rows a second over the whole import so far.
    """

    file: str
    kind: str
    done: int
    total: int
    events: int
    refused: int
    seconds: float
    rate: float


@dataclass(slots=True)
class ImportResult:
    """`refusals` holds the first of them; `refused` counts all. `rejects` are the reject files written. `notices` say what was
    passed over or looks odd; `told_until` is the latest past instant that its deals tell of; `problems` why the import could not go on.
    """

    job_id: UUID
    dry_run: bool
    resumed: bool = False
    tallies: list[Tally] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    rejects: list[str] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    seconds: float = 0.0
    told_until: datetime | None = None

    def note(self, file: str, row: int, told: Reason) -> None:
        """Those that are alike are one, with their number."""
        at = (file, told.column, told.message)
        held = next((n for n in self.notices if (n.file, n.column, n.message) == at), None)
        if held is None and len(self.notices) < KEPT_NOTICES:
            held = Notice(*at, first_row=row)
            self.notices.append(held)
        if held is not None:
            held.rows += 1

    @property
    def rows(self) -> int:
        return sum(t.rows for t in self.tallies)

    @property
    def accepted(self) -> int:
        return sum(t.accepted for t in self.tallies)

    @property
    def unchanged(self) -> int:
        return sum(t.unchanged for t in self.tallies)

    @property
    def refused(self) -> int:
        return sum(t.refused for t in self.tallies)

    @property
    def events(self) -> int:
        """Events recorded; on a dry run, events that would be recorded."""
        return sum(t.events for t in self.tallies)

    def as_dict(self, refusals: int = KEPT_REFUSALS) -> dict[str, Any]:
        """Plain values, with the first of the refusals."""
        told = asdict(replace(self, refusals=self.refusals[:refusals]))
        told |= {n: getattr(self, n) for n in ("rows", "accepted", "unchanged", "refused", "events")}
        return told | {"job_id": str(self.job_id)}
