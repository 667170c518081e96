"""cli: custom fields — what is declared, and declaring it. Their values are said with the record: `deals fields`, `customer fields`, `lead fields`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.engine.backend import backend
from cli.engine.common import Json, as_json, example, run
from cli.engine.derive import group
from cli.views.custom_fields import show_fields

app = group(
    "field",
    "Custom fields of customers, contacts, deals and leads: list, declare, publish.",
    acts="api.custom_field.acts",
)
Of = Annotated[str | None, typer.Argument(metavar="[OF]", help="Whose fields; all where left out.")]


@app.command("list", epilog=example("salesloop field list deal"))
def list_(of: Of = None, *, json: Json = False) -> None:
    """The fields as they are declared now."""
    found = run(_sets())
    wanted = [one for one in found if of in (None, one["name"])]
    if json:
        as_json(wanted)
    else:
        show_fields(wanted)


async def _sets() -> list[dict[str, Any]]:
    async with backend() as at:
        found: list[dict[str, Any]] = (await at.read("/custom-fields", dict[str, Any]))["sets"]
        return found
