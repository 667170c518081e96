"""Runtime room, file import: the mapping — how a file's columns, words and dates become ours.

A mapping is data: a TOML file that `docs/import.md` documents and `mapping_file.py` checks. Nothing about a particular
export may enter here; what is particular stands in the files under `mappings/`.
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import fnmatchcase

ONE_ROW, HISTORY = "one", "history"
"""How many rows a deal has in its file: one, or one for each stage it went through."""
KEEP, REJECT, AT_IMPORT, PRODUCT_PRICE = "keep", "reject", "import", "product-price"


@dataclass(frozen=True, slots=True)
class Field:
    """What a kind of file can tell. `missing` lists what may be done when a row leaves it empty; the first is usual. `empty` is
    what a row that is refused for it is told. `of_all`: where it has no column, the mapping says it of the whole file; any
    other default stands in for what nobody told. `judged_later`: whether it may be empty depends on what is known.
    """

    name: str
    missing: tuple[str, ...] = (KEEP, REJECT)
    empty: str = "is empty"
    of_all: bool = False
    judged_later: bool = False

    @property
    def needed(self) -> bool:
        return self.missing == (REJECT,)


def needed(*names: str) -> tuple[Field, ...]:
    """Fields that every row must tell."""
    return tuple(Field(name, (REJECT,), of_all=True) for name in names)


def told(*names: str) -> tuple[Field, ...]:
    """Fields that a row may leave empty."""
    return tuple(Field(name) for name in names)


@dataclass(frozen=True, slots=True)
class Column:
    """Where a field comes from: the column `header`, where that is empty the first of `others` that is not, or all of them with
    `joined` between them; with its words translated by `values`; `default` when all are empty. Times without an offset are those of its
    `timezone`, or of the mapping's; of a `day` any time that is written beside it is none.
    """

    of: Field
    header: str = ""
    optional: bool = False
    default: str = ""
    missing: str = KEEP
    values: Map[str, str] = field(default_factory=dict)
    blank: frozenset[str] = frozenset({""})
    scale: Decimal = Decimal(1)
    dates: tuple[str, ...] = ()
    """Its own forms of dates; none: the mapping's."""
    others: tuple[str, ...] = ()
    joined: str | None = None
    timezone: str = ""
    day: bool = False
    without: str = ""
    """What its values may begin with and are the same without."""
    first: str = ""
    """Of several values with this between them the first is taken."""

    @property
    def name(self) -> str:
        return self.of.name


@dataclass(frozen=True, slots=True)
class ActivityRule:
    """What an activity of an event log is to us, by a pattern of its name."""

    match: str
    kind: str
    outcome: str = ""

    def fits(self, name: str) -> bool:
        return fnmatchcase(name, self.match)


BEGINS, ENDS, ABORTS, PASSED_OVER = "start", "complete", "abort", "ignore"
MOMENTS = (BEGINS, ENDS, ABORTS, PASSED_OVER)
LIFECYCLE = {
    "": ENDS, "unknown": ENDS, "complete": ENDS, "start": BEGINS, "ate_abort": ABORTS, "pi_abort": ABORTS,
    **dict.fromkeys(
        ("schedule", "assign", "reassign", "withdraw", "suspend", "resume", "autoskip", "manualskip"), PASSED_OVER
    ),
}  # fmt: skip
"""The standard's transitions (IEEE 1849, lifecycle extension). One that is unknown happened, as one that is not told."""


@dataclass(frozen=True, slots=True)
class EventRules:
    """How an event log becomes deals. `moments` are the words of its lifecycle, in small letters; `systems` are resources that
    are no people.
    """

    activities: tuple[ActivityRule, ...] = ()
    moments: Map[str, str] = field(default_factory=lambda: LIFECYCLE)
    systems: frozenset[str] = frozenset()
    team: str = "desk"
    desk: str = "desk"
    owner: str = "last"
    stage: str = "contact"
    title: str = "{case}"
    grouped: bool = False
    longest_days: Decimal = Decimal(7)
    """Work that took longer was hardly done in one go: a completion is missing."""

    def rule_for(self, name: str) -> ActivityRule:
        return next((rule for rule in self.activities if rule.fits(name)), ActivityRule("*", "task"))


@dataclass(frozen=True, slots=True)
class Sheet:
    """One kind of file. `file` is a name in the import's folder; empty: the one file that is given. `more` are other files of
    it, read in this order. `page` is the sheet of a workbook; empty: its only one. `skip` are words by a column's header: rows
    that say one of them are passed over.
    """

    kind: str
    file: str
    optional: bool
    columns: Map[str, Column]
    page: str = ""
    more: tuple[str, ...] = ()
    skip: Map[str, frozenset[str]] = field(default_factory=dict)

    @property
    def files(self) -> tuple[str, ...]:
        return (self.file, *self.more)

    def header_of(self, field: str) -> str:
        """The file's own name for one of our fields."""
        column = self.columns.get(field)
        return column.header if column is not None and column.header else field


@dataclass(frozen=True, slots=True)
class Override:
    """The stages for which the importing user approves what the gates would ask for, and why."""

    stages: frozenset[str] = frozenset()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Mapping:
    """A checked mapping. `digest` is of the file's bytes; without a `timezone` days are the company's."""

    name: str
    source: str
    digest: str
    sheets: Map[str, Sheet]
    timezone: str = ""
    dates: tuple[str, ...] = ("iso",)
    currency: str = "USD"
    encoding: str = "utf-8"
    delimiter: str = ","
    decimal: str = "."
    thousands: str = ""
    grouping: str = "thousands"
    process: str = "default"
    policy: str = "default"
    titles: tuple[str, ...] = ("{product} — {customer}", "{product}", "{reference}")
    stages: Map[str, str] = field(default_factory=dict)
    override: Override = Override()
    rows: str = ONE_ROW
    aliases: Map[str, Map[str, str]] = field(default_factory=dict)
    create: frozenset[str] = frozenset()
    events: EventRules = EventRules()
