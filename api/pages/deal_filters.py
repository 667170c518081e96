"""api: what board and list of deals are narrowed down by — the filters in the address, and what there is to choose from."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from api.engine.roles import Role
from api.pages.colleagues import reps_of
from api.pages.engine.page import Lenient, Page
from domain.policy.closed import CLOSED

FILTERS = ("owner_id", "team_id", "product_id", "process", "text", "currency")
ALL = "all"
"""Of a filter that has something chosen for the person where the address says nothing."""

OWN, TEAM = "own", "team"
"""Whose deals a page shows, for its stream to hear of no others: the person's own, or of all whom they see."""

SORTS = (
    ("due_at", "next due"),
    ("-amount", "amount"),
    ("last_activity_at", "longest untouched"),
    ("expected_close", "expected close"),
    ("-opened_at", "newest"),
)


def asked_of(page: Page) -> Lenient:
    """The filters in the address; a rep who names nobody is shown what is their own."""
    asked = page.query
    if page.as_of:
        asked.pop("text", None)  # titles are not searched as they were
    if page.role is Role.REP and "owner_id" not in asked:
        asked["owner_id"] = str(page.session.user.rep_id)
    return asked


def whose(page: Page, rep: str) -> str:
    """Where it shows deals and promises of that rep alone, or of all where it is empty."""
    return OWN if rep and rep == str(page.session.user.rep_id) else TEAM


def narrowed(asked: Lenient, names: tuple[str, ...] = FILTERS) -> dict[str, str]:
    """As the list of the API takes them."""
    return {name: asked[name] for name in names if name in asked and asked[name] != ALL}


async def choices(page: Page) -> dict[str, Any]:
    """Whose, what and by which process deals can be."""
    read, teams, reps, products = await asyncio.gather(
        page.read("/processes"), page.listed("/teams"), reps_of(page), page.listed("/products")
    )
    processes = read["processes"]
    return {
        "teams": teams,
        "reps": reps,
        "products": products,
        "processes": sorted({one["process"]["name"] for one in processes}),
        "sorts": SORTS,
        "versions": [one["process"] for one in processes],
    }


async def people(page: Page) -> dict[str, Any]:
    """The teams and reps whose figures this person may see."""
    own = page.session.user.sees_team
    teams, reps = await page.listed("/teams"), await reps_of(page)
    if own is None:
        return {"teams": teams, "reps": reps}
    return {
        "teams": [one for one in teams if one["id"] == str(own)],
        "reps": [one for one in reps if one["parent_id"] == str(own)],
    }


def approvals_of(deals: Iterable[Any], reps: Iterable[Any]) -> list[dict[str, Any]]:
    """The overrides of these deals that wait for a decision, each with its deal and who asked for it, by name where that is one
    of the reps; the longest first.
    """
    names = {f"user:{one['user_id']}": one["name"] for one in reps if one.get("user_id")}
    found = [
        {**one, "deal": deal, "asked_by": names.get(by) or by.partition(":")[2] or by}
        for deal in deals
        for one in deal.get("overrides_asked", ())
        for by in (one["requested_by"],)
    ]
    return sorted(found, key=lambda one: str(one["asked_at"]))


def newest(versions: list[Any], name: str) -> Any:
    """The newest version of the process of that name; the first there is where there is none."""
    by_name = {one["name"]: one for one in versions}
    return by_name.get(name) or next(iter(by_name.values()))


def stages_of(deal: Any, versions: list[Any]) -> list[Any]:
    """The open stages of the process version that a deal is on."""
    pinned = (deal["process"], deal["process_version"])
    return open_stages(
        next((one for one in versions if (one["name"], one["version"]) == pinned), None)
        or newest(versions, deal["process"])
    )


def open_stages(process: Any) -> list[Any]:
    return [stage for stage in process["stages"] if stage["name"] not in CLOSED]
