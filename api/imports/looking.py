"""api: the process that looks at another system's files: `python -m api.imports.looking FOLDER`. Apart from the API, as imports are: a
workbook takes seconds, in which no request should wait.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from api.imports.jobs import DATA
from domain.custom_field.declaration import FieldSet
from runtime.failures import where
from runtime.imports.results import ImportProblem
from runtime.imports.vendors.prepare import prepare
from runtime.imports.vendors.report import Answers
from runtime.programs import python

ASKED, DECLARED, ANSWERS, REPORT, FILES, WRONG, MADE = (
    "asked.json", "declared.json", "answers.json", "report.json", "files.json", "wrong.json", "made",
)  # fmt: skip
AT_ONCE = asyncio.Semaphore(2)
"""Files are large, and so is what is remembered of their values."""
log = logging.getLogger(__name__)


async def look(folder: Path, told: Answers, declared: Mapping[str, FieldSet]) -> None:
    """What the files in the folder are with these answers is kept there, with the answers. Raises ImportProblem."""
    (folder / ASKED).write_bytes(msgspec.json.encode(told))
    (folder / DECLARED).write_bytes(msgspec.json.encode(declared))
    async with AT_ONCE:
        child = await asyncio.create_subprocess_exec(
            *python("-m", "api.imports.looking", str(folder)), start_new_session=True
        )
        try:
            code = await child.wait()
        except asyncio.CancelledError:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            raise
    if code == 1:
        raise ImportProblem(*msgspec.json.decode((folder / WRONG).read_bytes(), type=list[str]))
    if code != 0:
        raise RuntimeError(f"the process that looks at files ended with {code}")


def main(folder: Path) -> int:
    """0: what was understood is kept. 1: it cannot be, and `WRONG` says why. 2: it broke off, at a place that is logged without what stood in
    the files.
    """
    told = msgspec.json.decode((folder / ASKED).read_bytes(), type=Answers)
    declared = msgspec.json.decode((folder / DECLARED).read_bytes(), type=dict[str, FieldSet])
    (folder / MADE).mkdir(exist_ok=True)
    try:
        ready = prepare([folder / DATA], told, folder / MADE, declared)
    except ImportProblem as wrong:
        (folder / WRONG).write_bytes(msgspec.json.encode(wrong.problems))
        return 1
    except Exception as wrong:  # noqa: BLE001 - its text may be a cell's
        log.error("a look at files broke off: %s", where(wrong))  # noqa: TRY400
        return 2
    (folder / FILES).write_bytes(msgspec.json.encode([str(f.relative_to(folder)) for f in ready.files]))
    (folder / ANSWERS).write_bytes(msgspec.json.encode(told))
    (folder / REPORT).write_bytes(msgspec.json.encode(ready.report))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
