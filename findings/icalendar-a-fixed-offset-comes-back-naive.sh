#!/usr/bin/env bash
# Claim: a time with a fixed offset (datetime.timezone(+8 h), as psycopg, pydantic and datetime.fromisoformat give it) is written as
# DTSTART;TZID="UTC+08:00" without a VTIMEZONE; add_missing_timezones() adds none; read back by the same library it has no zone at all.
# Guess: the library writes UTC, or a VTIMEZONE for the offset, and reads back what it wrote.
# Versions: icalendar 7.3.0, Python 3.11. Seen 2026-11-29.
# Why it matters: a promise due at nine in Shanghai is shown at nine wherever the reader sits. Convert to UTC, or to a zone of the IANA
# database, before writing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check icalendar==7.3.0
cd "$folder"
"$folder/env/bin/python" - <<'PROGRAM'
import sys
from datetime import datetime, timedelta, timezone

import icalendar

entry = icalendar.Event()
entry.add("uid", "promise-1")
entry.add("dtstamp", datetime(2026, 12, 1, tzinfo=timezone.utc))
entry.add("dtstart", datetime(2026, 12, 1, 9, tzinfo=timezone(timedelta(hours=8))))
calendar = icalendar.Calendar()
calendar.add_component(entry)
calendar.add_missing_timezones()
written = calendar.to_ical().decode()
line = next(line for line in written.splitlines() if line.startswith("DTSTART"))
again = icalendar.Calendar.from_ical(written).walk("VEVENT")[0].decoded("dtstart")
zones = written.count("BEGIN:VTIMEZONE")
print(f"{line}; {zones} VTIMEZONE; read back as {again!r}")
sys.exit(0 if "UTC+08:00" in line and zones == 0 and again.tzinfo is None else 1)
PROGRAM
