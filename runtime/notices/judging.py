"""runtime: whether what was decided is still to be told when its time comes, and what it says then.

Everything is held against the ledger and the accounts as they are now: the promise may be kept, the deal another's, the person gone.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from domain.engine.aggregate import Aggregate
from domain.engine.errors import UnknownTopic
from domain.engine.facts import Fact
from domain.engine.notices import NoticeRule, Word, reach_of
from domain.notices import BY_TOPIC, IMPORT_FINISHED, NOTICES, READ_MODEL_STOPPED
from domain.notification.hours import Cadence
from domain.notification.recipient import Recipient
from domain.people.people import Rep
from runtime.channels.message import Notice
from runtime.codec import decode_fact
from runtime.database import Pool
from runtime.failures import where
from runtime.notices.accounts import Account, Book, Way
from runtime.notices.deciding import Load, concerned
from runtime.notices.wording import Places, Wording, needed, path_to

NO_LONGER_TRUE, NOT_CONCERNED, LEFT = "no-longer-true", "not-concerned", "left"
NOT_ALLOWED, SWITCHED_OFF = "not-allowed", "switched-off"
NO_ADDRESS, ADDRESS_FAILED = "no-address", "address-failed"
UNKNOWN, NO_CHANNEL, NOT_MADE = "unknown-kind", "no-channel", "not-made"
IMPORT = "SELECT id, source, state, accepted, rows_total, refused FROM app.import_jobs WHERE id = ANY(%s)"
STOPPED = "SELECT name, position FROM read.positions WHERE suffix = '' AND status = 'stopped'"


log = logging.getLogger(__name__)


class Open(NamedTuple):
    """A notice that is to be told now, with its fact as it is stored; no topic: no fact tells of it."""

    position: int
    channel: str
    kind: str
    detail: str
    stream_id: UUID | None
    deal_id: UUID | None
    state: str
    due_at: datetime
    decided_at: datetime
    message_id: UUID | None
    tries: int
    topic: str | None
    schema: int | None
    data: str | None
    recorded_at: datetime | None
    event_id: UUID | None

    @property
    def key(self) -> tuple[int, str, str, str]:
        return self.position, self.channel, self.kind, self.detail


@dataclass(frozen=True)
class Judged:
    """What became of an open notice: `reason` why it is dropped, or what it says."""

    open: Open
    way: Way
    reason: str | None = None
    says: str = ""
    places: Places | None = None
    path: str = ""

    def told(self, words: Wording) -> Notice:
        assert self.places is not None
        return Notice(
            self.open.kind,
            self.open.recorded_at or self.open.decided_at,
            words.sentence(self.says, self.places),
            self.path,
            self.open.deal_id,
        )


@dataclass(frozen=True)
class Judge:
    """`stopped` and `imports` are what no fact tells of, as they stand now."""

    account: Account
    known: Mapping[UUID, Aggregate]
    stopped: Mapping[str, int]
    imports: Mapping[str, Places]
    channels: Collection[str]

    def judge(self, one: Open) -> Judged:
        way = self.account.way(one.kind, one.channel)
        reason = self._gone(one, way)
        if reason is not None:
            return Judged(one, way, reason)
        try:
            return self._unrecorded(one, way) if one.topic is None else self._recorded(one, way)
        except UnknownTopic:  # a newer release wrote it: whoever is of that one tells it
            raise
        except Exception as failure:  # noqa: BLE001 - a rule that breaks on one notice is no reason to send no other
            return _not_made(one, way, failure)

    def _gone(self, one: Open, way: Way) -> str | None:
        """Why nothing is told to this account by this channel."""
        account = self.account
        rep = self.known.get(account.rep_id) if account.rep_id is not None else None
        if account.disabled or (isinstance(rep, Rep) and rep.has_left):
            return LEFT
        if way.cadence is Cadence.OFF:
            return SWITCHED_OFF
        if one.channel not in account.addresses:
            return NO_ADDRESS
        if one.channel not in self.channels:
            return NO_CHANNEL
        return ADDRESS_FAILED if self.has_failed(one.channel) else None

    def has_failed(self, channel: str) -> bool:
        """The ledger says so; and it is the same address still."""
        held = self.known.get(self.account.id)
        if not isinstance(held, Recipient) or channel not in held.failed:
            return False
        return self.account.failed.get(
            channel, self.account.addresses.get(channel)
        ) == self.account.addresses.get(channel)

    def _recorded(self, one: Open, way: Way) -> Judged:
        assert one.topic is not None
        assert one.stream_id is not None
        fact, about = decoded(one), self.known.get(one.stream_id)
        rules = [rule for rule in BY_TOPIC.get(one.topic, ()) if rule.name == one.kind]
        if not rules or about is None:
            return Judged(one, way, UNKNOWN)
        rule = next((rule for rule in rules if self._concerns(rule, fact, about)), None)
        if rule is None:
            return Judged(one, way, NOT_CONCERNED)
        if not about.within(reach_of(self.account.role, self.account.rep_id, self._team)):
            return Judged(one, way, NOT_ALLOWED)
        if not rule.still(about, fact):
            return Judged(one, way, NO_LONGER_TRUE)
        path = path_to(about.KIND, one.stream_id)
        return Judged(one, way, None, rule.says, rule.filled(about, fact), path)

    def _concerns(self, rule: NoticeRule, fact: Fact, about: Aggregate) -> bool:
        return bool(list(concerned(rule, fact, about, Book([self.account]))))

    @property
    def _team(self) -> UUID | None:
        rep = self.known.get(self.account.rep_id) if self.account.rep_id is not None else None
        return rep.team_id if isinstance(rep, Rep) and self.account.role == "rep" else self.account.team_id

    def _unrecorded(self, one: Open, way: Way) -> Judged:
        (rule,) = (rule for rule in NOTICES if rule.name == one.kind)
        if one.kind == READ_MODEL_STOPPED:
            if self.account.role != "admin":
                return Judged(one, way, NOT_CONCERNED)
            if self.stopped.get(one.detail) != one.position:
                return Judged(one, way, NO_LONGER_TRUE)
            places = {"model": one.detail, "position": one.position}
            return Judged(one, way, None, rule.says, places, path_to("read model", one.detail))
        found = self.imports.get(one.detail) if one.kind == IMPORT_FINISHED else None
        if found is None:
            return Judged(one, way, NO_LONGER_TRUE)
        return Judged(one, way, None, rule.says, found, path_to("import", one.detail))


def decoded(one: Open) -> Fact:
    assert one.topic is not None
    assert one.schema is not None
    assert one.data is not None
    return decode_fact(one.topic, one.schema, one.data)


async def judged(
    pool: Pool, load: Load, account: Account, opened: Sequence[Open], channels: Collection[str]
) -> tuple[list[Judged], Wording]:
    """Each, and the words for those that are told."""
    judge = Judge(account, await load(_wanted(account, opened)), *await _unrecorded(pool, opened), channels)
    found = [judge.judge(one) for one in opened]
    names = needed(one.places for one in found if one.places is not None)
    words = Wording(account, await load(names) if names else {})
    return [_worded(one, words) for one in found], words


def _worded(one: Judged, words: Wording) -> Judged:
    """As it is, where it can be said."""
    if one.reason is not None:
        return one
    try:
        one.told(words)
    except Exception as failure:  # noqa: BLE001 - what one sentence breaks on is no reason to send no other
        return _not_made(one.open, one.way, failure)
    return one


def _not_made(one: Open, way: Way, failure: Exception) -> Judged:
    log.warning("a notice of %s at %d was not made: %s", one.kind, one.position, where(failure))
    return Judged(one, way, NOT_MADE)


def _wanted(account: Account, opened: Iterable[Open]) -> dict[UUID, type[Aggregate]]:
    wanted: dict[UUID, type[Aggregate]] = {}
    for one in opened:
        for rule in BY_TOPIC.get(one.topic or "", ()):
            if rule.about is not None and one.stream_id is not None:
                wanted[one.stream_id] = rule.about
    if account.rep_id is not None:
        wanted[account.rep_id] = Rep
    return {**wanted, account.id: Recipient}


async def _unrecorded(pool: Pool, opened: Iterable[Open]) -> tuple[dict[str, int], dict[str, Places]]:
    kinds = {one.kind for one in opened if one.topic is None}
    stopped: dict[str, int] = {}
    imports: dict[str, Places] = {}
    async with pool.connection() as connection:
        if READ_MODEL_STOPPED in kinds:
            stopped = dict(await (await connection.execute(STOPPED)).fetchall())
        if IMPORT_FINISHED in kinds:
            ids = [one.detail for one in opened if one.kind == IMPORT_FINISHED]
            rows: Any = await (await connection.execute(IMPORT, [ids])).fetchall()
            names = ("source", "state", "accepted", "rows", "refused")
            imports = {str(id): dict(zip(names, values, strict=True)) for id, *values in rows}
    return stopped, {id: {**places, "state": Word(places["state"])} for id, places in imports.items()}
