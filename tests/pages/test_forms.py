"""Any act of the tables as a form: what it asks for, what a refusal says beside it, and who gets one."""

from __future__ import annotations

import html
from collections.abc import Callable
from urllib.parse import parse_qsl
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest

from api.engine.roles import Role
from api.pages.engine import rows
from api.pages.engine.control import Control
from api.pages.engine.forms import controls_of
from api.pages.engine.table import acts
from api.pages.engine.typed import Mistyped, body_of
from api.pages.merging import UNMERGE
from tests.house import House
from tests.pages.conftest import hidden

Post = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def on_record(house: House) -> dict[str, str]:
    """What a form that shows all that is known is never opened without."""
    customer = house.admin.post("/customers", json={"name": "Known Forms"}).json()["answer"]["customer_id"]
    contact = house.admin.post(f"/customers/{customer}/contacts", json={"name": "Ms Known"}).json()["answer"]
    return {"customer_id": customer, "contact_id": contact["contact_id"]}


class TestEveryAct:
    @pytest.mark.parametrize("operation", sorted(acts()))
    def test_has_a_form_with_a_control_for_every_field(
        self, admin: httpx.Client, on_record: dict[str, str], operation: str
    ) -> None:
        act = acts()[operation]
        ids = {name: on_record.get(name, str(UUID(int=7))) for name in act.ids}
        answer = admin.get(f"/desk/act/{operation}", params=ids)
        if Role.ADMIN not in act.roles:
            assert answer.status_code == 404
            return
        assert answer.status_code == 200, answer.text
        if operation == UNMERGE:  # it asks for what there is: tests/pages/test_merging.py
            return
        for control in (one for one in rows.grown(controls_of(act), {}) if one.kind != "declared"):
            assert f'id="{control.id}"' in answer.text, control.name

    def test_is_nothing_to_auditors(self, auditor: httpx.Client) -> None:
        assert auditor.get("/desk/act/openDeal").status_code == 403
        assert "/desk/act/" not in auditor.get("/desk/board").text

    def test_of_a_leader_is_nothing_to_a_rep(self, rep: httpx.Client) -> None:
        assert rep.get("/desk/act/publishPolicy").status_code == 404


class TestAFormThatIsOpened:
    def test_has_what_is_most_often_meant(self, rep: httpx.Client, deal: UUID) -> None:
        touch = rep.get("/desk/act/logActivity", params={"deal_id": str(deal)}).text
        assert '<option value="call" selected>' in touch
        given = {"deal_id": str(deal), "activity.kind": "demonstration"}
        asked = rep.get("/desk/act/logActivity", params=given).text
        assert '<option value="demonstration" selected>' in asked
        assert '<option value="call" selected>' not in asked

    def test_says_how_a_period_is_written_and_offers_units(self, manager: httpx.Client) -> None:
        form = manager.get("/desk/act/proposeTarget").text
        assert "2027-Q1" in form
        assert '<option value="ratio">' in form


