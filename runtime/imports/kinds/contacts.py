"""Runtime room, file import: contacts, a row each. They are within their customer's stream: one that has another customer in a later
file is added there, and stays known where it was.
"""

from __future__ import annotations

from domain.customer.commands import AddContact
from runtime.imports.kinds.customers import CUSTOMERS
from runtime.imports.kinds.kind import Kind, Planning
from runtime.imports.lines import Row
from runtime.imports.mapping import needed, told
from runtime.imports.plan import Planned, ids_of, named_row
from runtime.imports.rows import Cells, Once, Reasons

CONTACTS, CONTACT = "contacts", "contact"
FLAGS = ("do_not_mail", "do_not_call")


class ContactPlanner:
    def __init__(self, at_hand: Planning) -> None:
        self._at_hand, self._once = at_hand, Once("key")

    def plan(self, row: Row, cells: Cells) -> Planned:
        at, key = self._at_hand, cells["key"]
        reasons = Reasons(at.sheet, cells)
        self._once.check(row, reasons)
        names = tuple(at.referring.names(cells))
        customer_id = ids_of(names, at.references, reasons).get("customer")
        flags = {name: at.values.flag(reasons, name) for name in FLAGS}
        if reasons.found or customer_id is None:
            return Planned((row,), reasons=tuple(reasons.found))
        id = at.id_of(CONTACT, key)
        command = AddContact(
            customer_id=customer_id,
            contact_id=id,
            name=cells.get("name", key),
            do_not_mail=bool(flags["do_not_mail"]),
            do_not_call=bool(flags["do_not_call"]),
            mail=cells.get("mail", ""),
            phone=cells.get("phone", ""),
            role=cells.get("role", ""),
        )
        untold = frozenset(name for name, said in flags.items() if said is None)
        return named_row(row, command, reasons, ((CONTACTS, key), id), refers=names, assumed=untold)


KIND = Kind(
    name=CONTACTS,
    one=CONTACT,
    fields=(
        *needed("key", "customer"),
        *told("name", "mail", "phone", "role", "do_not_mail", "do_not_call", "customer_name"),
    ),
    planner=ContactPlanner,
    refers={"customer": CUSTOMERS},
    in_order=True,
    paths={"customer_id": "customer"},
)
