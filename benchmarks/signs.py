"""benchmarks: what processes of one row tell each other while they work — by small files, each of which is written once."""

from __future__ import annotations

import time
from pathlib import Path

LOOK, PATIENCE = 0.02, 60.0
"""Seconds between looks, and until there must have been something."""


def put(file: Path, said: str = "") -> None:
    """Whoever finds the file finds all of it."""
    made = file.with_suffix(".new")
    made.write_text(said)
    made.rename(file)


def there(file: Path) -> str:
    """What is in it, once it is there; it is taken away. Raises TimeoutError."""
    end = time.monotonic() + PATIENCE
    while not file.exists():
        if time.monotonic() > end:
            raise TimeoutError(file)
        time.sleep(LOOK)
    said = file.read_text()
    file.unlink()
    return said