class TestWhatIsTyped:
    def test_becomes_the_command_and_the_page_of_what_was_made(
        self, house: House, rep: httpx.Client, post_act: Post
    ) -> None:
        answer = post_act(
            rep, "openDeal", {}, title="Pumps", **{"amount.amount": "12,000.50", "amount.currency": "cny"}
        )
        assert answer.status_code == 303, answer.text
        path, _, after = answer.headers["location"].removeprefix("/desk").partition("?")
        made = house.client("north").get(f"{path}?{after}").json()
        assert (made["title"], made["amount"], made["currency"]) == ("Pumps", "12000.50", "CNY")
        assert made["owner_id"] == str(house.reps["north"]), "a rep's own"
        history = house.client("north").get(f"{path}/history?{after}").json()
        assert {event["channel"] for event in history["items"] if event["who_kind"] == "user"} == {"web"}

    def test_wrongly_comes_back_with_what_is_wrong_beside_the_field(
        self, rep: httpx.Client, post_act: Post
    ) -> None:
        answer = post_act(
            rep, "openDeal", {}, title=" ", **{"amount.amount": "many", "amount.currency": "CNY"}
        )
        assert answer.status_code == 422
        assert "is needed" in answer.text
        assert 'value="many"' in answer.text, "nothing typed is lost"

    def test_twice_is_done_once(self, house: House, rep: httpx.Client) -> None:
        form = rep.get("/desk/act/openDeal").text
        typed = {"csrf": hidden(form, "csrf"), "key": hidden(form, "key"), "title": "Once"}
        first, second = (rep.post("/desk/act/openDeal", data=typed).headers["location"] for _ in range(2))
        assert first == second

    def test_at_a_time_is_on_the_persons_own_clock(self) -> None:
        controls = controls_of(acts()["promiseNext"])
        typed = {"next_step.what": "call", "next_step.due_at": "2026-12-01T09:00"}
        body = body_of(controls, typed, ZoneInfo("Asia/Shanghai"))
        assert body == {"next_step": {"what": "call", "due_at": "2026-12-01T09:00:00+08:00"}}

    def test_with_an_offset_is_at_that_time(self) -> None:
        controls = controls_of(acts()["promiseNext"])
        typed = {"next_step.due_at": "2026-12-01T09:00Z"}
        assert body_of(controls, typed, ZoneInfo("Asia/Shanghai")) == {
            "next_step": {"due_at": "2026-12-01T09:00:00+00:00"}
        }

    def test_a_box_that_is_left_empty_makes_no_value_that_it_is_a_part_of(self) -> None:
        controls = controls_of(acts()["takeDecision"])
        typed = {"choice": "go on", "change.as_share.shown": "1"}
        assert body_of(controls, typed, ZoneInfo("UTC")) == {"choice": "go on"}

    @pytest.mark.parametrize(
        ("typed", "read"),
        [({"upheld": "yes"}, {"upheld": True}), ({"upheld": "no"}, {"upheld": False}), ({}, {})],
    )
    def test_what_is_decided_one_way_or_the_other_is_never_decided_by_saying_nothing(
        self, typed: dict[str, str], read: dict[str, bool]
    ) -> None:
        assert body_of(controls_of(acts()["decideAppeal"]), typed, ZoneInfo("UTC")) == read

    @pytest.mark.parametrize(
        ("typed", "read"),
        [("1,234,567.50", "1234567.50"), ("12 000", "12000"), ("12,5", "12,5"), ("1.234,56", "1.234,56")],
    )
    def test_a_comma_of_decimals_is_never_taken_for_thousands(self, typed: str, read: str) -> None:
        controls = controls_of(acts()["changeAmount"])
        body = body_of(controls, {"amount.amount": typed, "amount.currency": "cny"}, ZoneInfo("UTC"))
        assert body == {"amount": {"amount": read, "currency": "CNY"}}


class TestARefusal:
    def test_of_a_gate_names_what_is_missing_and_the_way_there(
        self, rep: httpx.Client, deal: UUID, post_act: Post
    ) -> None:
        answer = post_act(rep, "moveStage", {"deal_id": str(deal)}, to="solution")
        assert answer.status_code == 409
        assert "pain points" in answer.text
        assert "/desk/act/recordNeeds" in answer.text
        asking = html.unescape(answer.text).split("/desk/act/requestOverride?")[1].split('"')[0]
        assert {"deal_id": str(deal), "to": "solution"}.items() <= dict(parse_qsl(asking)).items()

    def test_of_what_changed_meanwhile_shows_what_was_done(
        self, house: House, rep: httpx.Client, deal: UUID, post_act: Post
    ) -> None:
        amount = {"amount": {"amount": "5", "currency": "CNY"}}
        position = house.admin.post(f"/deals/{deal}/amount", json=amount).json()["position"]
        house.admin.get(f"/deals/{deal}/history", params={"after": position})
        answer = post_act(rep, "moveStage", {"deal_id": str(deal), "version": "1"}, to="contact")
        assert answer.status_code == 412
        assert "What happened last" in answer.text
        assert post_act(rep, "moveStage", {"deal_id": str(deal)}, to="contact").status_code == 303

    def test_of_a_mistyped_field_keeps_what_was_seen(
        self, house: House, rep: httpx.Client, deal: UUID, post_act: Post
    ) -> None:
        amount = {"amount.amount": "many", "amount.currency": "CNY"}
        answer = post_act(rep, "changeAmount", {"deal_id": str(deal), "version": "1"}, **amount)
        assert answer.status_code == 422
        assert hidden(answer.text, "version") == "1"

    def test_of_what_changed_meanwhile_is_sent_again_on_what_was_shown(
        self, house: House, rep: httpx.Client, deal: UUID, post_act: Post
    ) -> None:
        for number in ("5", "6"):
            amount = {"amount": {"amount": number, "currency": "CNY"}}
            receipt = house.admin.post(f"/deals/{deal}/amount", json=amount).json()
        house.admin.get(f"/deals/{deal}/history", params={"after": receipt["position"]})
        typed = {"amount.amount": "7", "amount.currency": "CNY"}
        answer = post_act(rep, "changeAmount", {"deal_id": str(deal), "version": "1", "key": ""}, **typed)
        assert answer.status_code == 412
        assert hidden(answer.text, "version") == str(receipt["version"])
        assert len(hidden(answer.text, "key")) == 32

    def test_of_anothers_deal_is_as_if_it_were_not_there(
        self, house: House, deal: UUID, post_act: Post
    ) -> None:
        south = house.browser("south")
        assert post_act(south, "moveStage", {"deal_id": str(deal)}, to="contact").status_code == 404


