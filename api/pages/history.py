"""api: the history of everything — the whole ledger searched, newest first, one record's whole history, and what is shown as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Response
from fastapi.responses import StreamingResponse

from api.engine.roles import OVERSEERS
from api.pages.colleagues import reps_of
from api.pages.doers import workflow
from api.pages.engine.page import Page, may_open, router
from api.pages.records import Record, named, published
from domain.engine.context import Channel
from domain.engine.facts import FACTS
from runtime.spreadsheets import inert

ASKED = ("topic", "stream_id", "who", "channel", "since", "until")
SHOWN, AT_ONCE = 50, 200
COLUMNS = (
    "position",
    "recorded_at",
    "occurred_at",
    "topic",
    "stream_id",
    "version",
    "who_kind",
    "who",
    "who_name",
    "channel",
    "sentence",
    "reason",
)

pages = router()
Overseer = Annotated[Page, Depends(may_open(*OVERSEERS))]


@pages.get("/history", summary="History")
async def history(page: Overseer) -> Response:
    """Whatever was recorded, by record, person, door, kind and days."""
    reps = await _reps(page)
    query = _query(page, reps)
    found = await page.read("/events/search", **query, limit=SHOWN, cursor=page.query["cursor"])
    text = page.query["text"]
    sought = await page.read("/search", text=text) if text else {"groups": []}
    who = query.get("who", "")
    return page.render(
        "history.html",
        found=found,
        asked=page.query,
        named=sought["groups"],
        records=await _records(page, found["items"], who),
        kinds=kinds(),
        channels=[str(one) for one in Channel],
        reps=reps,
        who_named=_named(who, reps),
        by=workflow(who),
        csv_link=f"/desk/history.csv?{urlencode(query)}",
        narrowed=bool(query.keys() - {"lang"}),
    )


def _query(page: Page, reps: list[Any]) -> dict[str, str]:
    """What the ledger is asked for."""
    asked = {name: page.query[name] for name in ASKED if name in page.query} | {"lang": page.language}
    return {**asked, "who": _who(asked["who"], reps)} if asked.get("who") else asked


async def _reps(page: Page) -> list[Any]:
    """Those who sign in: the ledger knows them by their account."""
    return [one for one in await reps_of(page) if one.get("user_id")]


def _who(asked: str, reps: list[Any]) -> str:
    """Whose account is meant by a name, or by a part of it where only one has it; what is nobody's name stays as it was typed."""
    name = asked.strip().casefold()
    if any(one["user_id"] == asked for one in reps):
        return asked
    for same in (str.__eq__, str.__contains__):
        if len(found := {one["user_id"] for one in reps if same(one["name"].casefold(), name)}) == 1:
            return str(found.pop())
    return asked


def _named(who: str, reps: list[Any]) -> str:
    """Their name, where it leads back to the same person."""
    name = next((str(one["name"]) for one in reps if one["user_id"] == who), who)
    return name if _who(name, reps) == who else who


def kinds() -> dict[str, list[str]]:
    """The topics there are, by what they begin with."""
    found: dict[str, list[str]] = {}
    for topic in sorted(FACTS):
        found.setdefault(topic.partition(".")[0], []).append(topic)
    return found


async def _records(page: Page, events: list[Any], who: str) -> dict[str, Record]:
    """By id, the records that events are of, and that workflows are for: those who did something, and the one that is asked for."""
    wanted = [(one["topic"].partition(".")[0], one["stream_id"]) for one in events]
    actors = [who, *(one["who"] for one in events if one["who_kind"] == "workflow")]
    wanted += [(found.kind, found.id) for found in map(workflow, actors) if found and found.id]
    rules = {one["stream_id"]: Record(name) for one in reversed(events) if (name := published(one))}
    return rules | await named(page, wanted)


@pages.get("/history.csv", summary="What History shows, as CSV")
async def as_csv(page: Overseer) -> Response:
    """All that is found, page after page as it is sent: however much it is, no more than a page of it is held."""
    query = _query(page, await _reps(page))
    first = await page.read("/events/search", **query, limit=AT_ONCE)  # a refusal is a page, not a file
    headers = {
        "Content-Disposition": 'attachment; filename="salesloop-history.csv"',
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(_lines(page, query, first), 200, headers, media_type="text/csv; charset=utf-8")


async def _lines(page: Page, query: dict[str, str], found: Any) -> AsyncIterator[bytes]:
    yield "\ufeff".encode() + line(COLUMNS)  # without the mark a spreadsheet reads Chinese as something else
    while True:
        for one in found["items"]:
            yield line([one[name] for name in COLUMNS])
        if found["next_cursor"] is None:
            return
        found = await page.read("/events/search", **query, limit=AT_ONCE, cursor=found["next_cursor"])


def line(values: Any) -> bytes:
    written = io.StringIO()
    csv.writer(written).writerow([inert(value) for value in values])
    return written.getvalue().encode()
