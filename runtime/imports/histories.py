"""Runtime room, file import: the rows of a stage history gathered by their deal, wherever in the file they stand. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from runtime.imports.lines import Row
from runtime.imports.results import Reason
from runtime.imports.rows import Cells

Read = tuple[Row, Cells | list[Reason]]


@dataclass(frozen=True, slots=True)
class History:
    """All rows of a deal as in the file; `unread` are those that cannot be read, and why."""

    key: str
    told: tuple[tuple[Row, Cells], ...]
    unread: tuple[tuple[Row, tuple[Reason, ...]], ...] = ()

    @property
    def rows(self) -> tuple[Row, ...]:
        rows = (*(row for row, _ in self.told), *(row for row, _ in self.unread))
        return tuple(sorted(rows, key=lambda row: row.line))


def by_deal(rows: Iterable[tuple[str, Read]]) -> Iterator[History]:
    """In the order of their first rows; the whole file in memory. A row without a reference stands alone."""
    held: dict[str, list[Read]] = {}
    for key, read in rows:
        if key:
            held.setdefault(key, []).append(read)
        else:
            yield _history(key, [read])
    for key in list(held):
        yield _history(key, held.pop(key))


def _history(key: str, rows: list[Read]) -> History:
    told = tuple([(row, cells) for row, cells in rows if isinstance(cells, Cells)])
    unread = tuple([(row, tuple(cells)) for row, cells in rows if not isinstance(cells, Cells)])
    return History(key, told, unread)


OF_THE_MOMENT = ("stage_at", "next_step", "next_step_due")
OF_A_CLOSING = ("closed_on", "contract_reference", "loss_reason", "competitor")
OF_MONEY = ("amount", "opening_amount", "budget", "quote_amount", "quote_reference")


def carried_on(before: Cells | None, cells: Cells) -> Cells:
    """What a row tells, and what the row before told where this one is empty: an empty cell takes nothing away, and a default
    replaces nothing. Not what was so at that moment alone, nor amounts in another currency.
    """
    if before is None:
        return cells
    passed_by = set(OF_THE_MOMENT)
    if before.get("stage") != cells.get("stage"):
        passed_by.update(OF_A_CLOSING)
    own = dict(cells)
    if not any(field in cells and field not in cells.assumed for field in OF_MONEY):
        own.pop("currency", None)  # it is of no amount that the row tells
    elif "currency" in own and own["currency"] != before.get("currency"):
        passed_by.update(OF_MONEY)
    whole, assumed = Cells(), set(cells.assumed)
    for field, text in before.items():
        stands = field in own and (field not in cells.assumed or field in before.assumed)
        if not stands and field not in passed_by:
            own[field] = text
            (assumed.add if field in before.assumed else assumed.discard)(field)
    whole.update(own)
    whole.assumed = frozenset(assumed)
    return whole