@pytest.fixture(scope="module")
def known(house: House) -> dict[str, str]:
    names, client = (
        ("Quillfeather Mills", "Quillfeather Yards", "Quillfeather", "Umbra Kilns"),
        house.admin,
    )
    made = {}
    for name in names:
        answer = client.post("/customers", json={"name": name})
        assert answer.status_code == 201, answer.text
        made[name] = answer.headers["location"].removeprefix("/customers/")
        after = answer.json()["position"]
    client.get("/search", params={"text": "Umbra", "after": after}).raise_for_status()
    return made


class TestANameThatIsTyped:
    """Without a script that chooses: the server finds who is meant."""

    def made(self, house: House, answer: httpx.Response) -> str:
        assert answer.status_code == 303, answer.text
        path, _, after = answer.headers["location"].removeprefix("/desk").partition("?")
        return str(house.client("north").get(f"{path}?{after}").json()["customer_id"])

    @pytest.mark.parametrize(
        ("typed", "meant"), [("umbra", "Umbra Kilns"), (" quillfeather ", "Quillfeather")]
    )
    def test_is_taken_where_it_is_one_ones(
        self, house: House, rep: httpx.Client, post_act: Post, known: dict[str, str], typed: str, meant: str
    ) -> None:
        given = {"customer_id": "", "customer_id.was": "", "customer_id.shown": typed}
        assert self.made(house, post_act(rep, "openDeal", given, title="Kilns")) == known[meant]

    def test_is_asked_about_where_it_is_of_several_and_nothing_typed_is_lost(
        self, house: House, rep: httpx.Client, post_act: Post, known: dict[str, str]
    ) -> None:
        given = {"customer_id": "", "customer_id.was": "", "customer_id.shown": "quillf"}
        asked = post_act(rep, "openDeal", given, title="Kept as typed")
        assert asked.status_code == 422
        assert 'value="Kept as typed"' in asked.text
        assert "choose one of those" in asked.text
        for name in ("Quillfeather Mills", "Quillfeather Yards"):
            assert f'<option value="{known[name]}">{name}</option>' in asked.text
        was = hidden(asked.text, "customer_id.was")
        chosen = {
            "customer_id": known["Quillfeather Yards"],
            "customer_id.was": was,
            "customer_id.shown": was,
        }
        assert self.made(house, post_act(rep, "openDeal", chosen, title="x")) == known["Quillfeather Yards"]

    def test_counts_and_not_what_was_filled_in_before(
        self, house: House, rep: httpx.Client, post_act: Post, known: dict[str, str]
    ) -> None:
        before = {"customer_id": known["Umbra Kilns"], "customer_id.was": "Umbra Kilns"}
        other = before | {"customer_id.shown": "Quillfeather Mills"}
        assert self.made(house, post_act(rep, "openDeal", other, title="x")) == known["Quillfeather Mills"]
        emptied = post_act(rep, "openDeal", before | {"customer_id.shown": ""}, title="x")
        assert self.made(house, emptied) == "None"


