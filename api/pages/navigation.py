"""api: which pages there are, and for whom. A page puts itself here; what a role may not open is not shown to it."""

from __future__ import annotations

from dataclasses import dataclass

from api.engine.roles import ADMIN, LEADERS, OVERSEERS, READERS, WRITERS, Role
from api.pages.engine.rendering import add_globals


@dataclass(frozen=True, slots=True)
class Entry:
    """`title` is English, and translated where it is shown; `sign` is the name of its drawing in `static/signs.svg`. `also` are the addresses
    of the pages that lie under it.
    """

    address: str
    title: str
    sign: str
    roles: tuple[Role, ...] = READERS
    also: tuple[str, ...] = ()

    def holds(self, path: str) -> bool:
        """Whether a page is this one, or lies under it."""
        return path.startswith((self.address, *self.also))


OF_CYCLES = ("/desk/targets", "/desk/scorecards", "/desk/action-items", "/desk/adjustments", "/desk/meetings")
ENTRIES = (
    Entry("/desk/today", "Today", "today", WRITERS),
    Entry("/desk/board", "Board", "board"),
    Entry("/desk/deals", "Deals", "list"),
    Entry("/desk/leads", "Leads", "lead"),
    Entry(
        "/desk/customers",
        "Customers",
        "customer",
        also=("/desk/segments", "/desk/lifecycle", "/desk/revisits", "/desk/offers"),
    ),
    Entry("/desk/team", "Team", "team", (*LEADERS, Role.AUDITOR)),
    Entry("/desk/cycles", "Cycles", "cycle", also=OF_CYCLES),
    Entry("/desk/funnel", "Funnel", "funnel"),
    Entry("/desk/figures", "Figures", "figures"),
    Entry("/desk/cases", "Service cases", "case"),
    Entry("/desk/surveys", "Surveys", "survey"),
    Entry("/desk/history", "History", "history", OVERSEERS),
    Entry("/desk/admin", "Administration", "admin", ADMIN),
)


def entries(role: Role) -> tuple[Entry, ...]:
    return tuple(entry for entry in ENTRIES if role in entry.roles)


def home(role: Role) -> str:
    """What a person of that role sees first."""
    return entries(role)[0].address


add_globals(entries=entries)
