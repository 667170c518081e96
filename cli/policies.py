"""cli: follow-up policies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.calendar_views import calendar_warnings
from cli.common import AsUser, Json, Reason, as_json, example, fail, group, ledger, receipt, run
from cli.desk_views import show_policy

if TYPE_CHECKING:
    from api.routers.policies import NewPolicy
    from domain.door import Receipt
    from domain.policy import FollowUpPolicy

app = group("policies", "Follow-up policies: show, publish.")


@app.command(epilog=example("salesloop policies show default"))
def show(name: Annotated[str, typer.Argument()] = "default", *, json: Json = False) -> None:
    """All versions of a policy."""
    versions = run(_versions(name))
    if not versions:
        fail(f"no policy is called {name!r}")
    if json:
        as_json([_told(p) for p in versions])
        return
    show_policy(name, versions)


async def _versions(name: str) -> tuple[FollowUpPolicy, ...]:
    from domain.policies import Policies, policy_stream

    async with ledger() as opened:
        held = (await opened.load({policy_stream(name): Policies}))[policy_stream(name)]
        return held.versions if isinstance(held, Policies) else ()


def _told(p: FollowUpPolicy) -> dict[str, Any]:
    return {
        "version": p.version,
        "due_after": str(p.due_after),
        "due_after_by_stage": {stage: str(after) for stage, after in p.due_after_by_stage.items()},
        "remind_before": str(p.remind_before),
        "escalate_after": str(p.escalate_after),
        "reassign_after": str(p.reassign_after),
        "owner_moves": p.owner_moves,
        "owner_ahead": str(p.owner_ahead),
        "owner_excuses": p.owner_excuses,
        "timezone": p.calendar.timezone,
        "holidays": len(p.calendar.holidays),
        "calendar": p.calendar,
        "warnings": calendar_warnings(p.calendar),
    }


@app.command(epilog=example("salesloop policies publish ./key-accounts.json --reason 'the new quarter'"))
def publish(
    file: Annotated[
        Path, typer.Argument(help="JSON, as POST /policies takes it.", exists=True, dir_okay=False)
    ],
    *,
    user: AsUser = "cli",
    reason: Reason = None,
    json: Json = False,
) -> None:
    """Publish a policy's next version; open deals that follow it are re-armed."""
    receipt(run(_publish(file.read_bytes(), user, reason)), json)


def draft_of(content: bytes) -> NewPolicy:
    """A policy's file, checked."""
    from api.routers.policies import NewPolicy
    from cli.loop import checked

    return checked(NewPolicy, content)


async def _publish(content: bytes, user: str, reason: str | None) -> Receipt:
    from cli.common import execute
    from domain.policies import PublishPolicy

    body = draft_of(content)
    return await execute(PublishPolicy(policy=body.value()), user, reason or body.reason)
