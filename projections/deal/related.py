"""Projections room: what else is about a deal — streams of other capabilities whose read model says so (`shown_on`).

How many are open stands beside the deal on the board, and their facts stand among its own on the timeline. Where no read model says
so, nothing is asked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any
from uuid import UUID

from projections.engine.paging import Source, fetch

if TYPE_CHECKING:
    from projections.engine.projection import Projection

MODULES: tuple[str, ...] = ("projections.case", "projections.survey.answers")
"""Where read models are shown on deals: named, so that a list of deals imports no other."""
TOLD: tuple[str, ...] = ("projections.lead", "projections.customer.listed", "projections.revisit")
"""Where others say `sentences`."""
OPEN = "SELECT '{kind}', {deal}, count(*)::int8 FROM read.{table} WHERE {deal} = ANY(%(ids)s) AND {open} GROUP BY 2"
ABOUT = "SELECT {id} FROM read.{table} WHERE {deal} = %(id)s"


def _said(modules: Iterable[str]) -> Iterator[type[Projection]]:
    for module in modules:
        from projections.engine.projection import read_models_of

        yield from read_models_of(import_module(module))


@cache
def read_models() -> tuple[type[Projection], ...]:
    return tuple(model for model in _said(MODULES) if "deal" in model.shown_on)


@cache
def with_sentences() -> tuple[type[Projection], ...]:
    return tuple(model for model in _said([*MODULES, *TOLD]) if model.sentences)


@cache
def _query(text: str) -> str:
    return " UNION ALL ".join(text.format(**_parts(model)) for model in read_models())


def _parts(model: type[Projection]) -> dict[str, Any]:
    table = model.tables[0]
    return {
        "kind": model.kind,
        "id": table.key[0],
        "deal": model.shown_on["deal"],
        "table": table.name,
        "open": model.open_where or "true",
    }


async def open_of(source: Source, ids: Collection[UUID]) -> dict[UUID, dict[str, int]]:
    """How many are open about each deal, by kind; deals without any are left out."""
    found: defaultdict[UUID, dict[str, int]] = defaultdict(dict)
    if read_models() and ids:
        for kind, deal_id, number in await fetch(source, _query(OPEN), {"ids": list(ids)}):
            found[deal_id][kind] = number
    return found


async def streams_of(source: Source, deal_id: UUID) -> list[UUID]:
    """The streams about a deal, open or not."""
    return [id for (id,) in await fetch(source, _query(ABOUT), {"id": deal_id})] if read_models() else []
