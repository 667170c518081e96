"""The small values: ids that are made from names, and their texts."""

from __future__ import annotations

from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from domain.engine.values import id_text, id_within


@given(st.uuids(), st.text(st.characters(exclude_categories=["Cs"])))
def test_an_id_from_a_name_is_the_one_everybody_else_makes(namespace: UUID, name: str) -> None:
    """Ledgers hold ids that `uuid5` made: the same names must lead to them."""
    assert id_within(namespace, name) == uuid5(namespace, name)


@given(st.uuids())
def test_the_text_of_an_id_is_read_back_as_the_id(id: UUID) -> None:
    assert id_text(id.int) == str(id)
    assert UUID(id_text(id.int)) == id
