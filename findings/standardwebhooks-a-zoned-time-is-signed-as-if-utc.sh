#!/usr/bin/env bash
# Claim: Webhook.sign() takes an aware datetime and signs its wall clock as if it were UTC: for 09:00 in Shanghai it signs a timestamp eight
# hours off, and the library's own verify() refuses the message that bears the instant's true timestamp ("No matching signature found").
# Guess: an aware time is an instant, whatever zone it is written in, as datetime.timestamp() has it.
# Versions: standardwebhooks 1.1.0, Python 3.11. Seen 2026-11-30.
# Why it matters: whoever stamps webhooks with times from a database session or a calendar in a local zone sends what no receiver
# believes; in UTC, as on most developers' machines, nothing is seen. Convert with astimezone(timezone.utc) before signing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check standardwebhooks==1.1.0
cd "$folder"
"$folder/env/bin/python" - <<'PROGRAM'
import sys
from datetime import datetime, timedelta, timezone

from standardwebhooks import Webhook, WebhookVerificationError

hook = Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
body = '{"type": "deal.won"}'
instant = datetime.now(timezone.utc).replace(microsecond=0)
shanghai = instant.astimezone(timezone(timedelta(hours=8)))
assert instant == shanghai


def believed(at: datetime) -> bool:
    headers = {
        "webhook-id": "1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": hook.sign("1", at, body),
    }
    try:
        hook.verify(body, headers)
    except WebhookVerificationError as refused:
        print(f"{at.isoformat()}: {refused}")
        return False
    print(f"{at.isoformat()}: believed")
    return True


sys.exit(0 if believed(instant) and not believed(shanghai) else 1)
PROGRAM
