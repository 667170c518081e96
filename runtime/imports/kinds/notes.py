"""Runtime room, file import: notes about customers, a row each, under the file's own ids — needs, preferences, competitors, and all else."""

from __future__ import annotations

from domain.customer.facts import NoteKind
from domain.customer.imported_note import ImportNote
from runtime.imports.kinds.customers import CUSTOMERS
from runtime.imports.kinds.kind import Kind, Planning
from runtime.imports.lines import Row
from runtime.imports.mapping import Field, needed, told
from runtime.imports.plan import Planned, ids_of
from runtime.imports.rows import Cells, Once, Reasons
from runtime.imports.suggest import did_you_mean

NOTES = "notes"
KINDS = tuple(map(str, NoteKind))


class NotePlanner:
    def __init__(self, at_hand: Planning) -> None:
        self._at_hand, self._once = at_hand, Once("reference")

    def plan(self, row: Row, cells: Cells) -> Planned:
        at_hand = self._at_hand
        reasons = Reasons(at_hand.sheet, cells)
        self._once.check(row, reasons)
        names = tuple(at_hand.referring.names(cells))
        ids = ids_of(names, at_hand.references, reasons)
        since, at = at_hand.values.day(reasons, "since"), at_hand.values.instant(reasons, "at")
        kind = cells.get("kind", NoteKind.NOTE)
        if kind not in KINDS:
            statuses = ", ".join(KINDS)
            known = f"is none of {statuses}: say under `values` which it means"
            reasons.wrong("kind", known + did_you_mean(kind, KINDS))
        if reasons.found:
            return Planned((row,), reasons=tuple(reasons.found))
        id = at_hand.id_of(NOTES, cells["reference"])
        command = ImportNote(
            customer_id=ids["customer"],
            note_id=id,
            kind=NoteKind(kind),
            text=cells["text"],
            since=since,
            at=at,
            assumed=cells.assumed if "kind" in cells else cells.assumed | {"kind"},
        )
        return Planned((row,), (command,), name=((NOTES, cells["reference"]), id), refers=names)


KIND = Kind(
    name=NOTES,
    one="note",
    fields=(
        *needed("reference", "customer", "text"),
        Field("kind", of_all=True),
        *told("since", "at", "customer_name"),
    ),
    planner=NotePlanner,
    refers={"customer": CUSTOMERS},
    as_it_is=True,
    in_order=True,
    paths={"customer_id": "customer"},
)
