#!/usr/bin/env bash
# Claim: a field of type date takes a text of digits for seconds since 1970, and a midnight with an offset for the day as written, its offset dropped
# without a word (any other time of day is refused); a Decimal takes underscores between digits.
# Guess: "1764460800" is no day; 2026-03-05T00:00:00-12:00 is refused like every other time, or converted; "1_0" is no amount.
# Versions: pydantic 2.14.3 (pydantic-core 2.50.4), Python 3.11. Seen 2026-11-29.
# Why it matters: a filter "since" that a program filled with seconds answers for a day nobody asked for, a closing lands a day off for whoever wrote
# an instant, and an amount of "1_0" is ten. Read such texts by one strict function before pydantic sees them.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check pydantic==2.14.3
cd "$folder"
"$folder/env/bin/python" - <<'PROGRAM'
import json
import sys
from datetime import date
from decimal import Decimal

from pydantic import TypeAdapter, ValidationError


def read(kind: type, text: str) -> str:
    try:
        return str(TypeAdapter(kind).validate_json(json.dumps(text)))
    except ValidationError:
        return "refused"


found = {text: read(date, text) for text in ("1764460800", "2026-03-05T00:00:00-12:00", "2026-03-05T01:00:00-12:00")}
found["1_0"] = read(Decimal, "1_0")
print(found)
wanted = ["2025-11-30", "2026-03-05", "refused", "10"]
sys.exit(0 if [*found.values()] == wanted else 1)
PROGRAM
