"""tests: what a later row of a deal leaves empty is what the row before said."""

from __future__ import annotations

import pytest

from runtime.imports.histories import carried_on
from runtime.imports.rows import Cells


def cells(*assumed: str, **told: str) -> Cells:
    made = Cells(frozenset(assumed))
    made.update(told)
    return made


@pytest.mark.parametrize(
    ("before", "own", "whole"),
    [
        ({"owner": "Li", "stage": "A"}, {"stage": "B"}, {"owner": "Li", "stage": "B"}),
        ({"stage": "A", "stage_at": "1", "next_step": "call"}, {"stage": "A"}, {"stage": "A"}),
        ({"stage": "W", "closed_on": "1"}, {"stage": "W"}, {"stage": "W", "closed_on": "1"}),
        ({"stage": "W", "closed_on": "1"}, {"stage": "A"}, {"stage": "A"}),
        ({"amount": "5", "currency": "EUR"}, {"currency": "USD"}, {"amount": "5", "currency": "EUR"}),
        ({"amount": "5"}, {"currency": "USD"}, {"amount": "5"}),
        ({"amount": "5", "currency": "EUR"}, {"amount": "6"}, {"amount": "6", "currency": "EUR"}),
        (
            {"amount": "5", "budget": "9", "currency": "EUR"},
            {"amount": "6", "currency": "USD"},
            {"amount": "6", "currency": "USD"},
        ),
    ],
)
def test_what_a_row_leaves_empty(before: dict[str, str], own: dict[str, str], whole: dict[str, str]) -> None:
    assert carried_on(cells(**before), cells(**own)) == whole


def test_a_default_replaces_nothing_that_was_told() -> None:
    whole = carried_on(cells(owner="Li"), cells("owner", owner="desk"))
    assert (whole, whole.assumed) == ({"owner": "Li"}, frozenset())
    whole = carried_on(cells("owner", owner="desk"), cells(owner="Li"))
    assert (whole, whole.assumed) == ({"owner": "Li"}, frozenset())
    whole = carried_on(cells("owner", owner="desk"), cells(stage="A"))
    assert whole.assumed == {"owner"}
