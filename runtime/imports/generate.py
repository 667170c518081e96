"""Runtime room, file import: a pipeline made from a seed, in the shape of the four-file CRM export."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal

UNTIL = date(2026, 10, 30)


def generate(
    folder: Path,
    deals: int = 6_000,
    seed: int = 7,
    *,
    until: date = UNTIL,
    locale: Literal["en", "zh"] = "en",
    dirty: bool = False,
) -> None:
    """Write accounts.csv, products.csv, sales_teams.csv and sales_pipeline.csv into `folder`, for `crm_export`.

    The same arguments give the same bytes. `until` is the day of the export: nothing happened later, and next steps
    are due after it. `dirty` adds rows an import must refuse or map.
    """
    raise NotImplementedError
