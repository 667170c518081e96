"""What the terminal imports for a list: the read model's own query, and nothing that answers HTTP, decides or folds."""

from __future__ import annotations

import pytest

from projections.deal import related
from projections.engine.catalog import ALL
from tests.cli.conftest import Terminal

HEAVY = {"eventsourcing", "fastapi", "holidays", "starlette", "temporalio", "uvicorn", "uvloop"}
ASKED = {"projections.customer.merged"}
"""What every list of deals asks: whom a merged customer stands for."""
CODE = """
import sys
from cli.main import main
sys.argv = ["salesloop", *sys.argv[1:]]
try:
    main()
finally:
    print(*sys.modules, file=sys.stderr)
"""


def imported(terminal: Terminal, *arguments: str) -> set[str]:
    done = terminal.program(CODE, *arguments)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


@pytest.mark.parametrize("command", [["deals", "list"], ["agenda"], ["deals", "list", "--json"]])
def test_a_list_imports_no_more_than_it_reads(terminal: Terminal, command: list[str]) -> None:
    modules = imported(terminal, *command)
    assert not HEAVY & {name.partition(".")[0] for name in modules}
    assert not {"api.app", "api.capabilities", "domain.registry", "projections.engine.catalog"} & modules


def test_a_write_imports_the_routes_of_its_own_capability_and_decides_on_no_other(terminal: Terminal) -> None:
    modules = imported(terminal, "lead", "capture", "Wang Wei", "--source", "trade fair", "--json")
    api = {name for name in modules if name.startswith("api.")}
    assert {name for name in api if name.endswith(".routes")} == {"api.engine.routes", "api.lead.routes"}
    assert not api & {"api.capabilities", "api.case", "api.imports.jobs", "api.operations"}
    assert not {"domain.registry", "domain.meeting.meeting", "projections.engine.catalog"} & modules


def test_a_list_of_deals_imports_of_other_read_models_those_that_say_they_are_about_one(
    terminal: Terminal,
) -> None:
    modules = imported(terminal, "deals", "list")
    models = {model.__module__ for model in ALL} & modules
    assert models <= {*related.MODULES, *ASKED}
    assert not {"domain.deal", "domain.policy.process", "projections.deal.board_fold"} & modules
