"""Advisory locks are known by their numbers alone: two that share one wait for each other, in whatever process."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("runtime", "projections", "workflows", "api", "cli")


def test_each_lock_has_a_number_of_its_own() -> None:
    found: dict[str, set[str]] = defaultdict(set)
    for room in ROOMS:
        for file in (ROOT / room).rglob("*.py"):
            for number in re.findall(r"\b7_?205_?(\d{3})\b", file.read_text(encoding="utf-8")):
                found[number].add(str(file.relative_to(ROOT)))
    assert len(found) > 5
    assert {number: files for number, files in found.items() if len(files) > 1} == {}
