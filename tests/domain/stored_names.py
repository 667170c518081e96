"""tests: one stored sample of every fact and version, as the bytes the ledger holds, and the command that adds new ones.

    python -m tests.domain.stored_names

A sample is written once and never again: it stands for rows that are in somebody's ledger for ever.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import domain.registry  # noqa: F401 - registers every fact
from domain.engine.facts import FACTS
from runtime.codec import encode

SAMPLES = Path(__file__).parent / "stored_facts"
PERSONAL = SAMPLES / "personal.txt"
PLAIN: dict[type, Callable[[str], Any]] = {
    str: lambda name: f"{name} 例",
    int: lambda name: 7,
    bool: lambda name: True,
    Decimal: lambda name: Decimal("12.50"),
    date: lambda name: date(2026, 3, 2),
    datetime: lambda name: datetime(2026, 3, 2, 9, 30, 0, 250_000, tzinfo=UTC),
    UUID: lambda name: UUID(int=0xA1),
}
"""Every plain type a fact may be made of, and what a sample has in its place."""


def sample_path(topic: str, version: int) -> Path:
    return SAMPLES / f"{topic}.v{version}.json"


def stored_samples() -> list[tuple[str, int]]:
    """Topic and version of every sample there is."""
    names = sorted(path.name.removesuffix(".json") for path in SAMPLES.glob("*.json"))
    return [(topic, int(version)) for topic, _, version in (name.rpartition(".v") for name in names)]


def read_sample(topic: str, version: int) -> bytes:
    return sample_path(topic, version).read_bytes().removesuffix(b"\n")


def parts(hint: Any) -> tuple[Any, ...]:
    """What a compound type is made of; () for a plain type. Raises TypeError for what JSON would not bring back."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return (args[0],)
    if origin in (Union, types.UnionType):
        return args
    if origin is tuple and len(args) == 2 and args[1] is ...:
        return (args[0],)
    if origin is dict and args[0] is str:
        return (args[1],)
    if hint in PLAIN or hint is type(None) or origin is Literal:
        return ()
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return ()
    if isinstance(hint, type) and is_dataclass(hint) and hint.__dataclass_params__.frozen:  # type: ignore[attr-defined]
        hints = get_type_hints(hint, include_extras=True)
        return tuple(hints[f.name] for f in fields(hint))
    raise TypeError(f"JSON does not bring {hint!r} back as it was")


def check_types(hint: Any) -> None:
    """Raises TypeError where a type, or one inside it, would not come back from JSON as it was."""
    for part in parts(hint):
        check_types(part)


def sample_of(hint: Any, name: str) -> Any:
    """A value of that type with nothing left out."""
    origin, inner = get_origin(hint), parts(hint)
    if hint in PLAIN:
        return PLAIN[hint](name)
    if origin is Literal:
        return get_args(hint)[0]
    if origin is dict:
        return {"a": sample_of(inner[0], name)}
    if origin is tuple:
        return (sample_of(inner[0], name), sample_of(inner[0], name))
    if origin in (Annotated, Union, types.UnionType):
        return sample_of(inner[0], name)
    if issubclass(hint, StrEnum):
        return next(iter(hint))
    names = [f.name for f in fields(hint)]
    return hint(**{n: sample_of(part, n) for n, part in zip(names, inner, strict=True)})


def personal_list() -> str:
    """Every field that holds personal data, and whose: one line each."""
    from domain.engine.facts import personal_fields

    marked = ((t, path, m.of) for t in sorted(FACTS) for path, m in sorted(personal_fields(FACTS[t]).items()))
    return "".join(f"{topic} {path} {of}\n" for topic, path, of in marked)


def add_new_samples() -> list[Path]:
    """Write what is not there yet. Never touches what is."""
    added = []
    for topic, fact in sorted(FACTS.items()):
        path = sample_path(topic, fact.SCHEMA)
        if not path.exists():
            path.write_bytes(encode(sample_of(fact, topic)) + b"\n")
            added.append(path)
    marked = personal_list()
    if gone := sorted(set(PERSONAL.read_text().splitlines()) - set(marked.splitlines())):
        raise SystemExit(
            f"no longer marked as personal: {'; '.join(gone)}. If that is meant, take the lines out by hand."
        )
    PERSONAL.write_text(marked)
    return added


if __name__ == "__main__":
    for path in add_new_samples():
        print(f"added {path.relative_to(Path.cwd())}")
