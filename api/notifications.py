"""api: what a person is told of, by which channel, how often and when — one's own, and anybody's for an administrator."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from datetime import datetime, time
from difflib import get_close_matches
from typing import Annotated, Any, get_args
from uuid import UUID

from fastapi import Depends, Path, Response
from pydantic import ConfigDict, Field, StringConstraints

from api.engine import auth
from api.engine.answers import Answer, answers
from api.engine.auth import may_read, may_write
from api.engine.errors import invalid
from api.engine.fields import Strict
from api.engine.notice_settings import ALL, Cadence, Channel, Chosen, masked
from api.engine.reading import Look
from api.engine.roles import ADMIN, READERS
from api.engine.users import USER_PATTERN, User
from api.engine.writing import Writer
from domain.engine import fields as limits
from domain.engine.errors import Forbidden
from domain.notices import CALLED, GROUPS
from runtime.codec import encode

own = auth.router("/account", tags=["account"])
of_person = auth.router("/accounts", tags=["accounts"])

Admin = Annotated[Writer, Depends(may_write(*ADMIN, versioned=False))]
Login = Annotated[str, Path(pattern=USER_PATTERN, description="the pseudonym that the person signs in with")]
TIMES = ("quiet_from", "quiet_until", "daily_time")
CLEARED = ("quiet_from", "quiet_until", "chat_url")
"""What null takes away."""
MOST_RULES = 200
What = Annotated[
    str,
    StringConstraints(pattern=r"^(\*|[a-z-]+(\.[a-z-]+)?)$"),
    Field(description="promise.missed, all of promise, or * for everything", examples=["promise.missed"]),
]
TimeOfDay = Annotated[limits.TimeOfDay, Field(description="in the account's time zone", examples=["21:00"])]


class NoticeRule(Strict):
    """How one is told of something by a channel; of several rules the one that names most counts. Without a cadence it is taken away."""

    what: What
    channel: Channel
    cadence: Cadence | None


class ChooseNotices(Strict):
    """What is left out stays as it is, rules that are not named among it. null takes quiet hours or the chat's address away."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "rules": [{"what": "promise", "channel": "mail", "cadence": "daily"}],
                    "quiet_from": "21:00",
                    "quiet_until": "07:30",
                }
            ]
        }
    )

    rules: Annotated[tuple[NoticeRule, ...], Field(max_length=MOST_RULES)] = ()
    quiet_from: TimeOfDay | None = None
    quiet_until: TimeOfDay | None = None
    working_days: Annotated[bool | None, Field(description="nothing is sent on days off")] = None
    daily_time: TimeOfDay | None = None
    chat_url: Annotated[
        Annotated[str, StringConstraints(min_length=8, max_length=2_000, pattern=r"^[ -~]+$")] | None,
        Field(
            description="where chat goes, such as slack://…, or the https:// address that the service shows; read back masked",
            examples=["slack://TokenA/TokenB/TokenC"],
        ),
    ] = None


class NoticeRuleAnswer(Answer):
    what: str
    channel: Channel
    cadence: Cadence


class ToldOfAnswer(Answer):
    """`called` says what it is; `mail` and `chat` are how one is told now, by the rule that counts."""

    what: str
    called: str
    mail: Cadence
    chat: Cadence


class FailingAnswer(Answer):
    """Nothing more is sent there; `code` says why it was refused."""

    channel: Channel
    code: str
    since: datetime


class NotificationsAnswer(Answer):
    """`rules` are those that were chosen; `told` is what comes of them. `email` null: there is nowhere to send a mail to. `chat_url` is
    masked. Times of the day are in `timezone`, the company's where that is null.
    """

    login: str
    email: str | None
    timezone: str | None
    failing: list[FailingAnswer]
    rules: list[NoticeRuleAnswer]
    told: list[ToldOfAnswer]
    quiet_from: str | None
    quiet_until: str | None
    working_days: bool
    daily_time: str
    chat_url: str | None
    chat_schemes: Annotated[list[str], Field(description="what a chat's address may begin with here")]


@own.get(
    "/notifications",
    operation_id="readOwnNotifications",
    summary="What one is told of, and how",
    responses=answers(NotificationsAnswer),
)
async def read_own(look: Annotated[Look, Depends(may_read())]) -> Response:
    """For whoever is signed in; a key has no account."""
    return look.answer(_shown(await look.services.notices.of(account_of(look.user)), schemes(look)))


