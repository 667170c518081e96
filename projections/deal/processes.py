"""Projections room: the stages of published processes and their probabilities, for folds that need them.

A published version never changes, so what was read once from the ledger stays true, rollback or not.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from psycopg import AsyncConnection

from domain.policy.process import DEFAULT_PROCESS, Process, ProcessPublished, goes_forward, process_stream
from runtime.codec import decode_fact

PUBLISHED = (
    "SELECT topic, schema_version, data::text FROM ledger.events WHERE stream_id = ANY(%s) AND topic = %s"
)
Version = tuple[str, int]


class ProcessVersions:
    """Versions of processes, learned as they are met."""

    def __init__(self) -> None:
        self._known: dict[Version, dict[str, Decimal]] = {}
        self._note(DEFAULT_PROCESS)

    async def learn(self, connection: AsyncConnection[Any], wanted: Iterable[Version]) -> None:
        """Make every wanted version known. Raises LookupError for one that nobody published."""
        unknown = set(wanted) - self._known.keys()
        if not unknown:
            return
        streams = [process_stream(name) for name, _ in unknown]
        cursor = await connection.execute(PUBLISHED, [streams, ProcessPublished.TOPIC])
        for topic, schema, data in await cursor.fetchall():
            fact = decode_fact(topic, schema, data)
            assert isinstance(fact, ProcessPublished)
            self._note(fact.process)
        if missing := unknown - self._known.keys():
            raise LookupError(f"no such version of a process is published: {sorted(missing)}")

    def probability(self, process: str, version: int, stage: str) -> Decimal:
        """Of winning from a stage, 0 to 1; 0 for a stage the version does not have."""
        return self._known[process, version].get(stage, Decimal(0))

    def forward(self, process: str, version: int, before: str, after: str) -> bool:
        """Whether a move goes on to a later stage of this version."""
        return goes_forward(tuple(self._known[process, version]), before, after)

    def _note(self, process: Process) -> None:
        self._known[process.name, process.version] = {s.name: s.probability for s in process.stages}
