"""Runtime room: our ledger as an application of the `eventsourcing` library, for programs that follow it with the library's own
`Projection` and `ProjectionRunner` (docs/eventsourcing.md). It reads; commands go through the command handler.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.utils import Environment

import domain.registry  # noqa: F401 - every fact is registered by importing it
from runtime.ledger import LedgerFactory
from runtime.recorder import FactMapper
from runtime.settings import Settings


class LedgerApplication(Application[UUID]):
    """Every fact in the ledger's order. Its database is DATABASE_URL, from the runner's `env` or the process's own environment, else
    that of the `salesloop dev` beside it. Raises NotConfigured where there is none.

    An event has `originator_id`, `originator_version` and `fact`; `fact.TOPIC` is its stored name.
    """

    name = "salesloop"

    def construct_factory(self, env: Environment) -> LedgerFactory:
        return LedgerFactory(env, Settings.from_env(env).database_url)

    def construct_mapper(self) -> FactMapper:
        return FactMapper()

    def save(self, *_objects: Any, **_kwargs: Any) -> Any:
        raise NotImplementedError(
            "this follows the ledger; what is to be recorded is a command for the handler"
        )
