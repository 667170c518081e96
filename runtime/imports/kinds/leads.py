"""Runtime room, file import: leads, a row each. A second file may say no more than their references and what became of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from domain.lead.commands import ImportLead
from domain.lead.imported import digest_of
from domain.lead.lead import CONVERTED, DISCARDED, OPEN, Lead
from runtime.imports.custom_fields import CustomCells
from runtime.imports.kinds.customers import CUSTOMERS
from runtime.imports.kinds.deals import DEALS
from runtime.imports.kinds.kind import Kind, Noted, Planning
from runtime.imports.kinds.reps import REPS
from runtime.imports.lines import Row
from runtime.imports.mapping import Field, needed, told
from runtime.imports.plan import Planned, ids_of
from runtime.imports.results import Reason
from runtime.imports.rows import Cells, Once, Reasons
from runtime.imports.suggest import did_you_mean

LEADS, LEAD = "leads", "lead"
STATUSES = (OPEN, CONVERTED, DISCARDED)
OF_AN_END = ("closed_at", "why", "deal")
TEXTS = ("mail", "phone", "interest", "source", "origin", "company", "why")


class LeadPlanner:
    def __init__(self, at_hand: Planning) -> None:
        self._at_hand, self._sheet, self._values = at_hand, at_hand.sheet, at_hand.values
        self._once = Once("reference")
        self._custom = CustomCells(self._sheet, self._values, at_hand.references.declared.get(LEADS))

    def plan(self, row: Row, cells: Cells) -> Planned:
        reasons, at = Reasons(self._sheet, cells), self._at_hand
        self._once.check(row, reasons)
        status = self._status(reasons)
        names = tuple(at.referring.names(cells))
        ids = ids_of(names, at.references, reasons)
        command = ImportLead(
            lead_id=at.id_of(LEAD, cells["reference"]),
            imported_from=at.mapping.source,
            reference=cells["reference"],
            name=cells.get("name") or cells.get("company") or cells["reference"],
            captured_at=self._values.instant(reasons, "captured_at"),
            status=status,
            closed_at=self._values.instant(reasons, "closed_at", end_of_day=True),
            do_not_mail=self._values.flag(reasons, "do_not_mail"),
            do_not_call=self._values.flag(reasons, "do_not_call"),
            customer_id=ids.get("customer"),
            owner_id=ids.get("owner"),
            qualified_by=ids.get("qualified_by"),
            custom=self._custom.read(reasons),
            deal_id=ids.get("deal"),
            assumed=cells.assumed if "name" in cells else cells.assumed | {"name"},
            timezone=at.mapping.timezone,
            **{name: cells.get(name, "") for name in TEXTS},
        )
        if reasons.found:
            return Planned((row,), reasons=tuple(reasons.found))
        return Planned((row,), (command,), refers=names, notes=tuple(self._notes(command, cells)))

    def _status(self, reasons: Reasons) -> Any:
        word = reasons.cells.get("status")
        if word is not None and word not in STATUSES:
            known = f"is none of {', '.join(STATUSES)}: say under `values` which it means"
            reasons.wrong("status", known + did_you_mean(word, STATUSES))
        return word

    def _notes(self, command: ImportLead, cells: Cells) -> Iterator[Reason]:
        header = self._sheet.header_of
        if command.status in (CONVERTED, DISCARDED):
            if command.closed_at is None:
                yield Reason(
                    header("closed_at"),
                    "",
                    "is not told: what is new of this counts for the day of the import",
                )
        else:
            for field in OF_AN_END:
                if field in cells and field not in cells.assumed:
                    yield Reason(header(field), "", "is passed over: an open lead has none")


def _instants(row: ImportLead) -> tuple[datetime | None, ...]:
    return (row.captured_at, row.closed_at)


KIND = Kind(
    name=LEADS,
    one=LEAD,
    fields=(
        *needed("reference"),
        Field("status", of_all=True),
        Field("owner", of_all=True),
        Field("source", of_all=True),
        Field("origin", of_all=True),
        *told(
            "name",
            "company",
            "mail",
            "phone",
            "interest",
            "customer",
            "qualified_by",
            "captured_at",
            "closed_at",
            "why",
            "deal",
            "do_not_mail",
            "do_not_call",
            "owner_name",
            "customer_name",
            "qualified_by_name",
        ),
    ),
    planner=LeadPlanner,
    refers={"owner": REPS, "qualified_by": REPS, "customer": CUSTOMERS, "deal": DEALS},
    aggregate=Lead,
    ids=LEAD,
    noted=Noted(topic="lead.import-noted", digest=digest_of, instants=_instants),
    paths={"standing": "status", "customer_id": "customer"},
)
