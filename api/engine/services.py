"""api: what every request finds — the command handler, the pool, the keys, the waiter. No route may enter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from fastapi import Request

from api.engine.admission import Admission
from api.engine.metrics import Metrics
from api.engine.users import KeyStore
from api.imports.jobs import ImportJobs
from domain.engine.command_handler import CommandHandler
from projections.engine.wait import Waiter
from runtime.database import Pool
from runtime.ledger import Ledger
from runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """One per process, made by the application's lifespan."""

    settings: Settings
    pool: Pool
    ledger: Ledger
    handler: CommandHandler
    keys: KeyStore
    waiter: Waiter
    imports: ImportJobs
    metrics: Metrics
    admission: Admission

    @classmethod
    def of(cls, settings: Settings, ledger: Ledger, waiter: Waiter, metrics: Metrics) -> Self:
        bounds = settings.bounds
        return cls(
            settings=settings,
            pool=ledger.pool,
            ledger=ledger,
            handler=CommandHandler(ledger),
            keys=KeyStore(ledger, bounds.wrong_keys),
            waiter=waiter,
            imports=ImportJobs(settings),
            metrics=metrics,
            admission=Admission(bounds),
        )


def services_of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services
