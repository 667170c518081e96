"""Runtime room, file import: the mapping — how a file's columns, words and dates become ours.

A mapping is data: a TOML file that `docs/import.md` documents and `mapping_file.py` checks. Nothing about a particular
export may enter here; what is particular stands in the files under `mappings/`.
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import fnmatchcase

CUSTOMERS, PRODUCTS, REPS, DEALS, EVENTS = "customers", "products", "reps", "deals", "events"
KINDS = (CUSTOMERS, PRODUCTS, REPS, DEALS, EVENTS)
"""In the order in which they are imported."""

KEEP, REJECT, AT_IMPORT, PRODUCT_PRICE = "keep", "reject", "import", "product-price"


@dataclass(frozen=True, slots=True)
class Field:
    """What a kind of file can tell. `missing` lists what may be done when a row leaves it empty; the first is usual. `empty` is
    what a row that is refused for it is told.
    """

    name: str
    missing: tuple[str, ...] = (KEEP, REJECT)
    empty: str = "is empty"


def _fields(needed: str, others: str) -> tuple[Field, ...]:
    return (*(Field(n, (REJECT,)) for n in needed.split()), *(Field(n) for n in others.split()))


CALLED = ("owner_name", "customer_name", "product_name")
"""What the key beside it is called: whom or what nobody listed is made with that name."""
FIELDS: Map[str, Map[str, Field]] = {
    kind: {f.name: f for f in fields}
    for kind, fields in {
        CUSTOMERS: _fields("key", "name sector country employees revenue currency founded parent"),
        PRODUCTS: _fields("key", "name series price currency"),
        REPS: _fields("key team", "name team_name region manager"),
        DEALS: (
            *_fields(
                "reference stage",
                "owner customer product stage_at closed_on expected_close currency contract_reference loss_reason competitor"
                " next_step next_step_due pain_points budget decision_process decision_makers quote_reference"
                " quote_amount title " + " ".join(CALLED),
            ),
            Field("opened_at", (REJECT, AT_IMPORT)),
            Field("amount", (KEEP, REJECT, PRODUCT_PRICE)),
            Field("opening_amount", (KEEP, REJECT, PRODUCT_PRICE)),
        ),
        EVENTS: (
            Field("case", (REJECT,), "is empty: the event belongs to no case"),
            *_fields("activity timestamp", "lifecycle resource"),
        ),
    }.items()
}
ALIASES = {"owner": REPS, "customer": CUSTOMERS, "product": PRODUCTS}
"""Which names a deal's column refers to."""


@dataclass(frozen=True, slots=True)
class Column:
    """Where a field comes from: the column `header`, where that is empty the first of `others` that is not; with its words
    translated by `values`; `default` when all are empty.
    """

    name: str
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
    aliases: Map[str, Map[str, str]] = field(default_factory=dict)
    create: frozenset[str] = frozenset()
    events: EventRules = EventRules()
