"""tests: the order in which xdist's processes take the tests up, so that none is idle while another is at a long one.

xdist deals the list out in equal stretches of neighbours; who has done its own takes from the end of the longest that is left.
So each stretch begins with some of the longest files, each whole, and what takes milliseconds comes last.

What a file takes is what it took: every whole run that passes keeps it in pytest's cache. A fresh checkout begins with
`seconds.json`, which `make durations` writes, and `RECORD_SECONDS=1 .ci/run` beside everything else that it does.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

FILE = Path(__file__).with_name("seconds.json")
CACHED = "salesloop/seconds"
LONG = 4.0
"""Seconds from which on a file is worth a place of its own."""


def seconds(config: pytest.Config) -> dict[str, float]:
    """What the long files took here, else on the machine of whoever wrote `seconds.json`. Only their order matters."""
    cache: pytest.Cache | None = getattr(config, "cache", None)  # not there under `-p no:cacheprovider`
    cached: dict[str, float] = cache.get(CACHED, {}) if cache is not None else {}
    return cached or json.loads(FILE.read_text())


class Recorder:
    """Adds up what each file takes, and keeps it where the whole suite was run and passed."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._took: defaultdict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._took[report.nodeid.partition("::")[0]] += report.duration

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        if exitstatus != pytest.ExitCode.OK or not self._is_whole():
            return
        long = {file: round(took, 1) for file, took in sorted(self._took.items()) if took >= LONG}
        if (cache := getattr(self._config, "cache", None)) is not None:
            cache.set(CACHED, long)
        if "RECORD_SECONDS" in os.environ:
            FILE.write_text(json.dumps(long, indent=2) + "\n")

    def _is_whole(self) -> bool:
        option = self._config.option
        everything = self._config.args_source is pytest.Config.ArgsSource.TESTPATHS
        return everything and not (option.keyword or option.markexpr or option.collectonly)


def dealt(items: Sequence[pytest.Item], processes: int, took: Mapping[str, float]) -> list[pytest.Item]:
    """All of the tests, once. With one process they stay as they are."""
    if processes < 2:
        return list(items)
    shares, rest = shared_out(items, processes, took)
    made: list[pytest.Item] = []
    for n, share in enumerate(shares):
        size = (len(items) - len(made)) // (processes - n)
        filled = max(0, size - len(share))
        made += share + rest[:filled]
        del rest[:filled]
    return made + rest


def shared_out(
    items: Sequence[pytest.Item], processes: int, took: Mapping[str, float]
) -> tuple[list[list[pytest.Item]], list[pytest.Item]]:
    """The long files, each to whoever has least; and what is left, the domain's quick rules last."""
    by_file: defaultdict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        by_file[item.nodeid.partition("::")[0]].append(item)
    shares: list[list[pytest.Item]] = [[] for _ in range(processes)]
    loads = [0.0] * processes
    for file in sorted(by_file.keys() & took.keys(), key=lambda file: (-took[file], file)):
        least = loads.index(min(loads))
        shares[least] += by_file.pop(file)
        loads[least] += took[file]
    left = sorted(by_file, key=lambda file: file.startswith("tests/domain/"))
    return shares, [item for file in left for item in by_file[file]]
