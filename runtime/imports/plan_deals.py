"""Runtime room, file import: a row of a pipeline to the deal it tells of. Pure; no file, no database."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from domain.deal.commands import NOBODY, ImportDeal
from domain.deal.completing import COMPOSED, OPEN_ALONE, OURS
from domain.engine.values import NO_NEEDS, Money, Needs, NextStep, Quote
from domain.policy.closed import LOST, WON
from runtime.imports.cells import Unreadable
from runtime.imports.custom_fields import CustomCells
from runtime.imports.ids import own_id
from runtime.imports.kinds.kind import Planning
from runtime.imports.kinds.products import PRODUCTS
from runtime.imports.lines import Row
from runtime.imports.mapping import AT_IMPORT, PRODUCT_PRICE, Sheet
from runtime.imports.plan import Planned, ids_of
from runtime.imports.references import Name
from runtime.imports.results import Reason
from runtime.imports.rows import Cells, Once, Reasons
from runtime.imports.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

DEAL = "deal"
OPENED_AT = frozenset({"opened_at"})
OF_AN_OPEN_DEAL = ("next_step", "next_step_due", "stage_at")
NO_PLACE_IN = {
    "open": ("closed_on", "contract_reference", "loss_reason", "competitor"),
    WON: ("loss_reason", "competitor", *OF_AN_OPEN_DEAL),
    LOST: ("contract_reference", *OF_AN_OPEN_DEAL),
}
NEEDS = frozenset(("pain_points", "budget", "decision_process", "decision_makers"))
BY_RULE = datetime(1970, 1, 1, tzinfo=UTC)
"""The due time of a next step without a date: past, so that the rule sets it."""
_PLACEHOLDER = re.compile(r"\{([a-z]+)\}")
_BETWEEN_NAMES = re.compile(r"\s*[;；、]\s*")


STAND_INS = ("title", "amount", "opening_amount", "quote_amount", "next_step", "next_step_due")
"""Fields in whose place something else stands where they are empty."""


def _notes(sheet: Sheet, kind: str) -> Iterator[tuple[str, Reason]]:
    """What is said of a cell that a deal of this kind has no place for. One that tells something else, too, is not in vain."""
    state = "an open deal" if kind == "open" else f"a deal that was {kind}"
    told = {
        sheet.header_of(field) for field in ("opened_at", "expected_close", "stage") if field in sheet.columns
    }
    for field in NO_PLACE_IN[kind]:
        header = sheet.header_of(field)
        if field in sheet.columns and header not in told:
            yield field, Reason(header, "", f"is passed over: {state} has none")


@dataclass(frozen=True, slots=True)
class Referred:
    """The names a row refers to, in the words of the files they are defined in, with their ids."""

    names: dict[str, str]
    owner: UUID
    customer: UUID | None
    product: UUID | None


def _ours(text: str) -> UUID:
    """A deal of ours: a file that we wrote names it by its id."""
    if (id := own_id(text)) is None:
        raise Unreadable("is no id of a deal")
    return id


class DealPlanner:
    def __init__(self, at_hand: Planning) -> None:
        self._mapping, self._sheet, self._values = at_hand.mapping, at_hand.sheet, at_hand.values
        self._id_of, self._references, self._referring = at_hand.id_of, at_hand.references, at_hand.referring
        sheet, mapping = self._sheet, self._mapping
        self._titles = [(title, frozenset(_PLACEHOLDER.findall(title))) for title in mapping.titles]
        self._once = Once("reference")
        self._custom = CustomCells(sheet, self._values, self._references.declared.get("deals"))
        self._no_place = {kind: tuple(_notes(sheet, kind)) for kind in NO_PLACE_IN}
        self._may_be_empty = tuple(field for field in STAND_INS if field in sheet.columns)
        self._never_told = frozenset(field for field in STAND_INS if field not in sheet.columns) - {"title"}
        if not {WON, LOST} & {*mapping.stages.values()}:
            self._never_told |= {OPEN_ALONE}
        self._assumptions: dict[tuple[tuple[str, ...], frozenset[str]], frozenset[str]] = {}

    def plan(self, row: Row, cells: Cells) -> Planned:
        reasons = Reasons(self._sheet, cells)
        self._once.check(row, reasons)
        id: UUID | None = reasons.take("id", _ours)
        command = self.tell(reasons)
        if command is None:
            return Planned((row,), reasons=tuple(reasons.found))
        told = Planned(
            (row,), (command,), refers=self.refers(cells), notes=self.passed_over(cells, command.stage)
        )
        if id is None:
            return told
        ours = replace(command, deal_id=id, assumed=command.assumed | {OURS})
        return replace(told, commands=(ours,), otherwise=command)

    def refers(self, cells: Cells) -> tuple[tuple[str, Name], ...]:
        return tuple(self._referring.names(cells))

    def passed_over(self, cells: Cells, stage: str, *, timed: bool = False) -> tuple[Reason, ...]:
        """What is told of a deal that has no place for it; `timed`: the time of its row counts."""
        no_place = self._no_place[stage if stage in (WON, LOST) else "open"]
        counts = {*cells.assumed, *(["stage_at"] if timed else [])}
        notes = tuple([note for field, note in no_place if field in cells and field not in counts])
        if "quote_amount" in cells and "quote_reference" not in cells:
            note = Reason(
                self._sheet.header_of("quote_amount"), "", "is passed over: a quote goes by its reference"
            )
            return (*notes, note)
        return notes

    def tell(self, reasons: Reasons) -> ImportDeal | None:
        """The deal as the row tells it, None where that cannot be read."""
        stage, referred = self._stage(reasons), self._referred(reasons)
        cells, values = reasons.cells, self._values
        closed = stage in (WON, LOST)
        opening, amount = self._amounts(reasons, stage)
        told = ImportDeal(
            deal_id=self._id_of(DEAL, cells["reference"]),
            title=self._title(cells, referred.names),
            owner_id=referred.owner,
            source=self._mapping.source,
            reference=cells["reference"],
            opened_at=values.instant(reasons, "opened_at"),
            stage=stage,
            stage_at=None if closed else values.instant(reasons, "stage_at"),
            customer_id=referred.customer,
            product_id=referred.product,
            amount=amount,
            opening_amount=opening,
            expected_close=values.day(reasons, "expected_close"),
            needs=self._needs(reasons),
            quote=self._quote(reasons),
            closed_on=values.day(reasons, "closed_on") if closed else None,
            closed_at=values.instant(reasons, "closed_on", end_of_day=True) if closed else None,
            contract_reference=cells.get("contract_reference", "") if stage == WON else "",
            loss_reason=cells.get("loss_reason", "") if stage == LOST else "",
            competitor=cells.get("competitor", "") if stage == LOST else "",
            process=self._mapping.process,
            policy=self._mapping.policy,
            timezone=self._mapping.timezone,
            next_step=None if closed else self._next_step(reasons),
            override_reason=self._mapping.override.reason if stage in self._mapping.override.stages else "",
            assumed=self._assumed(reasons),
            asked=self._asked(),
            custom=self._custom.read(reasons),
        )
        return None if reasons.found else told

    def _assumed(self, reasons: Reasons) -> frozenset[str]:
        """What others stand in for: a default, the list price, the names a title is made of. Most rows assume alike."""
        cells = reasons.cells
        empty = tuple([field for field in self._may_be_empty if field not in cells])
        alike = empty, reasons.currency()
        if alike not in self._assumptions:
            composed = frozenset() if "title" in cells else frozenset({COMPOSED})
            self._assumptions[alike] = self._never_told.union(*alike, composed)
        return self._assumptions[alike]

    def _asked(self) -> frozenset[str]:
        column = self._sheet.columns.get("opened_at")
        at_import = column is not None and column.missing == AT_IMPORT
        return frozenset() if at_import else OPENED_AT

    def _stage(self, reasons: Reasons) -> str:
        word = reasons.cells["stage"]
        stage = self._mapping.stages.get(word)
        if stage is None:
            known = self._mapping.stages
            reasons.wrong(
                "stage", f"is none of the mapping's stages ({', '.join(known)}){did_you_mean(word, known)}"
            )
        return stage or ""

    def _referred(self, reasons: Reasons) -> Referred:
        named = list(self._referring.names(reasons.cells))
        names, ids = {at: name for at, (_, name) in named}, ids_of(named, self._references, reasons)
        return Referred(names, ids.get("owner", NOBODY), ids.get("customer"), ids.get("product"))

    def _title(self, cells: Cells, names: dict[str, str]) -> str:
        if "title" in cells:
            return cells["title"]
        parts = names | {"reference": cells["reference"]}
        for template, needed in self._titles:
            if needed <= parts.keys():
                return _PLACEHOLDER.sub(lambda found: parts[found[1]], template)
        return cells["reference"]

    def _amounts(self, reasons: Reasons, stage: str) -> tuple[Money | None, Money | None]:
        """What it was worth when opened, and is now. A won deal is never worth a guess."""
        opening = self._values.money(reasons, "opening_amount") or self._price(reasons, "opening_amount")
        amount = self._values.money(reasons, "amount")
        if amount is None and stage != WON:
            amount = self._price(reasons, "amount")
        return opening, amount

    def _price(self, reasons: Reasons, field: str) -> Money | None:
        column = self._sheet.columns.get(field)
        if column is None or column.missing != PRODUCT_PRICE:
            return None
        return self._references.prices.get(self._referring.meant(PRODUCTS, reasons.cells.get("product", "")))

    def _next_step(self, reasons: Reasons) -> NextStep | None:
        due = self._values.instant(reasons, "next_step_due", end_of_day=True)
        what = reasons.cells.get("next_step")
        return NextStep(what or "follow up", due or BY_RULE) if what or due else None

    def _needs(self, reasons: Reasons) -> Needs:
        cells = reasons.cells
        if NEEDS.isdisjoint(cells):
            return NO_NEEDS
        makers = cells.get("decision_makers")
        return Needs(
            pain_points=cells.get("pain_points", ""),
            budget=self._values.money(reasons, "budget"),
            decision_process=cells.get("decision_process", ""),
            decision_makers=tuple(filter(None, _BETWEEN_NAMES.split(makers))) if makers else (),
        )

    def _quote(self, reasons: Reasons) -> Quote | None:
        reference = reasons.cells.get("quote_reference")
        if reference is None:
            return None
        amount = self._values.money(reasons, "quote_amount") or self._values.money(reasons, "amount")
        if amount is None:
            reasons.wrong("quote_amount", "is empty: a quote names an amount")
            return None
        return Quote(reference=reference, amount=amount)
