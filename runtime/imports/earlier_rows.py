"""Runtime room, file import: what the last import said of customers, products and reps, so that saying it again is silence.

Without it a file that comes again would undo what people set right here in between. Losing the table loses no more than that.
The digests are keyed like ids are: nobody without the installation's secret can try names on them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from runtime.codec import fingerprint
from runtime.database import Pool
from runtime.imports.plan import IdOf, Planned

HELD = "SELECT id, digest FROM app.import_rows WHERE id = ANY(%s)"
NOTE = (
    "INSERT INTO app.import_rows (id, digest) SELECT * FROM unnest(%s::uuid[], %s::text[])"
    " ON CONFLICT (id) DO UPDATE SET digest = EXCLUDED.digest, noted_at = now()"
)


def _digest(planned: Planned, id_of: IdOf) -> str:
    return str(id_of("row", "".join(map(fingerprint, planned.commands))))


async def again(pool: Pool, planned: Sequence[Planned], id_of: IdOf) -> set[int]:
    """The places of those that say what they said last time."""
    ids = [p.name[1] for p in planned if p.name is not None]
    if not ids:
        return set()
    async with pool.connection() as connection:
        held = dict(await (await connection.execute(HELD, [ids])).fetchall())
    named = ((n, p, p.name[1]) for n, p in enumerate(planned) if p.name is not None)
    return {n for n, p, id in named if id in held and held[id] == _digest(p, id_of)}


async def note(pool: Pool, landed: Iterable[Planned], id_of: IdOf) -> None:
    """Remember what they said. After they landed: cut short in between, they are only told once more."""
    digests = {p.name[1]: _digest(p, id_of) for p in landed if p.name is not None}
    if digests:
        async with pool.connection() as connection:
            await connection.execute(NOTE, [list(digests), list(digests.values())])
