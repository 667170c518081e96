"""cli: surveys. What can be done, and how they are shown, is in `api/survey/acts.py`; here is what came before an answer."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import typer

from api.engine.acts import WHICH
from cli.engine.backend import backend
from cli.engine.common import Json, Zone, as_json, example, run, zone
from cli.engine.derive import group
from cli.views.surveys import show_before

app = group(
    "survey",
    "Surveys: publish, invite, answer; answers, what came before one, invitations, published.",
    acts="api.survey.acts",
)


@app.command(epilog=example(f"salesloop survey before {WHICH}"))
def before(
    answer: Annotated[UUID, typer.Argument(metavar="ANSWER", help="Its id.")],
    *,
    days: Annotated[int, typer.Option("--days", min=1, max=3_650, help="How far it is looked back.")] = 90,
    json: Json = False,
    tz: Zone = None,
) -> None:
    """What came before an answer: promises that were not kept in time, and service cases."""
    found = run(_before(answer, days))
    if json:
        as_json(found)
        return
    show_before(found["items"], zone(tz))


async def _before(answer: UUID, days: int) -> Any:
    from projections.survey.before import Before

    async with backend() as at:
        return await at.read(f"/survey-answers/{answer}/before", dict[str, list[Before]], {"days": days})
