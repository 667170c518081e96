"""Domain room: the deadlines of every capability, as their modules declare them in `DEADLINES`, by the name of their workflow's type.

Deals have a follow-up of their own (`workflows/deal/`), on the same timer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from domain.capabilities import load
from domain.engine.deadlines import DeadlineRules

DEADLINES: Mapping[str, DeadlineRules[Any]] = {
    rules.name: rules for module in load("domain") for rules in getattr(module, "DEADLINES", ())
}
