"""runtime: a round of deliveries to one endpoint.

What is sent keeps its order within each stream. Several streams are on their way at once; one whose event is not taken holds back what
follows of it, and is tried again later and later, while the others go on. The position moves only past what was delivered: whatever ends a
round in between, what was not noted is sent again under the same id.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol
from uuid import UUID

from runtime.codec import Row
from runtime.ledger import Ledger
from runtime.webhooks.owners import Owner, owner_of
from runtime.webhooks.payload import TYPES, payload
from runtime.webhooks.sending import GONE, Line, Outcome, Sender
from runtime.webhooks.signing import message_id, signed
from runtime.webhooks.store import Held, Progress, Standing, Try, WebhookStore

SCHEDULE = (
    *(timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30)),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)
"""From one try of an event to the next, as the specification has it; after the last the endpoint is switched off."""
LONGEST = timedelta(hours=24)
"""That a receiver may ask us to wait."""
PAGE, WINDOW = 200, 1_000
"""Events of a round; those past the first that is held back among which others go on."""
AT_ONCE = 4
GIVE_UP = 4
"""Streams that fail, and none gets through: the receiver is away."""
BUDGET, NOTED = 30.0, 1.0
"""Seconds after which a round ends, and is noted what it has come to."""


class Page(NamedTuple):
    """Up to `upto` there is no more than these; `more` may follow."""

    rows: list[Row]
    upto: int
    more: bool


class Reader(Protocol):
    async def page(self, owner: Owner, topics: Sequence[str], after: int, limit: int) -> Page: ...


@dataclass(frozen=True)
class Result:
    """`over`: there is nothing to do until a person sets it going. `off`: why it has to be switched off, unless it was set going since:
    `generation`. `again_at`: when what is held back is due.
    """

    more: bool = False
    over: bool = False
    again_at: datetime | None = None
    off: str | None = None
    status: int | None = None
    since: datetime | None = None
    generation: int | None = None


@dataclass(frozen=True)
class Endpoint:
    owner: str
    account_id: UUID | None
    generation: int


@dataclass(frozen=True)
class Deliveries:
    """What rounds are made with."""

    ledger: Ledger
    store: WebhookStore
    reader: Reader
    sender: Sender

    async def round(self, id: UUID, now: datetime) -> Result:
        """`now` is what times are held against."""
        found = await self.store.standing(id)
        owner = await owner_of(self.ledger, id)
        if found is None or owner is None or found[0].state != "active":
            return Result(over=True)
        if not owner.counts:
            return Result(off="owner-gone", generation=found[0].generation)
        standing, held, secrets = found
        if standing.away and held and all(one.next_try_at > now for one in held):
            return Result(again_at=min(one.next_try_at for one in held))
        limit = WINDOW if held or standing.ahead else PAGE
        page = await self.reader.page(owner, standing.topics, standing.position, limit)
        made = Round(self, standing, owner, page, held, secrets, now)
        result = await made.run()
        await self.store.forget(id)
        return result

    async def of(self, id: UUID) -> Endpoint | None:
        """Whose it is; None where it is not there, or not active."""
        found, owner = await self.store.standing(id), await owner_of(self.ledger, id)
        if found is None or owner is None or found[0].state != "active":
            return None
        return Endpoint(owner.user_id, owner.account_id, found[0].generation)

    async def switch_off(self, id: UUID, generation: int, reason: str) -> None:
        await self.store.switch_off(id, generation, reason)


class Round:
    def __init__(
        self,
        by: Deliveries,
        of: Standing,
        owner: Owner,
        page: Page,
        held: Sequence[Held],
        secrets: Sequence[str],
        now: datetime,
    ) -> None:
        self._by, self._of, self._owner, self._page = by, of, owner, page
        self._secrets, self._now = secrets, now
        self._done = set(of.ahead)
        self._streams: dict[UUID, deque[Row]] = {}
        for row in page.rows:
            if row[0] not in self._done:
                self._streams.setdefault(row[1], deque()).append(row)
        self._held = {one.stream_id: one for one in held if one.stream_id in self._streams}
        self._queue = self._order()
        self._tries: list[Try] = []
        self._taken = self._failed = 0
        self._off: Result | None = None
        self._stopped = self._saving = False
        self._began = self._saved = time.monotonic()

    def _order(self) -> deque[UUID]:
        """Of a receiver that was away first what is due, which shows whether it is back."""
        due = [id for id, one in self._held.items() if one.next_try_at <= self._now]
        return deque([*due, *(id for id in self._streams if id not in self._held)])

    async def run(self) -> Result:
        try:
            async with self._by.sender.line(self._of.url) as line, asyncio.TaskGroup() as group:
                for _ in range(min(AT_ONCE, len(self._queue))):
                    group.create_task(self._work(line))
        except asyncio.CancelledError:  # the process ends: what was taken is not sent again
            await self._save(self._of.reached)
            raise
        return await self._ended()

    async def _work(self, line: Line) -> None:
        while self._queue and not self._ends:
            stream_id = self._queue.popleft()
            waiting = self._streams[stream_id]
            while waiting and not self._ends:
                if not await self._send(line, waiting[0]):
                    break
                waiting.popleft()

    @property
    def _ends(self) -> bool:
        late = time.monotonic() - self._began > BUDGET
        return late or self._stopped or self._off is not None or self._away

    @property
    def _away(self) -> bool:
        return self._failed >= GIVE_UP and not self._taken

    async def _send(self, line: Line, row: Row) -> bool:
        held = self._held.get(row[1])
        id = message_id(self._of.id, row[0], row[7])
        body = payload(row, self._of.envelope, personal=self._of.personal)
        at = datetime.now(UTC)
        headers = {"content-type": TYPES[self._of.envelope], **signed(id, at, body, self._secrets)}
        outcome = await line.send(headers, body)
        attempt = held.tries + 1 if held is not None and held.position == row[0] else 1
        self._tries.append(
            Try(id, row[0], row[1], row[3], attempt, at, outcome.took_ms, outcome.status, outcome.error)
        )
        self._note(row, attempt, outcome)
        if time.monotonic() - self._saved > NOTED and not self._saving:
            await self._save(self._of.reached)
        return outcome.error is None

    def _note(self, row: Row, attempt: int, outcome: Outcome) -> None:
        if outcome.error is None:
            self._done.add(row[0])
            self._held.pop(row[1], None)
            self._taken += 1
            if self._of.away and self._taken == 1:  # it is back: nobody has to wait longer
                self._queue.extend(
                    id for id, one in self._held.items() if id != row[1] and one.next_try_at > self._now
                )
            return
        before = self._held.get(row[1])
        since = before.since if before is not None and before.position == row[0] else self._now
        self._failed += 1
        if outcome.status == GONE or attempt > len(SCHEDULE):
            reason = "gone" if outcome.status == GONE else "failing"
            self._off = Result(off=reason, status=outcome.status, since=since, generation=self._of.generation)
        wait = SCHEDULE[min(attempt, len(SCHEDULE)) - 1]
        asked = min(timedelta(seconds=outcome.retry_after or 0), LONGEST)
        self._held[row[1]] = Held(row[1], row[0], attempt, since, self._now + max(wait, asked))

    async def _save(self, reached: int) -> None:
        self._saving = True
        tries, self._tries = self._tries, []
        going = await self._by.store.save(self._of, self._progress(reached), tries)
        placed = (
            await owner_of(self._by.ledger, self._of.id) == self._owner
        )  # else this page is not theirs to see
        self._stopped = self._stopped or not (going and placed)
        self._saving, self._saved = False, time.monotonic()

    def _progress(self, reached: int) -> Progress:
        open_ = [row[0] for row in self._page.rows if row[0] not in self._done]
        position = min(open_) - 1 if open_ else self._page.upto
        ahead = sorted(one for one in self._done if one > position)
        return Progress(position, reached, ahead, self._away, list(self._held.values()))

    async def _ended(self) -> Result:
        whole = self._away or not self._left()
        reached = self._page.upto if whole else self._progress(0).position
        await self._save(reached)
        if self._off is not None:
            return self._off
        again = min((one.next_try_at for one in self._held.values()), default=None)
        full = bool(self._held) and len(self._page.rows) >= WINDOW
        more = not self._away and (self._stopped or not whole or (self._page.more and not full))
        return Result(more=more, again_at=again)

    def _left(self) -> Iterable[UUID]:
        """Streams of which something could have been sent still."""
        return [id for id, waiting in self._streams.items() if waiting and id not in self._held]
