"""runtime: `make clean-data` — remove the data directory, and what PostgreSQL keeps elsewhere for it. Refuses while it is in use."""

from __future__ import annotations

import fcntl
import shutil
import sys
from pathlib import Path

from runtime.embedded_postgres import EmbeddedPostgres
from runtime.settings import data_directory
from runtime.supervisor import LOCK


class Refused(RuntimeError):
    """Nothing was removed."""


def clean(data_dir: Path) -> bool:
    """Remove everything in a data directory; False when there is none. Raises Refused."""
    if not data_dir.exists():
        return False
    if not (data_dir / LOCK).exists():
        raise Refused(f"{data_dir} was not made by salesloop (it has no {LOCK}): not removed")
    with (data_dir / LOCK).open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as used:
            raise Refused(f"`salesloop dev` is running on {data_dir}: stop it first") from used
        if (data_dir / "postgres").exists():
            EmbeddedPostgres(data_dir / "postgres").remove()
        shutil.rmtree(data_dir)
    return True


def main() -> None:
    data_dir = data_directory()
    try:
        removed = clean(data_dir)
    except Refused as refusal:
        sys.exit(str(refusal))
    sys.stdout.write(
        f"removed {data_dir}\n" if removed else f"nothing to remove: {data_dir} does not exist\n"
    )


if __name__ == "__main__":
    main()
