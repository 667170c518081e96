"""Runtime room, file import: what was understood of given files, what is left out, and what only people can say. Plain values, ready
for JSON.
"""

from __future__ import annotations

from dataclasses import dataclass, field

LEAVE = "-"
"""In an answer: no field, no kind of ours."""
TIMEZONE, CURRENCY, DATES, NUMBERS, OWNER, SOURCE, GATES = (
    "timezone", "currency", "dates", "numbers", "owner", "source", "gates",
)  # fmt: skip
ASK = "ask"
"""Of gates: deals that came far have to meet them."""
SETTINGS = (TIMEZONE, CURRENCY, DATES, NUMBERS, OWNER, SOURCE, GATES)


@dataclass(frozen=True, slots=True)
class Answers:
    """What people said. `vendor` empty: to be guessed. `kinds` are ours by a file's name, `columns` our fields by a header or by
    `kind: header`, `stages` ours by theirs, `settings` by a name of `SETTINGS`; `-` leaves a file or a column out. `suggested`:
    what is suggested is taken where nothing is said.
    """

    vendor: str = ""
    kinds: dict[str, str] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    stages: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    suggested: bool = False


@dataclass(frozen=True, slots=True)
class FieldFound:
    """One of our fields and the columns that it is read from, the first that is not empty. `note`: what should be known of it."""

    field: str
    headers: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A column that is not read, and how many of the rows have something in it."""

    header: str
    filled: int


@dataclass(frozen=True, slots=True)
class Question:
    """`about` is `vendor`, `column`, `stage`, `status` (answered as a stage is), or a name of `SETTINGS`; `of` is the file, word or column that is meant; `rows` have it.
    Of `options` one is to be chosen; without any it is free. `suggestion` may be empty.
    """

    about: str
    of: str
    text: str
    options: tuple[str, ...] = ()
    suggestion: str = ""
    rows: int = 0


@dataclass(frozen=True, slots=True)
class FileReport:
    """`kind` is ours, empty where the file is none or none that is read yet; `called` is theirs."""

    name: str
    rows: int
    kind: str = ""
    called: str = ""
    fields: tuple[FieldFound, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """`vendor` is empty where it has to be asked. `scores` are from 0 to 1, the likeliest vendor first. `mapping` is what was made
    of it, as a mapping file (`docs/import.md`); empty while there are `questions`.
    """

    vendor: str
    vendor_name: str
    scores: dict[str, float]
    files: tuple[FileReport, ...] = ()
    questions: tuple[Question, ...] = ()
    notes: tuple[str, ...] = ()
    mapping: str = ""
