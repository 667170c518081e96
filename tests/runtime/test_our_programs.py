"""tests: programs started by us import our code, whatever lies in the folder that somebody is in."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from runtime.programs import python

ROOT = Path(__file__).parents[2]
ROOMS = ("api", "cli", "domain", "projections", "runtime", "workflows")
TRAP = "raise SystemExit('the folder was imported from')"


@pytest.mark.parametrize("module", ["worker", "api.imports.job", "projections.shares", "cli.main"])
def test_a_file_named_like_one_of_our_packages_is_not_met(tmp_path: Path, module: str) -> None:
    for name in (*ROOMS, "worker", "json", "psycopg"):
        (tmp_path / f"{name}.py").write_text(TRAP)
    script = f"import importlib; importlib.import_module({module!r}); print('ours')"
    for command in (python("-c", script), python("-m", module, "--help")):
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, input="", check=False)
        assert "the folder was imported from" not in done.stdout + done.stderr


def test_every_program_of_ours_is_started_this_way() -> None:
    sources = [path for room in ROOMS for path in (ROOT / room).rglob("*.py")] + [ROOT / "worker.py"]
    starting = {path.name for path in sources if "sys.executable" in path.read_text(encoding="utf-8")}
    assert starting == {"programs.py"}
