"""An import is looked at and undone in the terminal."""

from __future__ import annotations

import json

from tests.cli.conftest import Terminal


def test_what_an_undo_would_do_is_shown_and_done_only_for_a_reason(terminal: Terminal) -> None:
    listed = json.loads(terminal.run("import", "list", "--json").stdout)["imports"]
    job = next(one for one in listed if not (one["dry_run"] or one["undoes"]) and one["events"])
    assert job["id"] in terminal.run("import", "list").stdout
    seen = terminal.run("import", "undo", job["id"], "--dry-run", "--json")
    told = json.loads(seen.stdout)
    assert told["dry_run"]
    assert told["total"] == told["done"] > 0
    assert seen.returncode == (1 if told["refused"] else 0)
    lines = terminal.run("import", "list").stdout.splitlines()
    (rehearsed,) = [
        line
        for line in lines
        if next(one["id"] for one in terminal.json("import", "list")["imports"] if one["dry_run"]) in line
    ]
    assert "dry run" in rehearsed
    assert "dry run" not in next(line for line in lines if job["id"] in line)
    shown = terminal.run("import", "undo", job["id"], "--dry-run").stdout
    assert "dry run: nothing was recorded" in shown
    without = terminal.run("import", "undo", job["id"])
    assert (without.returncode, "--reason" in without.stderr) == (2, True)
