"""Domain room: the one list of what this house can do.

What a room has of a capability lies there under its name: `domain/lead.py`, `projections/lead.py`, `cli/lead.py`; a folder
where it is several files. Nothing else is registered anywhere: whoever needs all of something asks for a room's modules and
takes what they declare.

    for module in load("projections"):   # projections.people.directory, projections.lead, projections.deal.board, …
        ...                              # its subclasses of Projection

A folder names in `MODULES` of its `__init__.py` those of its files that declare something; the others are imported by
them. A room may have nothing of a capability. Nothing is looked for beside the list, and importing this module is cheap:
a room's modules are imported when they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

CAPABILITIES = (
    "people",
    "custom_field",
    "customer",
    "lifecycle",
    "offer",
    "imports",
    "import_undo",
    "policy",
    "lead",
    "deal",
    "target",
    "cycle",
    "scorecard",
    "action_item",
    "adjustment",
    "meeting",
    "case",
    "revisit",
    "segment",
    "survey",
    "figures",
    "notification",
    "search",
    "webhook",
    "calendar",
)


def load(room: str, names: Iterable[str] = CAPABILITIES) -> list[ModuleType]:
    """The modules of every capability in a room, such as "api", in the order of the list; or of those that are named. Raises what
    importing raises.
    """
    return [module for name in names for module in modules(room, name)]


def modules(room: str, capability: str) -> Iterator[ModuleType]:
    """Of one capability, each imported when it is its turn."""
    name = f"{room}.{capability}"
    if find_spec(name) is None:
        return
    found = import_module(name)
    parts: tuple[str, ...] | None = getattr(found, "MODULES", None)
    if parts is None:
        yield found
    else:
        yield from (import_module(f"{name}.{part}") for part in parts)
