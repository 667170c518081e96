"""`salesloop dev --demo`, whole: servers, import, promises that burn down, figures; ended by Ctrl-C and run again."""

from __future__ import annotations

import json
import re
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import httpx

from tests.cli.conftest import Terminal, environment

SERVING = "Ctrl-C ends it"


class Demo:
    """The demonstration in a terminal of its own, read until it serves."""

    def __init__(self, terminal: Terminal) -> None:
        command = [sys.executable, "-m", "cli.main", "dev", "--demo", "--deals", "60"]
        self.process = subprocess.Popen(
            command, env=dict(terminal.env), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.limit = threading.Timer(180, self.process.kill)
        self.limit.start()

    def until_serving(self) -> str:
        assert self.process.stdout is not None
        said = []
        for line in self.process.stdout:
            said.append(line)
            if SERVING in line:
                break
        return "".join(said)

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(60)
        self.limit.cancel()
        return code


def test_the_demonstration_shows_everything_and_goes_on_where_it_was(scratch: Path) -> None:
    terminal = Terminal(environment(SALESLOOP_DATA=str(scratch / "data")))
    demo = Demo(terminal)
    said = demo.until_serving()
    assert SERVING in said, said
    try:
        assert all(
            word in said
            for word in ("funnel: default", "the agenda, overdue first", "the history of one of them")
        )
        assert re.search(r"Short fuse 1 +(\d\d:\d\d:\d\d +){5}", said), (
            "reminded, missed, escalated, reassigned"
        )
        assert "not all of them" not in said
        before = _seen(terminal)
        assert before["api"] == 200
        assert before["health"] == 0
        assert before["deals"] == 60 + 5
    finally:
        assert demo.interrupt() == 130

    again = Demo(terminal)
    told = again.until_serving()
    try:
        assert re.search(r"sales_pipeline\.csv +60 +0 +60 +0 +0", told), "nothing of it is imported twice"
        assert _seen(terminal)["deals"] == before["deals"]
    finally:
        assert again.interrupt() == 130
    assert terminal.run("deals", "list").returncode == 3, "nothing runs any more"


def _seen(terminal: Terminal) -> dict[str, int]:
    data = Path(terminal.env["SALESLOOP_DATA"])
    key = data / "admin.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    note = json.loads((data / "run.json").read_text())
    base = f"http://{note['api_host']}:{note['api_port']}"
    headers = {"Authorization": f"Bearer {key.read_text().strip()}"}
    health = terminal.run("promises", "health")
    stages = terminal.json("funnel")["stages"]
    return {
        "api": httpx.get(f"{base}/deals", headers=headers).status_code,
        "health": health.returncode,
        "deals": sum(stage["deals"] for stage in stages),
    }
