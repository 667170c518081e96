"""Runtime room, file import: the mapping file — how a file's columns, words and dates become ours."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Mapping:
    """A checked mapping; `docs/import.md` documents the file."""

    name: str
    source: str


def load_mapping(path: Path) -> Mapping:
    """Read and check a TOML mapping file. Raises ImportProblem naming everything that is wrong."""
    raise NotImplementedError


def shipped_mapping(name: str) -> Mapping:
    """A mapping that comes with salesloop: `crm_export` or `event_log`. Raises ImportProblem for another name."""
    raise NotImplementedError


def shipped_names() -> tuple[str, ...]:
    raise NotImplementedError
