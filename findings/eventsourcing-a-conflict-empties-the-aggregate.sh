#!/usr/bin/env bash
# Claim: after an IntegrityError from Application.save() the aggregate has lost its pending events but keeps the state they gave it. Saving the
# same object again succeeds, records nothing, and answers an empty list.
# Guess: what was refused is still pending, so a retry records it or is refused again.
# Versions: eventsourcing 9.5.6, Python 3.11. Seen 2026-11-29.
# Why it matters: the obvious retry loop (catch the conflict, save again) acknowledges a change of a deal that no event tells of, and the object
# in memory shows it. Load anew and decide anew after a conflict.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check eventsourcing==9.5.6
cd "$folder"
"$folder/env/bin/python" - <<'PROGRAM'
import sys

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import IntegrityError


class Deal(Aggregate):
    @event("StageMoved")
    def move(self, stage: str) -> None:
        self.stage = stage


application = Application()
deal = Deal()
application.save(deal)
mine, theirs = application.repository.get(deal.id), application.repository.get(deal.id)
theirs.move("negotiation")
application.save(theirs)
mine.move("solution")
try:
    application.save(mine)
    sys.exit("no conflict")
except IntegrityError:
    pass
pending, again = len(mine.pending_events), application.save(mine)
stored = application.repository.get(deal.id).stage
print(f"pending {pending}, second save {again}, in memory {mine.stage}, stored {stored}")
sys.exit(0 if (pending, again, mine.stage, stored) == (0, [], "solution", "negotiation") else 1)
PROGRAM
