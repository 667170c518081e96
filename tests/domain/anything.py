"""tests: any fact at all, from its types."""

from __future__ import annotations

import types
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID

from hypothesis import strategies as st

from tests.domain.stored_names import parts


def anything(hint: Any, texts: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[Any]:
    """Any value of a type that facts may be made of; `texts` are what stands for what people type."""
    origin, inner = get_origin(hint), parts(hint)
    if hint is str and texts is not None:
        return texts
    if hint in PLAIN_VALUES:
        return PLAIN_VALUES[hint]
    if origin is Literal:
        return st.sampled_from(get_args(hint))
    if origin in (Annotated, Union, types.UnionType):
        return st.one_of(*(anything(part, texts) for part in inner))
    if origin is dict:
        return st.dictionaries(st.text(max_size=5), anything(inner[0], texts), max_size=3)
    if origin is tuple:
        return st.lists(anything(inner[0], texts), max_size=3).map(tuple)
    if issubclass(hint, StrEnum):
        return st.sampled_from(hint)
    names = [f.name for f in fields(hint)]
    return st.builds(hint, **{n: anything(part, texts) for n, part in zip(names, inner, strict=True)})


PLAIN_VALUES: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=20),
    int: st.integers(-(2**53), 2**53),
    bool: st.booleans(),
    Decimal: st.decimals(-(10**15), 10**15, places=4),
    date: st.dates(),
    datetime: st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=8))])),
    UUID: st.uuids(),
    type(None): st.none(),
}
