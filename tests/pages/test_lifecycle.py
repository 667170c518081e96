"""The lifecycle on the desk: stages as a chart and as a table, transitions, cohorts and churn, in both languages and of a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx

from tests.api.test_segments import published
from tests.house import House


def test_the_stages_are_there_each_a_link_to_its_customers(house: House, manager: httpx.Client) -> None:
    page = manager.get("/desk/lifecycle").text
    for stage in ("prospect", "loyal", "won-back"):
        assert f'id="s-{stage}"' in page
        assert page.count(f"/desk/lifecycle/customers?stage={stage}&amp;team_id=") == 2
    assert 'style="' not in page
    assert "publishLifecyclePolicy" not in page, "that is the administrators'"
    assert "Nobody has bought anything yet." in page or 'id="c-2' in page


def test_the_past_is_as_it_was_known_then(admin: httpx.Client) -> None:
    page = admin.get("/desk/lifecycle", params={"as_of": "2020-01-31"}).text
    assert 'id="past"' in page
    assert 'id="h-2020-01-01"' in page
    assert "as_of=2020-01-31" in page


def test_customers_of_a_stage_are_listed(admin: httpx.Client) -> None:
    page = admin.get("/desk/lifecycle/customers", params={"stage": "loyal"}).text
    assert "No customer is in this stage." in page
    assert '<option value="loyal" selected>' in page


def test_it_is_said_in_chinese(house: House) -> None:
    chinese = house.browser("auditor")
    chinese.headers["Accept-Language"] = "zh-CN"
    page = chinese.get("/desk/lifecycle").text
    assert "<h1>生命周期</h1>" in page
    assert "潜在客户" in page
    assert "首次成交的客户" in page, "of churn: who bought for the first time, not what was made anew"


def test_a_revisit_is_on_the_list_on_its_page_and_on_the_customer_s(
    house: House, admin: httpx.Client
) -> None:
    made = house.admin.post("/customers", json={"name": "Seen Again"}).json()
    customer = made["answer"]["customer_id"]
    due = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    body = {"customer_id": customer, "due_at": due, "owner_id": str(house.reps["north"])}
    done = house.admin.post("/revisits", json=body).json()
    revisit, after = done["answer"]["revisit_id"], {"after": done["position"]}
    assert house.admin.get("/lifecycle/revisits", params=after).is_success
    for path in ("/desk/revisits", f"/desk/revisits/{revisit}", f"/desk/customers/{customer}", "/desk/today"):
        page = admin.get(path, params=after)
        assert page.status_code == 200, path
        assert "Seen Again" in page.text, path
        assert revisit in page.text, path

    seen = house.admin.post(f"/revisits/{revisit}/record", json={"kind": "call"}).json()
    listed = house.admin.get(
        "/lifecycle/revisits", params={"customer_id": customer, "after": seen["position"]}
    )
    assert listed.json()["items"] == [], "it was made, and is not due any more"


def test_an_offer_is_on_the_list_and_its_page_tells_who_has_taken_it_up(
    house: House, admin: httpx.Client, rep: httpx.Client
) -> None:
    _, segment = published(house, "false")
    today = str(datetime.now(UTC).date())
    body = {
        "name": f"o-{segment}",
        "what": "half the price",
        "segment": segment,
        "since": today,
        "until": today,
    }
    made = house.admin.post("/offers", json=body)
    after = {"after": made.json()["position"]}
    assert house.admin.get(made.headers["Location"], params=after).is_success
    path = f"/desk{made.headers['Location']}"
    listed = admin.get("/desk/offers", params={"segment": segment}).text
    assert f'href="{path}"' in listed
    assert f"<code>{segment}</code>" in listed
    page = rep.get(path).text
    assert "Made to 0 customers, taken up by 0 (–)." in page
    assert "publishOffer" not in page, "that is the administrators'"
    assert f'<option value="{segment}" selected>' in admin.get("/desk/act/publishOffer", params=body).text
    form = admin.get("/desk/act/recordRevisit", params={"revisit_id": str(uuid4())}).text
    assert f'<option value="o-{segment}">half the price</option>' in form, "it is chosen, not typed"
