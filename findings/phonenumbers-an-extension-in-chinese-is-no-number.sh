#!/usr/bin/env bash
# Claim: phonenumbers reads the number before "ext 801", "x801" and "#801", and refuses the same number before 转801 or 分机801, which is how an
# extension is written in China; behind a hyphen it becomes part of the number, which is read without an error and merely impossible.
# Guess: numbers are read as their country writes them, extensions included, as the default region says which country that is.
# Versions: phonenumberslite 9.0.42, Python 3.11. Seen 2026-11-30.
# Why it matters: customers and contacts are recognised by phone. An import of Chinese customers leaves every switchboard number unknown, so the
# duplicates that share it are not found, and nothing says so. Take the extension off before, and ask is_possible_number after.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check phonenumberslite==9.0.42
cd "$folder"
"$folder/env/bin/python" - <<'PROGRAM'
import sys

import phonenumbers


def read(text: str) -> tuple[str, bool] | None:
    try:
        number = phonenumbers.parse(text, "CN")
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), phonenumbers.is_possible_number(number)


KNOWN = ("+861061234567", True)
found = {end: read("010-61234567" + end) for end in ("", " ext 801", "x801", "#801", "转801", " 分机 801", "-801")}
print(found)
wanted = dict.fromkeys(("", " ext 801", "x801", "#801"), KNOWN) | {"转801": None, " 分机 801": None, "-801": ("+861061234567801", False)}
sys.exit(0 if found == wanted else 1)
PROGRAM