class TestWhatIsNoAnswer:
    """Of no control of ours, or of a browser without its script: it is said in the form, and nothing typed is lost."""

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"customer_id": "Alder"}, "is no id such as"),
            ({"customer_id": "00000000-0000-0000-0000-000000000007/contacts"}, "is no id such as"),
            ({"customer_id": "", "customer_id.shown": "Zebedee"}, "nothing of that name is found"),
            ({"key": "\u5ba2"}, "Idempotency-Key"),
            ({"version": "\u5ba2"}, "is no version of ours"),
        ],
    )
    def test_comes_back_with_what_was_typed(
        self, rep: httpx.Client, post_act: Post, given: dict[str, str], said: str
    ) -> None:
        answer = post_act(rep, "openDeal", {}, title="Kept as typed", **given)
        assert answer.status_code in (412, 422), answer.text
        assert 'value="Kept as typed"' in answer.text
        assert said in answer.text

    @pytest.mark.parametrize("operation", ["moveStage", "recordNeeds"])
    def test_about_what_is_no_id_is_a_form_all_the_same(
        self, rep: httpx.Client, deal: UUID, operation: str
    ) -> None:
        for about in ("none", f"{deal}/history"):
            assert rep.get(f"/desk/act/{operation}", params={"deal_id": about}).status_code == 200

    def test_as_the_way_back_is_written_as_an_address(
        self, rep: httpx.Client, deal: UUID, post_act: Post
    ) -> None:
        amount = {"amount.amount": "8", "amount.currency": "CNY"}
        answer = post_act(rep, "changeAmount", {"deal_id": str(deal), "next": "/desk/\u5ba2?q=%41"}, **amount)
        assert answer.headers["location"].startswith("/desk/%E5%AE%A2?q=%41&after=")

    def test_in_another_encoding_is_not_read(self, rep: httpx.Client) -> None:
        kind = "multipart/form-data; boundary=x; charset=unicode_escape"
        body = b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n\\ud800\r\n--x--\r\n'
        for address in ("/desk/act/openDeal", "/sign-in", "/sign-out"):
            answer = rep.post(address, content=body, headers={"Content-Type": kind})
            assert answer.status_code == 415, address


@pytest.mark.parametrize("after", ["\u5ba2", "\U0001f600", "\uff11"])
def test_a_page_after_what_is_no_position_is_refused(rep: httpx.Client, after: str) -> None:
    assert rep.get("/desk/deals", params={"after": after}).status_code == 422


class TestAFormFromElsewhere:
    def test_without_the_sessions_token_changes_nothing(
        self, house: House, rep: httpx.Client, deal: UUID
    ) -> None:
        before = house.admin.get(f"/deals/{deal}", params={"after": house.position}).json()["version"]
        answer = rep.post("/desk/act/moveStage", data={"deal_id": str(deal), "to": "contact"})
        assert answer.status_code == 403
        assert house.admin.get(f"/deals/{deal}").json()["version"] == before

    def test_goes_back_to_no_other_place(self, rep: httpx.Client, deal: UUID, post_act: Post) -> None:
        given = {"deal_id": str(deal), "next": "https://elsewhere.example/"}
        answer = post_act(rep, "changeAmount", given, **{"amount.amount": "7", "amount.currency": "CNY"})
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/desk")


def test_a_time_that_the_clocks_skip_is_refused_and_of_one_that_comes_twice_it_is_the_first() -> None:
    (due,) = (Control("due_at", "due at", "moment"),)
    berlin = ZoneInfo("Europe/Berlin")
    with pytest.raises(Mistyped, match="put forward") as refused:
        body_of((due,), {"due_at": "2026-03-29T02:30"}, berlin)
    assert refused.value.name == "due_at"
    assert body_of((due,), {"due_at": "2026-03-29T03:00"}, berlin) == {"due_at": "2026-03-29T03:00:00+02:00"}
    assert body_of((due,), {"due_at": "2026-10-25T02:30"}, berlin) == {"due_at": "2026-10-25T02:30:00+02:00"}
