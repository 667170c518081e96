"""A company in Los Angeles over HTTP: what happened on the last evening of a month there counts in that month."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import httpx
import pytest

from tests.house import House, opened

VISIT = {"activity": {"kind": "visit"}, "occurred_at": "2026-10-31T10:00:00-07:00"}


@pytest.fixture(scope="module")
def western(
    new_database: Callable[[], AbstractContextManager[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    with new_database() as url, opened(url, tmp_path_factory.mktemp("data")) as made:
        policy = {"name": "default", "calendar": {"timezone": "America/Los_Angeles"}}
        assert made.admin.post("/cycle-policies", json=policy).status_code == 201
        yield made


def told(answer: httpx.Response) -> Any:
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def test_a_visit_counts_in_the_companys_month_in_figures_attainment_funnel_and_outcomes(
    western: House,
) -> None:
    deal = western.open_deal(occurred_at="2026-10-20T10:00:00-07:00")
    target = {
        "metric": "activities:visit",
        "number": "1",
        "unit": "count",
        "scope": {"kind": "company"},
        "period": "2026-10",
        "owner_id": str(western.reps["north"]),
        "achievable": "as last year",
        "relevant": "pays the rent",
    }
    aim = told(western.admin.post("/targets", json=target))["answer"]["target_id"]
    told(western.admin.post(f"/deals/{deal}/activities", json=VISIT))
    moved = {"to": "contact", "occurred_at": VISIT["occurred_at"]}
    position = told(western.admin.post(f"/deals/{deal}/stage", json=moved))["position"]

    def read(path: str, **asked: Any) -> Any:
        return told(western.admin.get(path, params={"after": position, **asked}))

    months = {"2026-10": ("2026-10-01", "2026-10-31"), "2026-11": ("2026-11-01", "2026-11-30")}
    expected = {"2026-10": 1, "2026-11": 0}
    for month, (since, until) in months.items():
        figure = read("/figures", metric="activities:visit", scope="company", period=month)
        assert float(figure["figure"] or 0) == expected[month], figure
        stages = {one["stage"]: one for one in read("/funnel", since=since, until=until)["stages"]}
        assert stages["identify"]["left"] == expected[month]
    (line,) = read(f"/targets/{aim}/attainment", since="2026-10-31", until="2026-10-31")["days"]
    assert float(line["actual"]) == 1
