"""Runtime room, file import: contacts, a row each. They are within their customer's stream: one that has another customer in a later
file is added there, and stays known where it was.
"""

from __future__ import annotations

from collections.abc import Sequence

from domain.customer.commands import AddContact
from domain.customer.facts import BuyingRole, Purpose
from domain.customer.known import GivenConsent
from runtime.imports.custom_fields import CustomCells
from runtime.imports.kinds.customers import CUSTOMERS
from runtime.imports.kinds.kind import Kind, Planning
from runtime.imports.lines import Row
from runtime.imports.mapping import needed, told
from runtime.imports.plan import Planned, ids_of, named_row
from runtime.imports.rows import Cells, Once, Reasons
from runtime.imports.suggest import did_you_mean

CONTACTS, CONTACT = "contacts", "contact"
FLAGS = ("do_not_mail", "do_not_call")
ROLES, PURPOSES = tuple(map(str, BuyingRole)), tuple(map(str, Purpose))


class ContactPlanner:
    def __init__(self, at_hand: Planning) -> None:
        self._at_hand, self._once = at_hand, Once("key")
        self._custom = CustomCells(at_hand.sheet, at_hand.values, at_hand.references.declared.get(CONTACTS))

    def plan(self, row: Row, cells: Cells) -> Planned:
        at, key = self._at_hand, cells["key"]
        reasons = Reasons(at.sheet, cells)
        self._once.check(row, reasons)
        names = tuple(at.referring.names(cells))
        customer_id = ids_of(names, at.references, reasons).get("customer")
        flags = {name: at.values.flag(reasons, name) for name in FLAGS}
        if reasons.found or customer_id is None:
            return Planned((row,), reasons=tuple(reasons.found))
        role, consents, custom = _role(reasons), _consents(reasons), self._custom.read(reasons)
        if reasons.found:
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
            buying_role=role,
            consents=consents,
            custom=custom,
        )
        untold = frozenset(name for name, said in flags.items() if said is None)
        return named_row(row, command, reasons, ((CONTACTS, key), id), refers=names, assumed=untold)


def _role(reasons: Reasons) -> BuyingRole | None:
    word = reasons.cells.get("buying_role")
    return BuyingRole(word) if word and _is_known(reasons, "buying_role", [word], ROLES) else None


def _consents(reasons: Reasons) -> tuple[GivenConsent, ...]:
    """`mail; call`, all given where `consent_source` says."""
    cells = reasons.cells
    found = [one.strip() for one in cells.get("consents", "").split(";") if one.strip()]
    source = cells.get("consent_source", "")
    if found and not source:
        reasons.wrong("consent_source", "is empty")
    if not _is_known(reasons, "consents", found, PURPOSES):
        return ()
    return tuple(GivenConsent(purpose=Purpose(one), source=source) for one in found)


def _is_known(reasons: Reasons, field: str, words: Sequence[str], known: Sequence[str]) -> bool:
    wrong = [one for one in words if one not in known]
    if wrong:
        statuses = ", ".join(known)
        why = f"is none of {statuses}: say under `values` which it means"
        reasons.wrong(field, why + did_you_mean(wrong[0], known))
    return not wrong


KIND = Kind(
    name=CONTACTS,
    one=CONTACT,
    fields=(
        *needed("key", "customer"),
        *told("name", "mail", "phone", "role", "do_not_mail", "do_not_call", "customer_name"),
        *told("buying_role", "consents", "consent_source"),
    ),
    planner=ContactPlanner,
    refers={"customer": CUSTOMERS},
    in_order=True,
    paths={"customer_id": "customer"},
)
