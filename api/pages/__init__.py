"""api: the pages that people work with in a browser, rendered on the server. They read and write by the API's own routes, asked within
the process as who is signed in; no SQL and no rule may enter. How one is made: docs/add-a-page.md.
"""

from __future__ import annotations

from fastapi import APIRouter

from api.pages import (
    acts,
    admin,
    agreed,
    board,
    case,
    customer,
    cycles,
    deal,
    deals,
    figures,
    files,
    finding,
    first,
    funnel,
    history,
    lead,
    lifecycle,
    live,
    merging,
    offers,
    revisits,
    scorecards,
    search,
    segments,
    settings,
    surveys,
    targets,
    team,
    today,
)
from api.pages.engine import static

PAGES: tuple[APIRouter, ...] = (
    static.router,
    live.pages,
    acts.pages,
    finding.pages,
    today.pages,
    board.pages,
    deals.pages,
    deal.pages,
    lead.pages,
    customer.pages,
    merging.pages,
    lifecycle.pages,
    revisits.pages,
    offers.pages,
    settings.pages,
    team.pages,
    cycles.pages,
    targets.pages,
    scorecards.pages,
    agreed.pages,
    funnel.pages,
    figures.pages,
    files.pages,
    case.pages,
    surveys.pages,
    segments.pages,
    search.pages,
    history.pages,
    *admin.ROUTERS,
    first.pages,
    first.door,
)
