#!/usr/bin/env bash
# Claim: the calendar of China for a year that is not decreed yet comes without any sign that it is estimated: no name says so, and it has no
# worked weekend at all, though every decreed year swaps some. And weekend_workdays of one year also holds worked days of other years.
# Guess: a year that is only estimated says so (as names of Islamic holidays do), or is absent; the days of years=2026 are of 2026.
# Versions: holidays 0.109, Python 3.11. Seen 2026-11-29, when the decree for 2027 was due.
# Why it matters: a deadline in business hours over Spring Festival lands on a day off, or counts a worked Saturday as free. Say until when a
# calendar is known, let people type the decree in, and filter weekend_workdays by year.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check holidays==0.109
cd "$folder"
"$folder/env/bin/python" - <<'PROGRAM'
import sys

import holidays

decreed, coming = (holidays.country_holidays("CN", years=year) for year in (2026, 2027))
worked = {year: sorted(day for day in found.weekend_workdays if day.year == year) for year, found in ((2026, decreed), (2027, coming))}
others = sorted(day for day in decreed.weekend_workdays if day.year != 2026)
marked = [name for name in coming.values() if "estimate" in name.lower()]
print(f"2026: {len(worked[2026])} worked weekend days; 2027: {len(coming)} days off, {len(worked[2027])} worked weekend days, marked {marked}")
print(f"of other years in 2026: {[str(day) for day in others]}")
sys.exit(0 if len(worked[2026]) == 6 and coming and not worked[2027] and not marked and others else 1)
PROGRAM
