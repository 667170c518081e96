"""Domain room: what a customer is made of where records were merged into it, so that each can be taken out again.

A customer's file is told apart into keyed values: ("profile", "sector") → "machinery", ("contacts", id) → a contact. A merge lays
over it what is taken from the other record, and fills with that what says nothing; what is said afterwards lies on top. Each layer
remembers the file before and after it, so what it would be without one of them is worked out by laying the others anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

Key = tuple[str, Any]
"""An attribute of the customer, and a profile's field or the id of one entry."""
File = Mapping[Key, Any]
NOTHING = object()
"""Of a key that a file does not have."""
EMPTY = (None, "", ())


@dataclass(frozen=True, slots=True)
class Layer:
    """The record `gone_id` was merged: `taken` from it and `offered` where nothing was said; the file `before` and `after` that."""

    gone_id: UUID
    taken: File
    offered: File
    before: File
    after: File


Layers = tuple[Layer, ...]
"""The earliest first."""


def laid(layers: Layers, gone_id: UUID, taken: File, offered: File, now: File) -> tuple[Layers, File]:
    """One layer more, and the file with it."""
    filling = {key: value for key, value in offered.items() if key not in now or now[key] in EMPTY}
    after = {**now, **filling, **taken}
    return (*layers, Layer(gone_id, taken, offered, now, after)), after


def without(
    layers: Layers, gone_id: UUID, now: File, given_back: Collection[Key] = ()
) -> tuple[Layers, File]:
    """The other layers and the file, as if this record had never been merged. What was said since stays, but for the keys that are
    given back: those are as if nothing had been said of them since the merge.
    """
    kept: Layers = ()
    file = layers[0].before if layers else now
    passed = False
    for layer, said in _in_turn(layers, now):
        if layer.gone_id == gone_id:
            passed = True
        else:
            kept, file = laid(kept, layer.gone_id, layer.taken, layer.offered, file)
        stays = {key: value for key, value in said.items() if not (passed and key in given_back)}
        file = {key: value for key, value in {**file, **stays}.items() if value is not NOTHING}
    return kept, file


def said_since(layers: Layers, gone_id: UUID, now: File) -> File:
    """What was said of the customer since that record was merged, by key; NOTHING for what was taken away."""
    found: dict[Key, Any] = {}
    passed = False
    for layer, said in _in_turn(layers, now):
        passed = passed or layer.gone_id == gone_id
        if passed:
            found |= said
    return found


def source_of(layers: Layers, key: Key, now: File) -> UUID | None:
    """From which merged record the value comes; None: it is the customer's own."""
    for layer, said in reversed(list(_in_turn(layers, now))):
        if key in said:
            return None
        if key in layer.taken or layer.before.get(key) != layer.after.get(key):
            return layer.gone_id
    return None


def _in_turn(layers: Layers, now: File) -> Iterator[tuple[Layer, File]]:
    """Each layer with what was said between it and the next, or now."""
    following_ones = [*[layer.before for layer in layers], now][1:]
    for layer, following in zip(layers, following_ones, strict=True):
        keys = {**layer.after, **following}
        yield (
            layer,
            {
                key: following.get(key, NOTHING)
                for key in keys
                if layer.after.get(key, NOTHING) != following.get(key, NOTHING)
            },
        )
