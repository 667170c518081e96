"""api: endpoints that events are sent to — how far each is, what was sent, and what an administrator does about it."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from fastapi import Response

from api.pages.admin.tabs import TABS, Admin, typed
from api.pages.engine.asking import Refusal
from api.pages.engine.page import Lenient, Page, router
from api.pages.engine.typed import errors_of

pages = router()

SHOWN = 30
BESIDE = 24
"""Hours that the secret of before counts, too."""
Act = Literal["pause", "resume", "rotate", "replay", "test", "delete"]


@pages.get("/admin/webhooks", summary="Endpoints that events are sent to")
async def webhooks(page: Admin) -> Response:
    return await _show_all(page)


@pages.post("/admin/webhooks", summary="Have events sent to an address")
async def make(page: Admin) -> Response:
    given = await typed(page)
    body: dict[str, Any] = {
        name: given[name] for name in ("name", "url", "envelope", "key_id") if name in given
    }
    body |= {"topics": given.get("topics", "").replace(",", " ").split(), "personal": "personal" in given}
    try:
        made = (await page.write("/webhooks", body)).json()
    except Refusal as refused:
        return await _show_all(page, given=given, refused=refused)
    return await _show_all(page, made=made)


@pages.get("/admin/webhooks/{webhook_id}", summary="One endpoint, and what was sent to it")
async def webhook(webhook_id: UUID, page: Admin) -> Response:
    return await _show(page, webhook_id)


@pages.post("/admin/webhooks/{webhook_id}/{act}", summary="Pause, resume, rotate, replay, test, delete")
async def change(webhook_id: UUID, act: Act, page: Admin) -> Response:
    given = await typed(page)
    path = f"/webhooks/{webhook_id}"
    try:
        if act == "delete":
            await page.write(path, method="DELETE")
            return page.go("/desk/admin/webhooks")
        answer = await page.write(f"{path}/{act}", _body(act, given))
    except Refusal as refused:
        return await _show(page, webhook_id, given=given, refused=refused)
    if act in ("rotate", "test"):
        return await _show(page, webhook_id, made={act: answer.json()})
    return page.go(f"/desk/admin{path}")


def _body(act: Act, given: dict[str, str]) -> dict[str, Any] | None:
    if act == "rotate":
        return {"hours": BESIDE}
    if act != "replay":
        return None
    after = given.get("after", "")
    return {"after": int(after) if after.isascii() and after.isdigit() else after}


async def _show_all(
    page: Page, *, given: dict[str, str] | None = None, refused: Refusal | None = None, made: Any = None
) -> Response:
    listed, keys = (await page.read("/webhooks"))["webhooks"], (await page.read("/keys"))["keys"]
    return page.render(
        "admin_webhooks.html",
        refused.status if refused else 200,
        listed=listed,
        keys=[key for key in keys if not key["revoked_at"]],
        made=made,
        **_common(given, refused),
    )


async def _show(
    page: Page,
    id: UUID,
    *,
    given: dict[str, str] | None = None,
    refused: Refusal | None = None,
    made: Any = None,
) -> Response:
    """`made` holds what is shown this once: a secret, or what came of a test."""
    failed = page.query["failed"] == "true"
    log = await page.read(
        f"/webhooks/{id}/deliveries", failed=failed or None, cursor=page.query["cursor"], limit=SHOWN
    )
    return page.render(
        "admin_webhook.html",
        refused.status if refused else 200,
        one=await page.read(f"/webhooks/{id}"),
        log=log,
        failed=failed,
        made=Lenient(made or {}),
        beside=BESIDE,
        **_common(given, refused),
    )


def _common(given: dict[str, str] | None, refused: Refusal | None) -> dict[str, Any]:
    return {
        "tab": "webhooks",
        "tabs": TABS,
        "given": Lenient(given or {}),
        "problem": Lenient(refused.problem) if refused else None,
        "errors": Lenient(_errors(refused.problem)) if refused else Lenient(),
    }


def _errors(problem: Any) -> dict[str, Any]:
    """Of each field; what is wrong with one of the topics is said of all."""
    found: dict[str, Any] = {}
    for field, messages in errors_of(problem).items():
        found.setdefault(field.partition(".")[0], []).extend(messages)
    return found
