#!/usr/bin/env bash
# Claim: Locale("zh", "CN") is an unknown locale, like ("zh", "TW"), ("sr", "RS") and ("uz", "UZ"), while Locale("pt", "BR") is none and
# Locale.parse("zh_CN") reads the same words; negotiate_locale finds nothing for a browser's zh-Hans-CN beside an available zh_CN.
# Guess: the constructor takes a language and a country as parse does, and likely subtags count in both.
# Versions: Babel 2.19.0, Python 3.11. Seen 2026-11-30.
# Why it matters: a page or a mail made for the country in somebody's address book fails for Chinese customers alone. Make locales by parse, with
# the script written out where one is made from parts, and do not negotiate by the country.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check Babel==2.19.0
cd "$folder"
"$folder/env/bin/python" - <<'PROGRAM'
import sys

from babel import Locale, UnknownLocaleError, negotiate_locale


def made(*parts: str) -> str:
    try:
        return str(Locale(*parts))
    except UnknownLocaleError:
        return "unknown"


found = {
    "parts": [made(*parts) for parts in (("zh", "CN"), ("zh", "TW"), ("sr", "RS"), ("uz", "UZ"), ("pt", "BR"))],
    "parsed": [str(Locale.parse(text)) for text in ("zh_CN", "zh_TW", "sr_RS")],
    "with its script": str(Locale("zh", "CN", script="Hans")),
    "negotiated": [negotiate_locale(["zh-Hans-CN"], ["zh_CN", "en_US"], sep="-"), negotiate_locale(["zh_CN"], ["zh_CN", "en_US"])],
}
print(found)
wanted = {
    "parts": ["unknown", "unknown", "unknown", "unknown", "pt_BR"],
    "parsed": ["zh_Hans_CN", "zh_Hant_TW", "sr_Cyrl_RS"],
    "with its script": "zh_Hans_CN",
    "negotiated": [None, "zh_CN"],
}
sys.exit(0 if found == wanted else 1)
PROGRAM
