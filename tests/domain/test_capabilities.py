"""The one list of capabilities, held against what lies in the rooms."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from domain.capabilities import CAPABILITIES, load

ROOT = Path(__file__).parents[2]
PARTS = {
    "domain": {"engine", "time", "allocation", "deadlines", "notices", "capabilities", "registry"},
    "projections": {"engine", "ports", "event_feed", "event_search", "event_log"},
}
"""What lies in a room beside its capabilities; the search of the ledger and its log are of all of them."""
READ_ALONE = {"search", "calendar"}
"""Capabilities that record nothing."""


def names_in(room: str) -> set[str]:
    inside = (ROOT / room).iterdir()
    return {p.stem for p in inside if p.suffix == ".py" or (p / "__init__.py").exists()} - {"__init__"}


def test_every_capability_has_its_place_in_the_domain() -> None:
    assert set(CAPABILITIES) - READ_ALONE <= names_in("domain")
    assert not names_in("domain") & READ_ALONE


@pytest.mark.parametrize("room", PARTS)
def test_what_is_in_a_room_is_in_the_list(room: str) -> None:
    assert names_in(room) - PARTS[room] <= set(CAPABILITIES)


def test_what_declares_something_is_loaded_once_and_in_the_order_of_the_list() -> None:
    names = [module.__name__ for module in load("domain")]
    assert len(names) == len(set(names))
    assert names[0] == "domain.people.people"
    assert names.index("domain.lead.decisions") < names.index("domain.deal.decisions")


def test_the_list_itself_imports_nothing() -> None:
    loaded = "import sys, domain.capabilities; print([n for n in sys.modules if n.startswith('domain.')])"
    told = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert told.stdout.strip() == "['domain.capabilities']"
