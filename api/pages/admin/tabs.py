"""api: what the pages of administrators have in common."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from api.engine.roles import ADMIN
from api.pages.engine.page import Page, may_open

TABS = (
    ("people", "People"),
    ("accounts", "Accounts"),
    ("keys", "API keys"),
    ("rules", "Rules"),
    ("fields", "Custom fields"),
    ("imports", "Imports"),
    ("notices", "Notices"),
    ("webhooks", "Webhooks"),
    ("read-models", "Read models"),
)
Admin = Annotated[Page, Depends(may_open(*ADMIN))]


async def typed(page: Page) -> dict[str, str]:
    """The texts of the form that was sent, without blanks around them and without what is empty."""
    form = await page.request.form()
    return {name: value.strip() for name, value in form.items() if isinstance(value, str) and value.strip()}
