"""api: one way to read — scoped to the user's team, as fresh as asked for, straight bytes with an ETag."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from fastapi import Request, Response

from api.engine.errors import NOT_CAUGHT_UP, Problem, invalid
from api.engine.received import has, header, tag_of
from api.engine.services import Services
from api.engine.users import User
from domain.engine import reading
from domain.engine.errors import Forbidden
from projections.cycle.known_at import When, position_at
from projections.engine.paging import Source
from projections.engine.snapshot import Snapshot
from projections.engine.wait import NotReached
from runtime.codec import encode

if TYPE_CHECKING:
    from projections.engine.cells import Column

WAIT = 2.0
MAX_WAIT = 10.0
APPLIED_A_SECOND, LONGEST_RETRY = 2_000, 60
"""What a read model that is behind surely applies, and the longest time in seconds after which to ask again."""
MAX_POSITION = 2**53
READ = "salesloop.read"
"""Where a request notes the read models that it is answered from."""
WAITING = {"after", "wait"}
"""Query parameters of every route that waits for a read model."""


class Look:
    """An authenticated reader with one request."""

    __slots__ = ("beside", "position", "request", "services", "snapshot", "told", "user")

    def __init__(self, services: Services, user: User, request: Request) -> None:
        self.services = services
        self.user = user
        self.request = request
        self.position: int | None = None
        self.snapshot: Snapshot | None = None
        """What lists are read through where they are wanted as a whole."""
        self.told: Any = None
        """What was answered then: a page, or its bytes."""
        self.beside: Callable[[Sequence[Column]], Sequence[Column]] | None = None
        """Of the columns of a list: with those that it has besides as a file."""

    @property
    def source(self) -> Source:
        """What a list is read from."""
        return self.snapshot or self.services.pool

    @property
    def team_id(self) -> UUID | None:
        """The one team to look at; None: all of them."""
        return self.user.sees_team

    async def after(self, projections: tuple[str, ...]) -> None:
        """Wait until each read model holds the position the reader asked for, if any. Raises Problem."""
        if (read := self.request.scope.get(READ)) is not None:
            read.update(projections)
        await self._until("after", projections, self._asked_position(), self._patience())

    async def known(self, projections: tuple[str, ...], when: When | None) -> int | None:
        """The position that `known_at` stands for, once each read model knows all up to it: what is answered for a position never
        changes. The answer's header tells which it was. Raises Problem and Invalid.
        """
        if when is None:
            return None
        self.position = await position_at(self.services.pool, when)
        await self._until("query.known_at", projections, self.position, self._patience())
        return self.position

    async def _until(
        self, field: str, projections: tuple[str, ...], position: int | None, seconds: float
    ) -> None:
        if position is None or position == 0:
            return
        if all(self.services.waiter.watermarks.get(name) >= position for name in projections):
            return
        if position > await self.services.ledger.head():
            raise invalid(field, "is a position that nothing is recorded at yet")
        await reached(self.services, projections, position, seconds)

    def team(self, asked: UUID | None) -> UUID | None:
        """The team to narrow down to. Raises Forbidden for another one than the reader's."""
        if self.team_id is not None and asked not in (None, self.team_id):
            raise Forbidden("you see your own team only")
        return self.team_id or asked

    def _asked_position(self) -> int | None:
        in_query, in_header = self.request.query_params.get("after"), header(self.request, "Salesloop-After")
        if in_query is not None and in_header is not None:
            raise invalid("query.after", "came as a header, too: send one of them")
        place = "query.after" if in_header is None else "header.Salesloop-After"
        given = in_header if in_query is None else in_query
        return None if given is None else _position(place, given)

    def _patience(self) -> float:
        given = self.request.query_params.get("wait")
        if given is None:
            return WAIT
        try:
            seconds = float(reading.number(given))
        except ValueError:
            seconds = -1.0
        if not 0 <= seconds <= MAX_WAIT:
            raise invalid("query.wait", f"must be 0 to {MAX_WAIT:.0f} seconds")
        return seconds

    def answer(self, content: bytes, version: int | None = None) -> Response:
        """Ready JSON; with a version, an ETag, and 304 for who has it."""
        if self.snapshot is not None:
            self.told = content
            return Response()
        headers = {"Cache-Control": "private, no-cache"}
        if self.position is not None:
            headers["Salesloop-Known-At"] = str(self.position)
        if version is None:
            return Response(content, 200, headers, media_type="application/json")
        headers["ETag"] = tag = tag_of(version, content)
        if has(self.request, tag):
            return Response(None, 304, headers)
        return Response(content, 200, headers, media_type="application/json")

    def json(self, content: Any, version: int | None = None) -> Response:
        if self.snapshot is not None:
            self.told = content
            return Response()
        return self.answer(encode(content), version)


def _position(place: str, given: str) -> int:
    try:
        read = reading.whole(given)
    except ValueError:
        read = -1
    if not 0 <= read <= MAX_POSITION:
        raise invalid(place, "must be a position, such as the one a write answered with")
    return read


def sees(look: Look, team_id: UUID | None, owner_id: UUID | None) -> bool:
    """Whether the reader may see what a team and an owner have: the team's, or their own."""
    return look.team_id in (None, team_id) or (owner_id is not None and owner_id == look.user.rep_id)


async def reached(
    services: Services, projections: tuple[str, ...], position: int, seconds: float = WAIT
) -> None:
    """Wait until each read model holds the position, `seconds` for all of them. Raises Problem."""
    until = time.monotonic() + seconds
    try:
        async with services.admission.turns.outside():
            for name in projections:
                await services.waiter.until(name, position, max(until - time.monotonic(), 0.0))
    except NotReached as late:
        raise _behind(late) from late


def _behind(late: NotReached) -> Problem:
    """By how far it is behind, it is told when asking again makes sense."""
    behind = late.position - max(late.reached, 0)
    seconds = min(max(math.ceil(behind / APPLIED_A_SECOND), 1), LONGEST_RETRY)
    detail = f"{late.name} has not reached position {late.position}: ask again in {seconds} s"
    more = {"retryable": True, "read_model": late.name, "behind": behind}
    return Problem(NOT_CAUGHT_UP, detail, more, {"Retry-After": str(seconds)})
