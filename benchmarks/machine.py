"""benchmarks: what the figures were measured on. Names no host and no path."""

from __future__ import annotations

import os
import platform
import time
from importlib.metadata import version
from pathlib import Path
from statistics import median

import psutil
import psycopg

PACKAGES = ("eventsourcing", "psycopg", "temporalio", "fastapi", "uvicorn", "uvloop", "msgspec")
SETTINGS = (
    "server_version",
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "wal_compression",
    "shared_buffers",
    "max_wal_size",
    "jit",
)


def machine(directory: Path) -> dict[str, str]:
    """Processor, memory, versions, and how long the disk under `directory` takes to make 8 kB durable."""
    memory = psutil.virtual_memory()
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "load": f"{os.getloadavg()[0]:.1f} before the first row",
        "memory": f"{memory.total / 2**30:.0f} GiB",
        "disk": f"{_file_system(directory)}, {durable_write_ms(directory):.2f} ms to make 8 kB durable",
        "system": f"{platform.system()} {platform.release()}, Python {platform.python_version()}",
        "packages": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
    }


def settings(url: str) -> dict[str, str]:
    """The database's settings that bear on the figures."""
    with psycopg.connect(url) as connection:
        query = "SELECT name, current_setting(name) FROM unnest(%s::text[]) AS s(name)"
        return dict(connection.execute(query, [list(SETTINGS)]).fetchall())


def durable_write_ms(directory: Path, times: int = 40) -> float:
    """Median milliseconds of an 8 kB overwrite with fdatasync, the least a commit costs."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "durable-write"
    file = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.write(file, bytes(8192 * 4))
        os.fsync(file)
        return 1_000 * median(_durable_write(file) for _ in range(times))
    finally:
        os.close(file)
        path.unlink()


def _durable_write(file: int) -> float:
    started = time.perf_counter()
    os.pwrite(file, os.urandom(8192), 0)
    os.fdatasync(file)
    return time.perf_counter() - started


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or platform.machine())


def _file_system(directory: Path) -> str:
    """The type of the file system that `directory` is on."""
    holding = [p for p in psutil.disk_partitions(all=True) if directory.is_relative_to(p.mountpoint)]
    return max(holding, key=lambda p: len(p.mountpoint)).fstype if holding else "unknown file system"