@own.post(
    "/notifications",
    operation_id="chooseOwnNotifications",
    summary="Choose what one is told of, and how",
    responses=answers(NotificationsAnswer, 200, "Chosen. Notices that wait already keep their time."),
)
async def choose_own(
    body: ChooseNotices, writer: Annotated[Writer, Depends(may_write(*READERS, versioned=False))]
) -> Response:
    """For whoever is signed in, auditors too: it is nothing of the ledger's."""
    return await _choose(writer, account_of(writer.user), body)


@of_person.get(
    "/{login}/notifications",
    operation_id="readNotifications",
    summary="What somebody is told of, and how",
    responses=answers(NotificationsAnswer),
)
async def read(login: Login, look: Annotated[Look, Depends(may_read(*ADMIN))]) -> Response:
    account = await look.services.accounts.of(login)
    return look.answer(_shown(await look.services.notices.of(account["id"]), schemes(look)))


@of_person.post(
    "/{login}/notifications",
    operation_id="chooseNotifications",
    summary="Choose what somebody is told of, and how",
    responses=answers(NotificationsAnswer, 200, "Chosen. Notices that wait already keep their time."),
)
async def choose(login: Login, body: ChooseNotices, writer: Admin) -> Response:
    """For who asks the operator: what people choose on the desk is theirs."""
    account = await writer.services.accounts.of(login)
    return await _choose(writer, account["id"], body)


async def _choose(writer: Writer, account: UUID, body: ChooseNotices) -> Response:
    _check_rules(body.rules)
    times = _times(body)
    if times.get("chat_url") is not None:
        await asyncio.to_thread(_check_address, times["chat_url"], schemes(writer))
    rules = [(rule.what, rule.channel, rule.cadence) for rule in body.rules]
    chosen = await writer.services.notices.choose(account, rules, times)
    return Response(_shown(chosen, schemes(writer)), media_type="application/json")


def _check_rules(rules: Iterable[NoticeRule]) -> None:
    """Raises Problem for a name that nothing has, and for two rules of the same."""
    known = {ALL, *GROUPS, *CALLED}
    seen: set[tuple[str, str]] = set()
    for n, rule in enumerate(rules):
        if rule.what not in known:
            raise invalid(f"rules.{n}.what", _unknown(rule.what))
        if (rule.what, rule.channel) in seen:
            raise invalid(f"rules.{n}.what", "came more than once for this channel: send it once")
        seen.add((rule.what, rule.channel))


def _unknown(what: str) -> str:
    """With what is called nearly so, else what there is, in groups."""
    if near := get_close_matches(what, [*GROUPS, *CALLED], 3):
        return f"is nothing that people are told of; near it are: {', '.join(near)}"
    groups = [ALL, *GROUPS]
    return f"is nothing that people are told of; there are these, each with several: {', '.join(groups)}"


def _check_address(url: str, schemes: Collection[str]) -> None:
    """Blocks: the library of all the services is read. Raises Problem."""
    from runtime.channels.chat import NotAChat, check

    try:
        check(url, schemes)
    except NotAChat as wrong:
        raise invalid("chat_url", str(wrong)) from None


def _times(body: ChooseNotices) -> dict[str, Any]:
    """Those that were said."""
    said = {name: getattr(body, name) for name in body.model_fields_set - {"rules"}}
    return {
        name: time.fromisoformat(value) if name in TIMES and value else value
        for name, value in said.items()
        if value is not None or name in CLEARED
    }


def _shown(chosen: Chosen, schemes: Collection[str]) -> bytes:
    times = chosen.times
    return encode(
        {
            "login": chosen.login,
            "email": chosen.email,
            "timezone": chosen.timezone,
            "failing": [
                {"channel": one.channel, "code": one.code, "since": one.since} for one in chosen.failing
            ],
            "rules": chosen.rules,
            "told": [
                {
                    "what": what,
                    "called": called,
                    **{channel: chosen.cadence(what, channel) for channel in get_args(Channel)},
                }
                for what, called in CALLED.items()
            ],
            **{name: _clock(getattr(times, name)) for name in TIMES},
            "working_days": times.working_days,
            "chat_url": times.chat_url and masked(times.chat_url),
            "chat_schemes": sorted(schemes),
        }
    )


def _clock(at: time | None) -> str | None:
    return f"{at:%H:%M}" if at is not None else None


def schemes(asked: Look | Writer) -> Collection[str]:
    """What addresses of chats may begin with here."""
    return asked.services.settings.outgoing.chat_schemes


def account_of(user: User) -> UUID:
    """Raises Forbidden."""
    if user.account_id is None:
        raise Forbidden("a key has no account: who is signed in on the pages has one")
    return user.account_id
