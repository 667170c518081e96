#!/usr/bin/env bash
# Claim: parse_decimal(..., strict=True) refuses a wrong grouping and still takes NaN, Infinity, exponents, underscores and the digits of other
# scripts: strict is about grouping alone.
# Guess: strict means that only a number as the locale writes it is read.
# Versions: Babel 2.19.0, Python 3.11. Seen 2026-11-29.
# Why it matters: an amount column of an import accepts "NaN", which then compares with nothing and spoils every sum, and "1_000" from a
# programmer's file. Check the characters before, and that the result is finite.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check Babel==2.19.0
cd "$folder"
"$folder/env/bin/python" - <<'PROGRAM'
import sys

from babel.numbers import NumberFormatError, parse_decimal


def read(text: str) -> str:
    try:
        return str(parse_decimal(text, locale="de", strict=True))
    except NumberFormatError:
        return "refused"


found = {text: read(text) for text in ("1.234,50", "1.23,50", "NaN", "Infinity", "1e3", "1_000", "\u0661\u0662")}
print(found)
wanted = {"1.234,50": "1234.50", "1.23,50": "refused", "NaN": "NaN", "Infinity": "Infinity", "1e3": "1E+3", "1_000": "1000", "\u0661\u0662": "12"}
sys.exit(0 if found == wanted else 1)
PROGRAM
