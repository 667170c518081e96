"""Nothing that serves a request speaks of itself on stderr: a warning of a library is no message for who runs us."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.house import House

WRITE = """
import asyncio, sys
from api.engine.inside import call, inside
from runtime.settings import Settings

async def main(url):
    async with inside(Settings(database_url=url, admin_database_url=url)) as app:
        body = b'{"name": "East"}'
        print(*await call(app, "u-cli", "POST", "/teams", {"Content-Type": "application/json"}, body))

asyncio.run(main(sys.argv[1]))
"""


def test_the_first_request_of_a_process_warns_of_nothing(house: House) -> None:
    command = [sys.executable, "-c", WRITE, house.settings.database_url]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert (done.stdout[:3], done.stderr) == ("201", "")
