#!/usr/bin/env bash
# Claim: text that lxml's xpath() finds is a subclass of str. msgspec.convert takes it for a field of str and keeps it as it is; the struct that was so
# checked cannot be written: msgspec.json.encode raises TypeError ("Encoding objects of type lxml.etree._ElementUnicodeResult is unsupported").
# Guess: what passes the check of a type can be written as that type; the standard json and orjson write such text, and msgspec itself writes
# subclasses of dict.
# Versions: msgspec 0.22.0, lxml 6.1.3, orjson 3.13.0, Python 3.11. Seen 2026-11-30.
# Why it matters: a name read out of an XML export passes every check on its way in and fails where the event is written, and only for the
# values that came by xpath(): those of find() and of CSV are plain. Make it str(text) where it is read.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check msgspec==0.22.0 lxml==6.1.3 orjson==3.13.0
cd "$folder"
"$folder/env/bin/python" - <<'PROGRAM'
import json
import sys

import msgspec
import orjson
from lxml import etree


class Deal(msgspec.Struct):
    title: str


class Row(dict):
    pass


export = etree.fromstring("<deals><deal><title>Two pumps</title></deal></deals>")
(found,) = export.xpath("deal/title/text()")
plain = export.findtext("deal/title")
deal = msgspec.convert({"title": found}, Deal)
assert isinstance(deal.title, str) and deal.title == plain
print("checked:", deal, type(deal.title).__name__)
print("json and orjson:", json.dumps(found), orjson.dumps(found))
print("plain text, and a subclass of dict:", msgspec.json.encode(Deal(plain)), msgspec.json.encode(Row(title=plain)))
try:
    print("written:", msgspec.json.encode(deal))
except TypeError as refused:
    print("msgspec:", refused)
    sys.exit(0)
sys.exit(1)
PROGRAM
