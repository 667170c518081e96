"""api: what every request finds at the front desk — the door, the pool, the keys, the waiter. No route may enter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from fastapi import Request

from api.admission import Admission
from api.import_jobs import ImportDesk
from api.metrics import Metrics
from api.users import KeyBook
from domain.door import Door
from projections.engine.wait import Waiter
from runtime.database import Pool
from runtime.ledger import Ledger
from runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class Desk:
    """One per process, made by the application's lifespan."""

    settings: Settings
    pool: Pool
    ledger: Ledger
    door: Door
    keys: KeyBook
    waiter: Waiter
    imports: ImportDesk
    metrics: Metrics
    admission: Admission

    @classmethod
    def of(cls, settings: Settings, ledger: Ledger, waiter: Waiter, metrics: Metrics) -> Self:
        bounds = settings.bounds
        return cls(
            settings=settings,
            pool=ledger.pool,
            ledger=ledger,
            door=Door(ledger),
            keys=KeyBook(ledger, bounds.wrong_keys),
            waiter=waiter,
            imports=ImportDesk(settings),
            metrics=metrics,
            admission=Admission(bounds),
        )


def desk_of(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk
