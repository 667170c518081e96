"""cli: leads and what became of them, as they are shown."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import tzinfo
from typing import TYPE_CHECKING

from cli.engine.common import moment
from cli.engine.language import heard, word
from cli.engine.options import percent
from cli.engine.tables import facts, table

if TYPE_CHECKING:
    from projections.lead import LeadView, Origin


def show_leads(leads: Iterable[LeadView], to: tzinfo | None) -> None:
    rows = [(i.lead_id, i.name, i.source, i.status, i.owner_name, moment(i.captured_at, to)) for i in leads]
    columns = ("lead", "name", "source", "status", "owner", "captured")
    table(columns, rows, whole=("lead", "captured"), spare=("source", "owner"))


def show_lead(lead: LeadView, to: tzinfo | None) -> None:
    rows = [
        ("name", lead.name),
        ("interest", lead.interest),
        ("company", lead.company),
        ("source", lead.source),
        ("origin", lead.origin),
        ("mail", _reach(lead.mail, barred=lead.do_not_mail)),
        ("phone", _reach(lead.phone, barred=lead.do_not_call)),
        ("captured", moment(lead.captured_at, to)),
        ("status", word(lead.status)),
        ("owner", lead.owner_name or word("nobody")),
        ("allocated", f"{moment(lead.allocated_at, to)} {heard(lead.receipt)}".strip()),
        ("qualified by", lead.qualified_by_name),
        ("ended", moment(lead.ended_at, to)),
        ("deal", lead.deal_id),
        ("reference", lead.reference),
    ]
    facts(str(lead.lead_id), rows)


def _reach(address: str, *, barred: bool) -> str:
    """An address that must not be used says so."""
    return " ".join(filter(None, (address, word("do not use") if barred else "")))


def show_origins(found: Iterable[Origin], by: str) -> None:
    rows = [(o.name or word("not told"), f"{o.leads:,}", f"{o.open:,}", f"{o.converted:,}", f"{o.discarded:,}",
             percent(o.conversion)) for o in found]  # fmt: skip
    columns = (by.replace("_", " "), "leads", "open", "converted", "discarded", "conversion")
    table(columns, rows, right=columns[1:])
