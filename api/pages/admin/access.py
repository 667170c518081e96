"""api: who may come in — people's accounts with their links, and the keys of programs. What is secret is shown once and kept nowhere."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import Response

from api.engine.roles import Role
from api.pages.admin.tabs import TABS, Admin, typed
from api.pages.colleagues import reps_of
from api.pages.engine.asking import Refusal
from api.pages.engine.page import Lenient, Page, router
from api.pages.engine.typed import errors_of

pages = router()

ACCOUNT = ("login", "name", "email", "role", "rep_id", "team_id", "language", "timezone")
KEY = ("user_id", "role", "rep_id", "team_id", "label")
ROLES = tuple(role.value for role in Role if role is not Role.ADMIN)
"""An administrator's is the operator's to make, in the terminal."""


# --- accounts --------------------------------------------------------------------------------------------------------


@pages.get("/admin/accounts", summary="Accounts of people")
async def accounts(page: Admin) -> Response:
    return await _accounts(page)


@pages.post("/admin/accounts", summary="Make an account")
async def make_account(page: Admin) -> Response:
    given = await typed(page)
    body = {name: given[name] for name in ACCOUNT if name in given}
    try:
        made = (await page.write("/accounts", body)).json()
    except Refusal as refused:
        return await _accounts(page, given=given, refused=refused)
    return await _accounts(page, link={**made, "login": given.get("login", "")})


@pages.post("/admin/accounts/{login}/{act}", summary="A new link, disable, enable, sign out everywhere")
async def change_account(
    login: str, act: Literal["link", "disable", "enable", "sign-out"], page: Admin
) -> Response:
    try:
        answer = await page.write(f"/accounts/{login}/{act}")
    except Refusal as refused:
        return await _accounts(page, refused=refused)
    if act == "link":
        return await _accounts(page, link={**answer.json(), "login": login})
    return page.go("/desk/admin/accounts")


async def _accounts(
    page: Page, *, given: dict[str, str] | None = None, refused: Refusal | None = None, link: dict[str, Any] | None = None
) -> Response:  # fmt: skip
    listed = (await page.read("/accounts"))["accounts"]
    values = await _people(page, given, refused)
    return page.render(
        "admin_accounts.html",
        refused.status if refused else 200,
        tab="accounts",
        accounts=listed,
        link=link,
        **values,
    )


# --- keys ------------------------------------------------------------------------------------------------------------


@pages.get("/admin/keys", summary="API keys")
async def keys(page: Admin) -> Response:
    return await _keys(page)


@pages.post("/admin/keys", summary="Make an API key")
async def make_key(page: Admin) -> Response:
    given = await typed(page)
    try:
        made = (await page.write("/keys", {name: given[name] for name in KEY if name in given})).json()
    except Refusal as refused:
        return await _keys(page, given=given, refused=refused)
    return await _keys(page, token=made["token"])


@pages.post("/admin/keys/{key_id}/revoke", summary="Revoke an API key")
async def revoke(key_id: str, page: Admin) -> Response:
    await page.write(f"/keys/{key_id}", method="DELETE")
    return page.go("/desk/admin/keys")


async def _keys(
    page: Page, *, given: dict[str, str] | None = None, refused: Refusal | None = None, token: str = ""
) -> Response:  # fmt: skip
    listed = (await page.read("/keys"))["keys"]
    values = await _people(page, given, refused)
    return page.render(
        "admin_keys.html",
        refused.status if refused else 200,
        tab="keys",
        keys=listed[::-1],
        token=token,
        **values,
    )


async def _people(page: Page, given: dict[str, str] | None, refused: Refusal | None) -> dict[str, Any]:
    """What both forms choose from, and what is wrong with what was typed."""
    teams, reps = await page.listed("/teams"), await reps_of(page)
    return {
        "tabs": TABS,
        "roles": ROLES,
        "teams": teams,
        "reps": reps,
        "names": {one["id"]: one["name"] for one in (*teams, *reps)},
        "given": Lenient(given or {}),
        "problem": Lenient(refused.problem) if refused else None,
        "errors": Lenient(errors_of(refused.problem)) if refused else Lenient(),
    }
