"""api: teams and the reps in them."""

from __future__ import annotations

from api.engine import auth
from api.engine.routes import add_acts
from api.people.acts import ACTS

EXAMPLES = {
    "region": "East",
    "user_id": "wang",
    "reps.kind": "rep",
    "reps.name": "Wang Wei",
    "teams.kind": "team",
    "teams.name": "North",
    "ListedAnswer.active": True,
}
TAGS = {"people": "Teams and reps"}
router = auth.router(tags=[*TAGS])

add_acts(router, ACTS)
