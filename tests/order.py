"""tests: the order in which xdist's processes take the tests up, so that none is idle while another is at a long one.

xdist deals the list out in equal stretches of neighbours; who has done its own takes from the end of the longest that is left.
So each stretch begins with some of the longest files, each whole, and what takes milliseconds comes last.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import pytest

SECONDS = {
    "tests/loop/test_a_year.py": 90,
    "tests/api/test_openapi.py": 80,
    "tests/cli/test_demo.py": 60,
    "tests/breaking/test_kill_everything.py": 60,
    "tests/benchmarks/test_rows.py": 40,
    "tests/runtime/test_supervisor.py": 35,
    "tests/runtime/test_servers.py": 30,
    "tests/imports/test_loan_calls.py": 30,
    "tests/workflows/test_cycle.py": 25,
    "tests/workflows/test_follow_up.py": 20,
    "tests/domain/test_invariants.py": 20,
    "tests/api/test_imports.py": 20,
    "tests/loop/test_crm_attainment.py": 15,
    "tests/imports/test_resume.py": 15,
}
"""What the longest files take, roughly: only their order matters."""


def dealt(items: Sequence[pytest.Item], processes: int) -> list[pytest.Item]:
    """All of the tests, once. With one process they stay as they are."""
    if processes < 2:
        return list(items)
    shares, rest = shared_out(items, processes)
    made: list[pytest.Item] = []
    for n, share in enumerate(shares):
        size = (len(items) - len(made)) // (processes - n)
        filled = max(0, size - len(share))
        made += share + rest[:filled]
        del rest[:filled]
    return made + rest


def shared_out(
    items: Sequence[pytest.Item], processes: int
) -> tuple[list[list[pytest.Item]], list[pytest.Item]]:
    """The long files, each to whoever has least; and what is left, the domain's quick rules last."""
    by_file: defaultdict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        by_file[item.nodeid.partition("::")[0]].append(item)
    shares: list[list[pytest.Item]] = [[] for _ in range(processes)]
    loads = [0] * processes
    for file in sorted(by_file.keys() & SECONDS.keys(), key=lambda file: (-SECONDS[file], file)):
        least = loads.index(min(loads))
        shares[least] += by_file.pop(file)
        loads[least] += SECONDS[file]
    left = sorted(by_file, key=lambda file: file.startswith("tests/domain/"))
    return shares, [item for file in left for item in by_file[file]]
