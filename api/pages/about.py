"""api: what a form is about, asked before all else where its address does not say it — which customer, and which contact of theirs."""

from __future__ import annotations

from dataclasses import replace

from fastapi import Response

from api.engine.acts import Act
from api.pages import finding
from api.pages.engine.control import Control, Found
from api.pages.engine.page import Lenient, Page
from api.pages.offered import choices_of

ASKED = {
    "customer_id": Control("customer_id", "customer", "id", needed=True, of="customer"),
    "contact_id": Control("contact_id", "contact", "id", needed=True, of="contact"),
}
"""By the id in an act's path, how it is asked for."""


async def asked_first(page: Page, act: Act, given: Lenient) -> tuple[Lenient, Response | None]:
    """What the form is given, with what was typed for its ids; and the page that asks for the first that is lacking, if any is."""
    for name in act.ids:
        control = ASKED.get(name)
        if control is None or given[name]:
            continue
        typed, unclear = await finding.resolved(page, [control], given)
        given = Lenient(typed)
        if not given[name]:
            return given, await _which(page, act, control, given, unclear.get(name))
    return given, None


async def _which(
    page: Page, act: Act, control: Control, given: Lenient, found: tuple[Found, ...] | None
) -> Response:
    """`found`: what the name that was typed may stand for; None where none was."""
    message = () if found is None else (finding.SEVERAL if found else finding.NONE,)
    shown = replace(control, shown=given[f"{control.name}.shown"], found=found or (), errors=message)
    kept = {name: value for name, value in given.items() if value and not name.startswith(control.name)}
    choices = await choices_of(page, (control,), given)
    return page.render("which.html", act=act, control=shown, hidden=kept, choices=choices)
