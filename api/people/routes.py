"""api: teams and the reps in them."""

from __future__ import annotations

from api.engine import auth
from api.engine.routes import add_acts
from api.people.acts import ACTS

TAGS = {"people": "Teams and reps"}
router = auth.router(tags=[*TAGS])

add_acts(router, ACTS)
