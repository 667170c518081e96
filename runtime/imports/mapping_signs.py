"""Runtime room, file import: a mapping's zone, signs, encoding and date forms checked, so that none of them can be misread."""

from __future__ import annotations

import codecs
from collections.abc import Iterable

from domain.engine.currency import problem
from domain.time.zones import timezone_problem
from runtime.imports import date_forms
from runtime.imports.mapping import Mapping
from runtime.imports.mapping_table import Reading
from runtime.imports.numbers import DECIMALS, THOUSANDS, alike

_NO_DELIMITER = "\"'-+().\r\n\0"
_ASCII = bytes((9, 10, 13, *range(32, 92), *range(93, 127))) + rb"\u0041 +AEE- .xn--bcher-kva"


def check_signs(mapping: Mapping, top: Reading) -> None:
    _check_zone(mapping, top)
    _check_encoding(mapping.encoding, top)
    if wrong := problem(mapping.currency):
        top.wrong("currency", wrong)
    _check_delimiter(mapping.delimiter, top)
    _check_numbers(mapping, top)


def _check_zone(mapping: Mapping, top: Reading) -> None:
    if mapping.timezone and (wrong := timezone_problem(mapping.timezone)):
        top.wrong("timezone", wrong)


def zone_of(here: Reading) -> str:
    """The zone of one column's times; none: the mapping's."""
    zone = here.text("timezone")
    if zone and (wrong := timezone_problem(zone)):
        here.wrong("timezone", wrong)
    return zone


def _check_encoding(name: str, top: Reading) -> None:
    """Files are read line by line, so every byte of ASCII has to stand for itself."""
    try:
        known = codecs.lookup(name)
    except (LookupError, ValueError):
        top.wrong("encoding", f"unknown encoding {name!r}; use one such as 'utf-8' or 'gb18030'")
        return
    try:
        plain = _ASCII.decode(known.name) == _ASCII.decode("ascii")
    except (LookupError, ValueError, TypeError):
        plain = False
    if not plain:
        top.wrong(
            "encoding",
            f"{name!r} is no encoding of plain text files; save the file in UTF-8 and leave this out",
        )


def _check_delimiter(sign: str, top: Reading) -> None:
    if len(sign) != 1 or sign == "\N{REPLACEMENT CHARACTER}":
        top.wrong("delimiter", f"{sign!r} must be one character")
    elif sign.isalnum() or sign in _NO_DELIMITER or (sign.isspace() and sign != "\t"):
        top.wrong(
            "delimiter", f"{sign!r} stands in names, numbers or quotes: use one such as ',', ';' or '\\t'"
        )


def _check_numbers(mapping: Mapping, top: Reading) -> None:
    if mapping.decimal not in DECIMALS or mapping.thousands == mapping.decimal:
        top.wrong("decimal", "must be '.' or ',', and another sign than `thousands`")
    if mapping.thousands not in THOUSANDS:
        known = ", ".join(map(repr, dict.fromkeys(alike(sign)[:1] for sign in THOUSANDS)))
        top.wrong("thousands", f"{mapping.thousands!r} is not one of {known}")


def dates_of(here: Reading, default: Iterable[str]) -> tuple[str, ...]:
    told = "dates" in here.left
    forms = here.texts("dates", default)
    if told and not forms:
        here.wrong("dates", "names no form; use \"iso\" or forms such as '%d.%m.%Y'")
    for written in forms:
        if wrong := date_forms.problem(written):
            here.wrong("dates", f"{written!r} {wrong}")
    return forms
