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

Listed = Literal["accounts", "keys"]
FIELDS: dict[Listed, tuple[str, ...]] = {
    "accounts": ("login", "name", "email", "role", "rep_id", "team_id", "language", "timezone"),
    "keys": ("user_id", "role", "rep_id", "team_id", "label"),
}
ROLES = tuple(role.value for role in Role if role is not Role.ADMIN)
"""An administrator's is the operator's to make, in the terminal."""


@pages.get("/admin/accounts", summary="Accounts of people")
async def accounts(page: Admin) -> Response:
    return await _show(page, "accounts")


@pages.post("/admin/accounts", summary="Make an account")
async def make_account(page: Admin) -> Response:
    return await _make(page, "accounts")


@pages.post("/admin/accounts/{login}/email", summary="Another e-mail address, or none")
async def change_email(login: str, page: Admin) -> Response:
    email = (await typed(page)).get("email")
    return await _change(page, f"/accounts/{login}/email", {"email": email})


@pages.post("/admin/accounts/{login}/{act}", summary="A new link, disable, enable, sign out everywhere")
async def change_account(
    login: str, act: Literal["link", "disable", "enable", "sign-out"], page: Admin
) -> Response:
    return await _change(page, f"/accounts/{login}/{act}", shown=act == "link")


@pages.get("/admin/keys", summary="API keys")
async def keys(page: Admin) -> Response:
    return await _show(page, "keys")


@pages.post("/admin/keys", summary="Make an API key")
async def make_key(page: Admin) -> Response:
    return await _make(page, "keys")


@pages.post("/admin/keys/{key_id}/revoke", summary="Revoke an API key")
async def revoke(key_id: str, page: Admin) -> Response:
    await page.write(f"/keys/{key_id}", method="DELETE")
    return page.go("/desk/admin/keys")


async def _change(
    page: Page, path: str, body: dict[str, Any] | None = None, *, shown: bool = False
) -> Response:
    """What is wrong is said above the page: the fields below are a new account's. `shown`: the answer is, this once."""
    try:
        answer = await page.write(path, body)
    except Refusal as refused:
        return await _show(page, "accounts", refused=refused, of_form=False)
    if shown:
        return await _show(page, "accounts", made=answer.json())
    return page.go("/desk/admin/accounts")


async def _make(page: Page, of: Listed) -> Response:
    given = await typed(page)
    try:
        made = (
            await page.write(f"/{of}", {name: given[name] for name in FIELDS[of] if name in given})
        ).json()
    except Refusal as refused:
        return await _show(page, of, given=given, refused=refused)
    return await _show(page, of, made=made)


async def _show(
    page: Page, of: Listed, *, given: dict[str, str] | None = None, refused: Refusal | None = None, of_form: bool = True, made: Any = None
) -> Response:  # fmt: skip
    """`made` holds what is shown this once: an account's link, a key's token. `of_form`: what was refused is the form for a new one."""
    listed = (await page.read(f"/{of}"))[of]
    teams, reps = await page.listed("/teams"), await reps_of(page)
    return page.render(
        f"admin_{of}.html",
        refused.status if refused else 200,
        tab=of,
        tabs=TABS,
        listed=listed,
        made=made,
        roles=ROLES,
        teams=teams,
        reps=reps,
        names={one["id"]: one["name"] for one in (*teams, *reps)},
        given=Lenient(given or {}),
        problem=Lenient(refused.problem) if refused else None,
        errors=Lenient(errors_of(refused.problem)) if refused and of_form else Lenient(),
    )
