"""What a process asks for by name is found, whatever it has imported; what nobody knows is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def alone(code: str) -> str:
    command = [sys.executable, "-c", code]
    root = Path(__file__).parents[2]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=root).stdout.strip()


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("from domain.engine.facts import FACTS; print(FACTS['cycle.opened'].__name__)", "CycleOpened"),
        ("from domain.engine.facts import lift; print(lift('rep.allocated', 2, {'a': 1}))", "{'a': 1}"),
        ("from domain.engine.aggregate import KINDS; print(KINDS['target'].__name__)", "Target"),
        ("from runtime.codec import is_known; print(is_known('case.opened', 1), is_known('case.opened', 99))", "True False"),
        ("from runtime.codec import is_known; print(is_known('nobody.knows', 1))", "False"),
    ],
)  # fmt: skip
def test_what_was_not_imported_is_found(code: str, told: str) -> None:
    assert alone(code) == told


def test_a_command_alone_brings_its_decision_and_not_the_whole_domain() -> None:
    code = """
import sys
from domain.deal.commands import WinDeal
from domain.engine.command import _DECIDERS
print(bool(_DECIDERS[WinDeal]), "domain.deal.closing" in sys.modules, "domain.meeting.meeting" in sys.modules)
"""
    assert alone(code) == "True True False"
