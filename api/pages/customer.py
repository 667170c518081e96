"""api: customers — found by any part of their name, and one with all that is known of it and ever happened with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Response

from api.pages import custom_fields, surveys
from api.pages.engine.asking import Json
from api.pages.engine.page import Page, may_open, router
from api.pages.records import named
from domain.customer.facts import BuyingRole, NoteKind
from projections.customer.timeline import TouchKind

ROWS, BESIDE, EVENTS = 50, 30, 30

pages = router()
Opened = Annotated[Page, Depends(may_open())]


@pages.get("/customers", summary="Customers")
async def customers(page: Opened) -> Response:
    asked = page.query
    narrowed = {name: asked[name].strip() for name in ("text", "sector", "country")}
    found = await page.read("/customers", **narrowed, cursor=asked["cursor"], limit=ROWS)
    return page.render("customers.html", found=found, asked=asked)


@pages.get("/customers/duplicates", summary="Customers that are likely one")
async def duplicates(page: Opened) -> Response:
    asked = page.query
    found = await page.read(
        "/customers/duplicates", least=asked["least"], cursor=asked["cursor"], limit=BESIDE
    )
    return page.render("duplicates.html", found=found, asked=asked)


@pages.get("/customers/{customer_id}", summary="One customer")
async def customer(customer_id: UUID, page: Opened) -> Response:
    """In the past what cannot be told as of then is left out: leads, cases, segments, likely duplicates."""
    at = f"/customers/{customer_id}"
    found = await page.read(at, **page.then)
    if found.get("merged_into"):
        return page.go(f"/desk/customers/{found['merged_into']}")
    asked = {"kind": page.query["kind"], "cursor": page.query["cursor"]}
    told = {"lang": page.language, "limit": EVENTS, **asked}
    timeline = await page.read(f"{at}/timeline", **told, **page.then)
    about = {"customer_id": str(customer_id), "limit": BESIDE}
    deals, won, lost = await page.read_all(
        *(
            ("/deals", {**about, "sort": "-opened_at", "status": status, **page.then})
            for status in ("open", "won", "lost")
        )
    )
    return page.render(
        "customer.html",
        customer=found,
        timeline=timeline,
        records=await named(
            page, [(one["of"], one["stream_id"]) for one in timeline["items"] if one["of"] != "customer"]
        ),
        deals=deals,
        closed=sorted([*won["items"], *lost["items"]], key=lambda one: one["closed_on"] or "", reverse=True),
        contacts=list(by_role(found)),
        said_of=await _said_of(page, found["contacts"]),
        notes={kind: [one for one in found["notes"] if one["kind"] == kind] for kind in map(str, NoteKind)},
        kinds=[str(kind) for kind in TouchKind],
        fields=await custom_fields.shown(page, "customer", found["custom"]),
        **await _now(page, about),
    )


async def _said_of(page: Page, contacts: list[Json]) -> dict[str, list[Json]]:
    """By contact what custom fields say of them."""
    fields = await custom_fields.declared(page, "contact") if contacts else []
    return {one["id"]: custom_fields.told(page, fields, one["custom"]) for one in contacts}


async def _now(page: Page, about: dict[str, Any]) -> Json:
    if page.as_of:
        nothing = ("cases", "leads", "segments", "likely", "life", "revisits", "answers", "made", "companies")
        return dict.fromkeys(nothing)
    at = f"/customers/{about['customer_id']}"
    cases, leads, segments, likely, life, revisits, made, companies = await page.read_all(
        ("/cases", about),
        ("/leads", about),
        (f"{at}/segments", {}),
        (f"{at}/duplicates", {}),
        (f"/lifecycle{at}", {}),
        ("/lifecycle/revisits", about),
        (f"{at}/records", {}),
        (f"{at}/group", {}),
    )
    here = {"cases": cases, "leads": leads, "segments": segments["stays"], "likely": likely}
    here |= {"life": life, "revisits": revisits["items"], "made": made, "companies": companies}
    return {**here, "answers": await surveys.of_customer(page, about["customer_id"])}


def by_role(found: Json) -> Iterator[tuple[str, list[Json]]]:
    """The contacts by their part in deciding, each with its consents and what it is in single deals; those without a part last."""
    for role in (*map(str, BuyingRole), ""):
        people = [
            {
                **one,
                "consents": [c for c in found["consents"] if c["contact_id"] == one["id"]],
                "in_deals": [r for r in found["roles"] if r["contact_id"] == one["id"] and r["deal_id"]],
            }
            for one in found["contacts"]
            if one["buying_role"] == role
        ]
        if people:
            yield role, people
