"""Runtime room, file import: a customer's other names and addresses out of a row — in columns of their own, or as our own files have them, in JSON."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from domain.customer.profile import Address, AddressKind, OtherName
from runtime.imports.cells import Unreadable
from runtime.imports.rows import Reasons

PARTS = ("street", "postcode", "city", "region")
"""Columns of the one address that most files have; its country is the customer's."""
BETWEEN = ";"
T = TypeVar("T")


def other_names(reasons: Reasons) -> tuple[OtherName, ...]:
    found: tuple[OtherName, ...] | None = reasons.take("other_names", _names)
    return found or ()


def addresses(reasons: Reasons) -> tuple[Address, ...]:
    """Those of `addresses`, and the one whose parts have columns."""
    listed: tuple[Address, ...] | None = reasons.take("addresses", _listed, Address)
    parts = {name: reasons.cells[name] for name in PARTS if name in reasons.cells}
    if not parts:
        return listed or ()
    own = Address(kind=AddressKind.REGISTERED, country=reasons.cells.get("country", ""), **parts)
    return (*(listed or ()), own)


def _names(text: str) -> tuple[OtherName, ...]:
    """`zh=华东精密; East China`, or JSON."""
    if text.startswith("["):
        return _listed(text, OtherName)
    return tuple(_name(one.strip()) for one in text.split(BETWEEN) if one.strip())


def _name(text: str) -> OtherName:
    language, said, name = text.partition("=")
    return OtherName(name=name.strip(), language=language.strip()) if said else OtherName(name=text)


def _listed(text: str, kind: type[T]) -> tuple[T, ...]:
    try:
        found: Any = msgspec.json.decode(text, type=tuple[kind, ...])  # type: ignore[valid-type]
    except msgspec.MsgspecError as wrong:
        raise Unreadable("is no list as our own files have it") from wrong
    return tuple(found)
