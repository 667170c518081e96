"""tests/cli: a database with a small pipeline that came in through `salesloop import`, followed by the read models."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import typer.main

from cli.engine import language
from cli.main import main
from projections.engine.run import run_projections
from runtime.imports.generate import generate
from tests.background import Background
from tests.conftest import END_SECONDS, PATIENCE
from tests.house import migrate_all

Done = subprocess.CompletedProcess[str]


built = cache(typer.main.get_command)


@dataclass(frozen=True)
class Terminal:
    """`salesloop` as a person or a script runs it. `run` goes through the program's own `main`, in this process, which
    saves half a second of imports a call, and has typer build its commands once; `spawn` starts one.
    """

    env: Mapping[str, str]

    def run(self, *arguments: str) -> Done:
        out, err = io.StringIO(), io.StringIO()
        with (
            mock.patch.object(sys, "argv", ["salesloop", *arguments]),
            mock.patch.object(typer.main, "get_command", built),
            worn(self.env),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            pytest.raises(SystemExit) as ended,
        ):
            main()
        return Done(arguments, int(ended.value.code or 0), out.getvalue(), err.getvalue())

    def spawn(self, *arguments: str, seconds: float = PATIENCE) -> Done:
        return self._started(["-m", "cli.main", *arguments], seconds)

    def program(self, code: str, *arguments: str) -> Done:
        """Python that is not the program itself, where it would run."""
        return self._started(["-c", code, *arguments], PATIENCE)

    def _started(self, arguments: Sequence[str], seconds: float) -> Done:
        return subprocess.run(
            [sys.executable, *arguments],
            env=dict(self.env),
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )

    def json(self, *arguments: str) -> Any:
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@contextlib.contextmanager
def worn(env: Mapping[str, str]) -> Iterator[None]:
    """This process has these variables and no others, and lives in their time zone; afterwards it speaks English again."""
    try:
        with mock.patch.dict(os.environ, env, clear=True):
            time.tzset()
            yield
    finally:
        time.tzset()
        language.speak(language.Language.EN)


def environment(**more: str) -> dict[str, str]:
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("DATABASE_", "SALESLOOP_", "TEMPORAL_"))}
    return {**kept, "COLUMNS": "200", "TZ": "UTC", "SALESLOOP_END_SECONDS": END_SECONDS, **more}


@pytest.fixture(scope="session")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports") / "pipeline"
    generate(folder, deals=120, seed=11, locale="zh")
    return folder


@pytest.fixture(scope="session")
def terminal(
    new_database: Callable[[], AbstractContextManager[str]],
    tmp_path_factory: pytest.TempPathFactory,
    pipeline: Path,
) -> Iterator[Terminal]:
    with new_database() as url:
        migrate_all(url)
        data = tmp_path_factory.mktemp("data")
        made = Terminal(environment(DATABASE_URL=url, SALESLOOP_DATA=str(data)))
        with Background(lambda stop: run_projections(url, stop=stop)):
            done = made.run("import", str(pipeline), "--mapping", "crm_export")
            assert done.returncode == 0, done.stderr
            _until(lambda: all(model["lag"] == 0 for model in made.json("projections", "status")))
            yield made


@pytest.fixture
def nowhere(tmp_path: Path) -> Terminal:
    """A machine where nothing runs."""
    return Terminal(environment(SALESLOOP_DATA=str(tmp_path)))


@pytest.fixture
def eventually_sync() -> Callable[[Callable[[], Any]], Any]:
    """The condition's first true value, for what only another process can tell."""
    return _until


def _until(condition: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)  # asking takes a whole command
    return found
