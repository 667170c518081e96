"""api: the people that a page offers to choose from."""

from __future__ import annotations

from typing import Any

from api.pages.engine.page import Page


async def reps_of(page: Page) -> list[Any]:
    """All reps whom the person may see; those of their own team come first."""
    found, own = await page.listed("/reps"), page.session.user.team_id
    return found if own is None else sorted(found, key=lambda one: one["parent_id"] != str(own))
