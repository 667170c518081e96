"""cli: the demonstration's mails — who is told of the promises that burn down has an address of nobody's, and what went there is shown.

Without a mail server each mail is a file, as it would have been sent.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from cli.engine.event_output import EventOutput
from cli.engine.language import language, sentence
from cli.engine.tables import say, table

if TYPE_CHECKING:
    from api.engine.accounts import NewAccount
    from runtime.ledger import Ledger

BY, ZONE = "demo", "Asia/Shanghai"
NOT_A_NAME = re.compile(r"[^a-z0-9]+")
PATIENCE, A_MOMENT = 60.0, 0.2
WHOLE, REASSIGNED = "promise.missed", "promise.reassigned"
"""The kind of which one mail is shown whole, and the last one of a round."""


@dataclass(frozen=True)
class Mail:
    """`at` it was written; `kind`: of what is told in it; `thread`: of which deal."""

    file: str
    thread: str
    at: datetime
    to: str
    subject: str
    kind: str
    text: str


# --- who is told -----------------------------------------------------------------------------------------------------


async def address(opened: Ledger, teams: Collection[UUID]) -> None:
    """The reps of these teams, who may get the deals, and the teams' managers. Who has an account of an earlier run keeps it."""
    from api.engine.accounts import Accounts

    accounts = Accounts(opened)
    there = {account["login"] for account in await accounts.all()}
    for new in await _told(opened, teams):
        if new.login not in there:
            await accounts.create(new, BY)


async def _told(opened: Ledger, teams: Collection[UUID]) -> list[NewAccount]:
    from api.engine.accounts import NewAccount
    from api.engine.roles import Role
    from projections.people import directory, rep_load

    reps = await rep_load.reps(opened.pool, datetime.now(UTC), active=True)
    people: list[tuple[Role, UUID | None, UUID | None, str]] = [
        (Role.REP, rep.rep_id, None, rep.rep_name or "") for rep in reps if rep.team_id in teams
    ]
    for team_id in teams:
        team = await directory.get(opened.pool, team_id)
        boss = await directory.get(opened.pool, team.parent_id) if team and team.parent_id else None
        people.append((Role.MANAGER, None, team_id, str(boss.name) if boss else "manager"))
    return [
        NewAccount(
            f"demo-{str(rep or team)[:8]}", role, rep, team, name, _mail(name, rep or team), language(), ZONE
        )
        for role, rep, team, name in people
    ]


def _mail(name: str, id: UUID | None) -> str:
    """At a domain that is nobody's (RFC 2606)."""
    return f"{NOT_A_NAME.sub('.', name.lower()).strip('.') or 'person'}.{str(id)[:4]}@example.com"


# --- what they were told ---------------------------------------------------------------------------------------------


async def show_mails(opened: Ledger, deals: Collection[UUID], output: EventOutput) -> None:
    from cli.engine.common import settings

    if settings().outgoing.smtp:
        output.event("mails-sent", "\nthe mails of these promises went to the mail server")
        return
    if not await _settled(opened, deals):
        output.event(
            "mails-unfinished", "\nnot all mails of these promises are written; the worker's log says why"
        )
    folder = settings().data_dir / "mail"
    mails = _first_round(sorted(_written(folder, deals), key=lambda one: one.file))
    output.view("mails", lambda: _show(mails), mails=mails)
    output.note(f"each is a file in {folder}\n")


async def _settled(opened: Ledger, deals: Collection[UUID]) -> bool:
    """Whether it is known of everybody what they are told of what is recorded now, and that has been sent or dropped."""
    from runtime.notices.progress import settled

    head = await opened.head()
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                if await settled(opened.pool, deals, head):
                    return True
                await asyncio.sleep(A_MOMENT)
    except TimeoutError:
        return False


def _first_round(mails: Sequence[Mail]) -> list[Mail]:
    """Of each deal until it has changed hands: with its next owner it begins anew, sooner or later than is looked here."""
    last = {one.thread: n for n, one in enumerate(mails) if one.kind == REASSIGNED}
    return [one for n, one in enumerate(mails) if n <= last.get(one.thread, n)]


def _written(folder: Path, deals: Collection[UUID]) -> Iterator[Mail]:
    """Those of the threads of these deals."""
    from email import message_from_bytes
    from email.policy import default

    threads = {f"<deal.{deal}@" for deal in deals}
    for file in folder.glob("*.eml"):
        found = message_from_bytes(file.read_bytes(), policy=default)
        if any(str(found["References"] or "").startswith(thread) for thread in threads):
            yield _read(file.name, found)


def _read(name: str, found: EmailMessage) -> Mail:
    body = found.get_body(("plain",))
    return Mail(
        file=name,
        thread=str(found["References"]),
        at=found["Date"].datetime,
        to=", ".join(str(one) for one in found["To"].addresses),
        subject=str(found["Subject"]),
        kind=str(found["X-Salesloop-Notice"] or ""),
        text=str(body.get_content()) if body is not None else "",
    )


def _show(mails: Sequence[Mail]) -> None:
    rows = [(f"{one.at.astimezone():%H:%M:%S}", one.to, one.subject) for one in mails]
    table(
        ("at", "to", "title"),
        rows,
        title="\nthe mails of these promises, as they would have been sent",
        whole=("at",),
    )
    one = next((one for one in mails if one.kind == WHOLE), None)
    if one is not None:
        say(sentence("one of them, whole:") + "\n")
        say(
            "\n".join(
                f"    {line}".rstrip() for line in (f"{one.to}: {one.subject}", "", *one.text.splitlines())
            )
        )
        say("")
