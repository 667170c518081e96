"""api: what a person is told of, on their settings — of what, by which channel, how often, and when not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from api.engine.notice_settings import ALL
from api.engine.roles import Role
from api.pages.engine.asking import Refusal
from api.pages.engine.page import Page
from api.pages.engine.typed import errors_of
from domain.notices import CALLED, EVERYTHING, GROUPS

CHANNELS = ("mail", "chat")
CADENCES = ("at-once", "hourly", "daily", "off")
OF_ADMINISTRATORS = frozenset({"import", "read-model", "recipient"})
"""What nobody else is told of."""
TIMES = ("quiet_from", "quiet_until", "daily_time")


def body_of(typed: Mapping[str, str]) -> dict[str, Any]:
    """A chat's address that was not typed anew stays as it is."""
    body: dict[str, Any] = {
        "rules": [
            {"what": what, "channel": channel, "cadence": cadence or None}
            for channel, what, cadence in _rules(typed)
        ],
        "working_days": typed.get("working_days") == "on",
        **{name: typed.get(name) or None for name in TIMES},
    }
    if typed.get("no_chat") == "on":
        return {**body, "chat_url": None}
    return {**body, "chat_url": typed["chat_url"]} if typed.get("chat_url") else body


def _rules(typed: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    for name, cadence in typed.items():
        channel, divided, what = name.partition(":")
        if divided and channel in CHANNELS:
            yield channel, what, cadence


async def shown(
    page: Page, typed: Mapping[str, str] | None = None, refused: Refusal | None = None
) -> dict[str, Any]:
    """What the section shows: as it is, or as it was typed and refused."""
    found = await page.read("/account/notifications")
    chosen = {f"{one['channel']}:{one['what']}": one["cadence"] for one in found["rules"]}
    usual = {f"mail:{ALL}": "at-once", f"chat:{ALL}": "off"}
    times = {name: found[name] or "" for name in TIMES} | {
        "working_days": "on" if found["working_days"] else ""
    }
    kinds = _kinds(page.role)
    return {
        "found": found,
        "given": {**usual, **chosen, **times} if typed is None else typed,
        "errors": errors_of(refused.problem) if refused else {},
        "channels": CHANNELS,
        "cadences": CADENCES,
        "groups": {ALL: EVERYTHING, **{group: GROUPS[group] for group in kinds}},
        "kinds": {what: CALLED[what] for names in kinds.values() if len(names) > 1 for what in names},
        "each": any("." in name for name in chosen),
    }


def _kinds(role: Role) -> dict[str, list[str]]:
    """By group, those that somebody in that role can be told of."""
    found: dict[str, list[str]] = {}
    for what in CALLED:
        group = what.partition(".")[0]
        if role is Role.ADMIN or group not in OF_ADMINISTRATORS:
            found.setdefault(group, []).append(what)
    return found
