"""api: forms that show the whole of what is known, so that what somebody leaves empty is emptied."""

from __future__ import annotations

from collections.abc import Sequence

from api.engine.acts import Act
from api.pages.engine.asking import Json
from api.pages.engine.control import Control
from api.pages.engine.forms import CLEAR

NEVER = ("name", "reason")
"""Left empty they are not said."""
KEPT = ("yes", "moment")
"""Controls that say something also where nothing is typed, or nothing of the thing itself."""


def emptied(act: Act, controls: Sequence[Control], body: Json) -> Json:
    """The body with what the form shows and nobody filled in, for an act that can empty fields."""
    if not any(one.name == CLEAR for one in act.fields):
        return body
    shown = (one.name for one in controls if one.kind not in KEPT and one.name not in NEVER)
    return {**body, CLEAR: [name for name in shown if name not in body]}
