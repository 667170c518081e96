"""api: what every request finds — the command handler, the pool, the keys, the waiter. No route may enter."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

from fastapi import Request

from api.engine.accounts import Accounts
from api.engine.admission import Admission
from api.engine.calendar_addresses import CalendarAddresses
from api.engine.metrics import Metrics
from api.engine.notice_settings import NoticeSettings
from api.engine.oidc import OpenID
from api.engine.passwords import Passwords
from api.engine.sessions import CHANNEL, Sessions
from api.engine.survey_links import SurveyLinks
from api.engine.users import KeyStore
from domain.engine.command_handler import CommandHandler
from projections.engine.wait import Waiter
from runtime.database import Pool
from runtime.ledger import Ledger
from runtime.settings import Settings

if TYPE_CHECKING:
    from api.imports.jobs import ImportJobs


@dataclass(frozen=True)
class Services:
    """One per process, made by the application's lifespan."""

    settings: Settings
    pool: Pool
    ledger: Ledger
    handler: CommandHandler
    keys: KeyStore
    accounts: Accounts
    notices: NoticeSettings
    calendars: CalendarAddresses
    survey_links: SurveyLinks
    passwords: Passwords
    providers: Mapping[str, OpenID]
    sessions: Sessions
    waiter: Waiter
    metrics: Metrics
    admission: Admission

    @classmethod
    @asynccontextmanager
    async def opened(cls, settings: Settings, ledger: Ledger, metrics: Metrics) -> AsyncIterator[Self]:
        """On an open ledger, with one connection that listens."""
        sessions = Sessions(ledger, settings.sign_in)
        async with Waiter(settings.database_url, {CHANNEL: sessions.heard}) as waiter:
            yield cls._of(settings, ledger, sessions, waiter, metrics)

    @classmethod
    def _of(
        cls, settings: Settings, ledger: Ledger, sessions: Sessions, waiter: Waiter, metrics: Metrics
    ) -> Self:
        bounds = settings.bounds
        return cls(
            settings=settings,
            pool=ledger.pool,
            ledger=ledger,
            handler=CommandHandler(ledger),
            keys=KeyStore(ledger, bounds.wrong_keys),
            accounts=Accounts(ledger, settings.sign_in.idle),
            notices=NoticeSettings(ledger),
            calendars=CalendarAddresses(ledger, bounds.wrong_keys),
            survey_links=SurveyLinks(ledger.pool, bounds.wrong_keys),
            passwords=Passwords(ledger, bounds),
            providers={one.name: OpenID(one) for one in settings.sign_in.providers},
            sessions=sessions,
            waiter=waiter,
            metrics=metrics,
            admission=Admission(bounds),
        )

    @cached_property
    def imports(self) -> ImportJobs:
        """Made when it is asked for: it imports what reads files."""
        from api.imports.jobs import ImportJobs

        return ImportJobs(self.settings)


def services_of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services
