"""tests: PostgreSQL's own programs, from the same wheel as the server."""

from __future__ import annotations

import subprocess

from runtime import server_home


def program(name: str, *arguments: str) -> None:
    """Run it to its end; what it says is in the failure."""
    path = server_home.postgres_programs(server_home.server_user()) / name
    done = subprocess.run([str(path), *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
