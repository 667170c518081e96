"""api: which page shows what a route of the API gives."""

from __future__ import annotations

import re

PAGES = (
    "deals",
    "customers",
    "cycles",
    "cases",
    "leads",
    "targets",
    "scorecards",
    "action-items",
    "adjustments",
    "meetings",
)
ELSEWHERE = {"survey-answers": "/desk/surveys/answers/{}"}
LOCATION = re.compile(r"/(?P<of>[a-z-]+)/(?P<id>[0-9a-f-]{36})")


def page_of(location: str) -> str:
    """The page of what is at that address of the API; empty where there is none."""
    found = LOCATION.fullmatch(location)
    if found and found["of"] in ELSEWHERE:
        return ELSEWHERE[found["of"]].format(found["id"])
    return f"/desk/{found['of']}/{found['id']}" if found and found["of"] in PAGES else ""
