"""cli: rules — follow-up policies and processes, as they are published. Publishing is in `api/policy/acts.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.engine.backend import backend
from cli.engine.common import Json, as_json, example, run
from cli.engine.derive import group
from cli.engine.failure import fail
from cli.views.rules import show_policy, show_process, show_rules

if TYPE_CHECKING:
    from api.policy.routes import NewPolicy

app = group("policies", "Follow-up policies: show, publish.", acts="api.policy.acts")
processes = group("process", "Processes, their stages and gates: show, publish.", acts="api.policy.acts")
Name = Annotated[str, typer.Argument(help="Its name.")]


@app.command("list", epilog=example("salesloop policies list"))
def list_(*, json: Json = False) -> None:
    """The newest version of each policy."""
    _listed("policies", json=json)


@processes.command("list", epilog=example("salesloop process list"))
def list_all(*, json: Json = False) -> None:
    """The newest version of each process."""
    _listed("processes", json=json)


def _listed(kind: str, *, json: bool) -> None:
    found = run(_all(kind))
    if json:
        as_json(found)
    else:
        show_rules(found)


async def _all(kind: str) -> Any:
    """By name."""
    async with backend() as at:
        versions = (await at.read(f"/{kind}", dict[str, Any]))[kind]
    newest = {_of(one)["name"]: one for one in sorted(versions, key=lambda one: int(_of(one)["version"]))}
    return [newest[name] for name in sorted(newest)]


def _of(one: dict[str, Any]) -> dict[str, Any]:
    """A process stands within what was published."""
    inner: dict[str, Any] = one.get("process", one)
    return inner


@app.command(epilog=example("salesloop policies show default"))
def show(name: Name = "default", *, json: Json = False) -> None:
    """All versions of a policy."""
    _shown("policies", name, show_policy, json=json)


@processes.command("show", epilog=example("salesloop process show default"))
def show_one(name: Name = "default", *, json: Json = False) -> None:
    """All versions of a process: its stages, and what each one's gate wants."""
    _shown("processes", name, show_process, json=json)


def _shown(kind: str, name: str, show_versions: Any, *, json: bool) -> None:
    versions = run(_versions(kind, name))
    if json:
        as_json(versions)
    else:
        show_versions(name, versions)


async def _versions(kind: str, name: str) -> Any:
    async with backend() as at:
        return (await at.read(f"/{kind}/{name}", dict[str, Any]))[kind]


def draft_of(content: bytes) -> NewPolicy:
    """A policy's file, checked."""
    from pydantic import ValidationError

    from api.engine.faults import plainly
    from api.policy.routes import NewPolicy

    try:
        return NewPolicy.model_validate_json(content)
    except ValidationError as wrong:
        fail("; ".join(f"{'.'.join(map(str, e['loc']))}: {plainly(e)}" for e in wrong.errors()))
