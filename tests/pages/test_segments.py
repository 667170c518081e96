"""Segments as pages: what there is, who is in one, and a rule that is tried and published."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import httpx

from tests.api.test_segments import customer, told, turn
from tests.house import House


def test_a_rule_is_tried_and_published_and_its_members_are_shown(
    house: House, admin: httpx.Client, rep: httpx.Client, post_act: Callable[..., httpx.Response]
) -> None:
    sector = uuid4().hex
    id = customer(house, sector)
    page = admin.get("/desk/segments/try", params={"rule": "sectr == 'x'"})
    assert "did you mean sector?" in page.text
    rule = f"sector == '{sector}'"
    tried = admin.get("/desk/segments/try", params={"rule": rule, "name": "new", "after": house.position})
    assert f'href="/desk/customers/{id}"' in tried.text
    assert "1 customers would be in: 1 enter, 0 leave." in tried.text
    assert rep.get("/desk/segments/try").status_code == 403

    name = f"s-{uuid4().hex[:12]}"
    done = post_act(admin, "publishSegment", {}, name=name, rule=rule, label="Steel makers")
    assert done.status_code in (204, 303), done.text
    after = turn(house, name, datetime.now(UTC), id)
    (found,) = told(house.admin.get("/segments", params={"name": name, "after": after}))["items"]
    segment = found["segment_id"]
    assert "Steel makers" in rep.get("/desk/segments", params={"after": after}).text
    shown = rep.get(f"/desk/segments/{segment}", params={"after": after}).text
    assert f'href="/desk/customers/{id}"' in shown
    assert f"segment:{name}" in shown
    assert (
        "Nobody that you may see." in rep.get(f"/desk/segments/{segment}", params={"on": "2020-01-01"}).text
    )
    assert "Steel" in rep.get(f"/desk/customers/{id}", params={"after": after}).text
