"""runtime: starting, watching and ending operating-system programs (servers and roles).

Knows processes, signals and log files; nothing of PostgreSQL, Temporal or the domain may enter.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil

GUARD = Path(__file__).with_name("guard.py")
START_SECONDS = 60.0  # crash recovery of a large log can take a while
LOG_LIMIT = 50_000_000  # bytes; a larger log is moved aside at the next start

# The kernel's parent-death signal fires when the *thread* that started the child ends, so one lasting thread starts them all.
_starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="starter")


def python(*arguments: str) -> list[str]:
    """The command of a Python program of ours. It imports nothing from the folder that somebody happens to be in, where
    a file may be named like one of our packages.
    """
    return [sys.executable, "-P", *arguments]


@dataclass(frozen=True)
class User:
    """The operating-system account a program runs as."""

    uid: int
    gid: int

    @classmethod
    def current(cls) -> User:
        return cls(os.geteuid(), os.getegid())


def find_program(name: str) -> Path:
    """A program installed with this environment, else one on PATH; raises FileNotFoundError naming it."""
    beside = Path(sysconfig.get_path("scripts")) / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise FileNotFoundError(
            f"the program {name!r} is not installed in this environment; run `make setup`"
        )
    return Path(found)


def open_log(path: Path) -> int:
    """A file descriptor appending to `path`; an overgrown log is kept once as `<name>.1`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_LIMIT:
        path.replace(path.with_name(path.name + ".1"))
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def be_ready_to_spawn() -> None:
    """Have the thread that starts programs. Before a handler of signals raises: an exception in the moment in which the pool
    starts its thread leaves one that it does not know, and at its end Python would wait for that one for ever.
    """
    _starter.submit(int).result()


def spawn(
    command: Sequence[str],
    *,
    log: Path,
    on_orphaned: signal.Signals = signal.SIGKILL,
    user: User | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own (a terminal's Ctrl-C does not reach it), output to `log`.

    If this process dies without stopping it, the kernel sends it `on_orphaned` (Linux).
    """
    return _starter.submit(_spawn, command, log, on_orphaned, user or User.current(), env, cwd).result()


def _spawn(
    command: Sequence[str],
    log: Path,
    on_orphaned: signal.Signals,
    user: User,
    env: Mapping[str, str] | None,
    cwd: Path | None,
) -> subprocess.Popen[bytes]:
    wrapper = [
        sys.executable,
        "-I",
        "-S",
        str(GUARD),
        str(os.getpid()),
        str(int(on_orphaned)),
        str(user.uid),
        str(user.gid),
    ]
    output = open_log(log)
    try:
        return subprocess.Popen(
            [*wrapper, *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=dict(env) if env is not None else None,
            cwd=cwd,
            start_new_session=True,
        )
    finally:
        os.close(output)


class ServerFailed(RuntimeError):
    """A server did not start; the message ends with the last lines of its log."""


def until_ready(
    ready: Callable[[], bool], process: subprocess.Popen[bytes], log_file: Path, what: str
) -> None:
    """Return once `ready()`; raise ServerFailed when the process ends first or START_SECONDS pass."""
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if process.poll() is not None:
            raise ServerFailed(
                f"{what} ended with {process.returncode} while starting:\n{log_tail(log_file)}"
            )
        if time.monotonic() > deadline:
            raise ServerFailed(f"{what} was not ready after {START_SECONDS:.0f} s:\n{log_tail(log_file)}")
        time.sleep(0.02)


def log_tail(path: Path, lines: int = 20) -> str:
    """The last lines of a log, for an error message."""
    if not path.exists():
        return "(no log)"
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - 16_384))
        return "\n".join(log.read().decode(errors="replace").splitlines()[-lines:])


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nothing listens on, and that the system hands to nobody else for a minute.

    That is how long the end of a connection lingers on it; who binds it by its number, as servers do, may.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # not before: bind would take a lingering one
        probe.listen()
        port: int = probe.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as caller:
            probe.accept()[0].close()  # whoever closes first is whose port lingers
            caller.recv(1)
        return port


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def listens(pid: int, port: int) -> bool:
    """Whether this very process listens on a TCP port."""
    try:
        connections = psutil.Process(pid).net_connections("tcp")
    except psutil.NoSuchProcess:
        return False
    return any(found.status == psutil.CONN_LISTEN and found.laddr.port == port for found in connections)


def alive(process: psutil.Process) -> bool:
    """Whether it still exists as more than a zombie (an orphan's zombie is its new parent's to reap, whenever that is)."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def wait_gone(processes: Iterable[psutil.Process], seconds: float) -> bool:
    """Whether all of them end within `seconds`; the system offers no notice of strangers' ends, so this looks repeatedly."""
    deadline = time.monotonic() + seconds
    waiting = [process for process in processes if alive(process)]
    while waiting and time.monotonic() < deadline:
        time.sleep(0.01)
        waiting = [process for process in waiting if alive(process)]
    return not waiting


def end(pid: int, *signals: tuple[signal.Signals, float]) -> None:
    """Send each signal in turn, waiting the given seconds for the process to end before the next one."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        for number, patience in signals:
            process.send_signal(number)
            if wait_gone([process], patience):
                return


def kill_all(processes: Iterable[psutil.Process]) -> None:
    """SIGKILL to every one, then wait until they are gone."""
    victims = list(processes)
    for process in victims:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    wait_gone(victims, 30)


def kill_tree(pid: int) -> None:
    """SIGKILL to a process and all its descendants: what a power cut would do to them."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        process.suspend()  # so that it starts nothing while its descendants are listed
        kill_all([process, *process.children(recursive=True)])
