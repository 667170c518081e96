"""runtime: keeping one program alive — start, notice its end at once, start again after a pause, stop on request.

Works for servers and roles alike; knows nothing of what they do.
"""

from __future__ import annotations

import logging
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from runtime import programs
from runtime.backoff import Backoff

FIRST_PAUSE = 0.1  # seconds; doubled at each failure in a row
LONGEST_PAUSE = 10.0
SETTLED = 30.0  # a program that lived this long starts with the first pause again

log = logging.getLogger(__name__)


class Program(Protocol):
    """What can be kept. `wait` returns when the program ends, at once when it does not run."""

    @property
    def pid(self) -> int | None: ...
    def start(self) -> object: ...
    def wait(self) -> None: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...


class Role:
    """One of our own processes: `python ARGUMENTS…`, output to its own log, killed if its supervisor is killed."""

    def __init__(
        self, name: str, arguments: Sequence[str], *, env: Mapping[str, str], log_file: Path
    ) -> None:
        self.name = name
        self.command = programs.python(*arguments)
        self.env = dict(env)
        self.log_file = log_file
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        if self.pid is None:
            self._process = programs.spawn(self.command, log=self.log_file, env=self.env)

    def wait(self) -> None:
        if self._process:
            self._process.wait()

    def stop(self) -> None:
        """SIGTERM, time to finish what it is doing, then SIGKILL."""
        if self.pid is not None:
            programs.end(self.pid, (signal.SIGTERM, 15), (signal.SIGKILL, 10))
        self.wait()

    def kill(self) -> None:
        if self.pid is not None:
            programs.kill_tree(self.pid)
        self.wait()


class Keeper:
    """Starts a program and starts it again whenever it ends, until told to stop."""

    def __init__(self, name: str, program: Program, changed: Callable[[], None]) -> None:
        self.name = name
        self.program = program
        self.restarts = 0
        self._changed = changed
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep, name=f"keeper-{name}", daemon=True)

    def start(self) -> None:
        """Start and return when the program has; its failure to start the first time is the caller's."""
        self.program.start()
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self.program.stop()
        if self._thread.ident is not None:
            self._thread.join()
        self.program.stop()  # the thread may have been starting it again at that moment

    def kill(self) -> None:
        self._stopping.set()
        self.program.kill()

    def _keep(self) -> None:
        backoff = Backoff(FIRST_PAUSE, LONGEST_PAUSE, SETTLED)
        while not self._stopping.is_set():
            since = time.monotonic()
            self.program.wait()
            if self._stopping.is_set():
                return
            pause = backoff.pause(time.monotonic() - since)
            log.warning("%s ended; starting it again in %.1f s", self.name, pause)
            if self._stopping.wait(pause):
                return
            self._start_again()

    def _start_again(self) -> None:
        try:
            self.program.start()
        except Exception:  # whatever the reason, the next round tries again, after a longer pause
            log.exception("%s did not start", self.name)
            return
        self._changed()
        self.restarts += 1
