"""Runtime room: decisions as the arguments of `ledger.append`, and its answer.

A command alone takes the function for one, `ledger.append_alone`; what is together takes the set-based one.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import count
from typing import Any
from uuid import UUID

import msgspec

from domain.engine.command_handler import Decision
from domain.engine.facts import Fact
from domain.engine.recorded import Pending
from runtime.codec import encode, fingerprint
from runtime.wire import Wire

LINES = "string_to_array(%s, E'\\n')"
INTS, IDS, NAMES = ("string_to_array(%s, ',')::" + kind + "[]" for kind in ("int", "uuid", "text"))
TIMES = "string_to_array(%s, ',')::timestamptz[]"
APPEND = (
    f"SELECT head, seen, stale FROM ledger.append({LINES}, {INTS}, {LINES}, {NAMES}, {LINES}, {INTS},"
    f" {INTS}, {IDS}, {INTS}, {INTS}, {IDS}, {IDS}, {INTS}, {NAMES}, {INTS}, {LINES}, {TIMES})"
)
"""Columns travel as joined text: several times faster than the driver's quoting of arrays."""
APPEND_ALONE = f"SELECT ledger.append_alone({'%s, ' * 12}{LINES}, %s)"
RECEIPTS = (
    "SELECT key, fingerprint, answer, stream_version, position FROM ledger.receipts WHERE key = ANY(%s)"
)
SEEN, STALE = -1, -2
"""What `ledger.append_alone` answers in place of the head."""


def numbered(query: str) -> str:
    """The query with $1, $2, … for a wire."""
    first, *parts = query.split("%s")
    return first + "".join(f"${n}{part}" for n, part in zip(count(1), parts, strict=False))


TOGETHER, ALONE = numbered(APPEND), numbered(APPEND_ALONE)
FIRST = numbered(f"SELECT COALESCE(json_agg(r), '[]') FROM ({RECEIPTS.replace('%s', LINES)}) r")


async def append(wire: Wire, decisions: Sequence[Decision]) -> tuple[int, Sequence[int], Sequence[int]]:
    """The head before, and which of them (from 1) had a key seen before or a stale version: those were left out."""
    if len(decisions) == 1:
        [answer] = await wire.ask(ALONE, columns_alone(decisions[0]))
        head = int(answer)
        return head, [1] if head == SEEN else [], [1] if head == STALE else []
    head_text, seen, stale = await wire.ask(TOGETHER, columns(decisions))
    return int(head_text), _numbers(seen), _numbers(stale)


def _numbers(array: str) -> list[int]:
    return [int(n) for n in array[1:-1].split(",")] if array != "{}" else []


async def receipts(wire: Wire, keys: Sequence[str]) -> dict[Any, tuple[Any, ...]]:
    """The first answers under these keys, as rows of RECEIPTS."""
    [found] = await wire.ask(FIRST, ["\n".join(keys)])
    return {row["key"]: tuple(row.values()) for row in msgspec.json.decode(found)}


def columns_alone(decision: Decision) -> list[str]:
    """The arguments of `ledger.append_alone`."""
    streams, versions, facts, times = _apart(decision.facts)
    expected, expected_versions = (
        zip(*decision.expectations, strict=True) if decision.expectations else ((), ())
    )
    keyed = decision.key is not None
    return [
        encode(decision.meta).decode(),
        decision.key or "",
        fingerprint(decision.command, decision.said) if keyed else "",
        encode(decision.answer).decode() if keyed else "null",
        str(decision.version),
        f"{{{hexes(expected)}}}",
        f"{{{commas(expected_versions)}}}",
        f"{{{event_ids(len(facts))}}}",
        f"{{{hexes(streams)}}}",
        f"{{{commas(versions)}}}",
        f"{{{','.join([fact.TOPIC for fact in facts])}}}",
        f"{{{commas([fact.SCHEMA for fact in facts])}}}",
        documents(facts),
        f"{{{','.join(moments(times))}}}",
    ]


def _apart(
    pending: Sequence[Pending],
) -> tuple[Sequence[UUID], Sequence[int], Sequence[Fact], Sequence[datetime]]:
    """Streams, versions, facts, and when they happened."""
    if not pending:
        return (), (), (), ()
    streams, versions, facts, times, _ = zip(*pending, strict=True)
    return streams, versions, facts, times


def columns(decisions: Sequence[Decision]) -> list[str]:
    """The arguments of `ledger.append` for these decisions, column by column, as joined text."""
    keyed = [(n, d, d.key) for n, d in enumerate(decisions, 1) if d.key is not None]
    streams, versions, facts, times = _apart([one for decision in decisions for one in decision.facts])
    expected = [expectation for decision in decisions for expectation in decision.expectations]
    return [
        documents([decision.meta for decision in decisions]),
        commas([n for n, _, _ in keyed]),
        "\n".join([key for _, _, key in keyed]),
        ",".join([fingerprint(decision.command, decision.said) for _, decision, _ in keyed]),
        documents([decision.answer for _, decision, _ in keyed]),
        commas([decision.version for _, decision, _ in keyed]),
        _whose([len(decision.expectations) for decision in decisions]),
        hexes([expectation.stream_id for expectation in expected]),
        commas([expectation.version for expectation in expected]),
        _whose([len(decision.facts) for decision in decisions]),
        event_ids(len(facts)),
        hexes(streams),
        commas(versions),
        ",".join([fact.TOPIC for fact in facts]),
        commas([fact.SCHEMA for fact in facts]),
        documents(facts),
        ",".join(moments(times)),
    ]


def _whose(counts: Sequence[int]) -> str:
    """The number of each command, from 1, as often as it has something in the column."""
    return "".join([f"{n}," * count for n, count in enumerate(counts, 1)])[:-1]


def hexes(ids: Iterable[UUID]) -> str:
    return ",".join([_hex(id.int) for id in ids])


@lru_cache(maxsize=4096)
def _hex(number: int) -> str:
    """Of the id of this number. Who and what is dealt with comes again and again."""
    return f"{number:032x}"


def event_ids(count: int) -> str:
    """That many random ids, as hex text: asking the system once is what keeps this cheap."""
    digits = os.urandom(16 * count).hex()
    return ",".join([digits[n : n + 32] for n in range(0, 32 * count, 32)])


def moments(times: Iterable[datetime]) -> Iterator[str]:
    """When each happened. A decision's facts mostly share one moment, the very object."""
    last, text = None, ""
    for time in times:
        if time is not last:
            last, text = time, time.isoformat()
        yield text


def commas(values: Iterable[object]) -> str:
    return ",".join(map(str, values))


def documents(values: Iterable[object]) -> str:
    """JSON texts joined by newlines, which JSON text does not contain."""
    return b"\n".join(map(encode, values)).decode()
