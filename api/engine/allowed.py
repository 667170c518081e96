"""api: which acts of the tables who asks may do to one thing, by role, by whose it is, and by what its capability adds. Pages show these."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Depends, Response

from api.engine.acts import Act
from api.engine.auth import may_read
from api.engine.reading import Look
from api.engine.routes import add_read
from api.engine.users import User
from domain.engine.aggregate import Aggregate
from domain.engine.errors import NotFound

Rule = Callable[[Any, User, datetime], bool]
"""Whether an act can be done to the thing by that user now, beside what holds of all acts."""


class ActsView(msgspec.Struct):
    """By their operations. One that is not here is refused; one that is may still be, by what its body says."""

    acts: list[str]


def add_allowed(
    router: APIRouter,
    acts: Iterable[Act],
    kind: type[Aggregate],
    path: str,
    rules: Mapping[str, Rule] | None = None,
) -> None:
    """As the ledger has the thing. `path` is where one of it is read; `rules` are by operation. Nothing where no act is about one of it."""
    id_name, about = f"{kind.KIND}_id", tuple(acts)
    held = {act.operation: act for act in about if act.ids[:1] == (id_name,)}
    if not held:
        return

    async def read(look: Look, **path: UUID) -> Response:
        """What is not named is refused; a rule may still refuse what is (409)."""
        id, user = path[id_name], look.user
        one = (await look.services.ledger.load({id: kind}))[id]
        if not one.exists or not (user.reach is None or one.within(user.reach)):
            raise NotFound(f"no {kind.KIND} has the id {id}", kind=kind.KIND, id=str(id))
        theirs = user.reach is None or one.changeable(user.reach)
        return look.json(ActsView(list(_of(one, user)) if theirs else []))

    def _of(one: Aggregate, user: User) -> Iterable[str]:
        now, wanted = datetime.now(UTC), rules or {}
        for operation, act in held.items():
            rule = wanted.get(operation)
            if user.role in act.roles and (rule is None or rule(one, user, now)):
                yield operation

    takes: dict[str, Any] = {id_name: UUID, "look": Annotated[Look, Depends(may_read())]}
    add_read(
        router,
        f"{path}/{{{id_name}}}/acts",
        read,
        ActsView,
        operation=f"read{kind.KIND.capitalize()}Acts",
        summary=f"Which acts of a {kind.KIND} are one's own to do",
        **takes,
    )
