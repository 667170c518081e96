"""What people chose of notices, over HTTP, and what is told of notices afterwards."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from api.engine.accounts import NewAccount
from api.engine.roles import Role
from domain.notices import CALLED
from tests.house import House, make_account
from tests.noticing import mark_failed, put_notice, token_of

_made = count()


@pytest.fixture
def login(house: House) -> str:
    """Of a fresh account of the rep `north`."""
    name = f"told-{next(_made)}"
    account = NewAccount(name, Role.REP, rep_id=house.reps["north"], email=f"{name}@example.com")
    house.accounts[name] = asyncio.run(make_account(house.settings.database_url, account))
    return name


def choose(house: House, login: str, **body: Any) -> httpx.Response:
    return house.admin.post(f"/accounts/{login}/notifications", json=body)


def chosen(house: House, login: str) -> dict[str, Any]:
    found: dict[str, Any] = house.admin.get(f"/accounts/{login}/notifications").json()
    return found


def told(house: House, login: str) -> dict[str, tuple[str, str]]:
    """By mail and by chat."""
    return {one["what"]: (one["mail"], one["chat"]) for one in chosen(house, login)["told"]}


class TestRules:
    def test_whoever_chose_nothing_is_told_of_everything_by_mail_at_once(
        self, house: House, login: str
    ) -> None:
        found = chosen(house, login)
        assert (found["rules"], found["email"]) == ([], f"{login}@example.com")
        assert (found["quiet_from"], found["working_days"], found["daily_time"]) == (None, False, "08:00")
        assert told(house, login) == dict.fromkeys(CALLED, ("at-once", "off"))

    def test_the_rule_that_names_most_counts(self, house: House, login: str) -> None:
        rules = [("*", "mail", "daily"), ("promise", "mail", "hourly"), ("promise.missed", "mail", "off")]
        rules += [("promise.missed", "chat", "at-once")]
        body = [dict(zip(("what", "channel", "cadence"), rule, strict=True)) for rule in rules]
        assert choose(house, login, rules=body).status_code == 200
        found = told(house, login)
        assert found["promise.missed"] == ("off", "at-once")
        assert found["promise.reminded"] == ("hourly", "off")
        assert found["deal.given"] == ("daily", "off")

    def test_what_is_not_named_stays_and_a_rule_without_a_cadence_is_taken_away(
        self, house: House, login: str
    ) -> None:
        for what, cadence in (("promise", "hourly"), ("cycle", "daily"), ("promise", "off"), ("cycle", None)):
            assert (
                choose(
                    house, login, rules=[{"what": what, "channel": "mail", "cadence": cadence}]
                ).status_code
                == 200
            )
        assert chosen(house, login)["rules"] == [{"what": "promise", "channel": "mail", "cadence": "off"}]

    @pytest.mark.parametrize(
        ("body", "field", "said"),
        [
            ({"rules": [{"what": "promise.kept", "channel": "mail", "cadence": "off"}]}, "rules.0.what", "promise.missed"),
            ({"rules": [{"what": "Promise", "channel": "mail", "cadence": "off"}]}, "rules.0.what", "such as promise.missed"),
            ({"rules": [{"what": "*", "channel": "fax", "cadence": "off"}]}, "rules.0.channel", "mail"),
            ({"rules": [{"what": "*", "channel": "mail", "cadence": "weekly"}]}, "rules.0.cadence", "daily"),
            ({"rules": [{"what": "*", "channel": "mail"}]}, "rules.0.cadence", ""),
            ({"rules": [{"what": "*", "channel": "mail", "cadence": "off"}] * 2}, "rules.1.what", "more than once"),
            ({"quiet_from": "21:00"}, "quiet_until", "say when it ends"),
            ({"quiet_until": "07:00"}, "quiet_from", "say when it begins"),
            ({"quiet_from": "21:00", "quiet_until": "21:00"}, "quiet_until", "another time"),
            ({"quiet_from": "24:00", "quiet_until": "21:00"}, "quiet_from", "time of day"),
            ({"daily_time": "8"}, "daily_time", "time of day"),
            ({"working_days": "perhaps"}, "working_days", ""),
            ({"addresses": []}, "addresses", ""),
            ({"chat_url": "gopher://example.com/x"}, "chat_url", "must begin with one of"),
            ({"chat_url": "https://example.com/hook"}, "chat_url", "not"),
            ({"chat_url": "slack.com/services"}, "chat_url", "must begin with one of"),
            ({"chat_url": "slack://a b c d e f"}, "chat_url", "written to"),
            ({"chat_url": "slack://a\nb"}, "chat_url", "printable"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_is_refused_by_its_field_and_nothing_is_changed(
        self, house: House, login: str, body: dict[str, Any], field: str, said: str
    ) -> None:
        answer = choose(house, login, working_days=True) if "working_days" not in body else None
        assert answer is None or answer.status_code == 200
        before = chosen(house, login)
        refused = choose(house, login, **body)
        assert refused.status_code == 422, refused.text
        assert [one["field"] for one in refused.json()["errors"]] == [field]
        assert said in refused.json()["detail"]
        assert chosen(house, login) == before


class TestTimes:
    def test_quiet_hours_come_together_and_are_taken_away_by_null(self, house: House, login: str) -> None:
        assert choose(house, login, quiet_from="21:00", quiet_until="07:30").status_code == 200
        assert choose(house, login, quiet_until="08:00", daily_time="09:15").status_code == 200
        found = chosen(house, login)
        assert (found["quiet_from"], found["quiet_until"], found["daily_time"]) == ("21:00", "08:00", "09:15")
        assert choose(house, login, quiet_from=None, quiet_until=None, daily_time=None).status_code == 200
        found = chosen(house, login)
        assert (found["quiet_from"], found["quiet_until"], found["daily_time"]) == (None, None, "09:15")

    def test_a_chat_s_address_is_read_back_masked(self, house: House, login: str) -> None:
        secret = "slack://T0KENAAAA/T0KENBBBB/T0KENCCCCwxyz"
        answer = choose(house, login, chat_url=secret)
        assert (answer.status_code, answer.json()["chat_url"]) == (200, "slack://…wxyz")
        assert "T0KEN" not in house.admin.get(f"/accounts/{login}/notifications").text
        assert choose(house, login, daily_time="07:00").json()["chat_url"] == "slack://…wxyz", "it stays"
        assert choose(house, login, chat_url=None).json()["chat_url"] is None

    @pytest.mark.parametrize(
        "url",
        ["ftp://S3CRET/S3CRET", "slack://S3CRET/ S3CRET", "slack://S3CRET\n", "slack://" + "S3CRET" * 500],
    )
    def test_a_refused_address_is_not_said_again(self, house: House, login: str, url: str) -> None:
        refused = choose(house, login, chat_url=url)
        assert refused.status_code == 422
        assert "S3CRET" not in refused.text


class TestWhoMay:
    def test_what_others_chose_is_an_administrators_to_read(self, house: House, login: str) -> None:
        for name in ("north", "north-manager", "auditor"):
            for answer in (
                house.client(name).get(f"/accounts/{login}/notifications"),
                house.client(name).post(f"/accounts/{login}/notifications", json={"working_days": True}),
                house.client(name).get("/account/notifications"),
                house.client(name).post("/account/notifications", json={"working_days": True}),
            ):
                assert answer.status_code == 403, name
        assert chosen(house, login)["working_days"] is False
        assert house.admin.get("/accounts/nobody/notifications").status_code == 404
        assert choose(house, "nobody", working_days=True).status_code == 404


class TestNoMoreMails:
    def test_is_one_click_without_cookie_or_page_and_again_changes_nothing(
        self, house: House, login: str
    ) -> None:
        rules = [("*", "chat", "daily"), ("promise", "mail", "hourly"), ("promise", "chat", "at-once")]
        body = [dict(zip(("what", "channel", "cadence"), rule, strict=True)) for rule in rules]
        choose(house, login, rules=body)
        place = f"{house.base}/desk/unsubscribe/{token_of(house, house.accounts[login])}"
        for _ in range(2):  # as RFC 8058 has it, from a mail provider's machine
            answer = httpx.post(place, data={"List-Unsubscribe": "One-Click"})
            assert answer.status_code == 200
            assert "set-cookie" not in answer.headers
        kept = {(one["what"], one["channel"]): one["cadence"] for one in chosen(house, login)["rules"]}
        assert kept == {("*", "mail"): "off", ("*", "chat"): "daily", ("promise", "chat"): "at-once"}

    def test_looking_at_the_link_changes_nothing(self, house: House, login: str) -> None:
        answer = httpx.get(f"{house.base}/desk/unsubscribe/{token_of(house, house.accounts[login])}")
        assert answer.status_code == 200
        assert answer.text.count("<button") == 1
        assert chosen(house, login)["rules"] == []

    def test_a_link_of_nobody_is_answered_as_anybody_s(self, house: House, login: str) -> None:
        token = token_of(house, house.accounts[login])
        places = [f"{house.base}/desk/unsubscribe/{one}" for one in (token, uuid4(), "x", "%00", "x" * 100)]
        for method in ("GET", "POST"):
            answers = [httpx.request(method, place) for place in places]
            assert {(one.status_code, one.text) for one in answers} == {(200, answers[0].text)}

    def test_it_stops_nobody_else(self, house: House, login: str) -> None:
        httpx.post(f"{house.base}/desk/unsubscribe/{uuid4()}")
        assert chosen(house, login)["rules"] == []

    def test_whoever_tries_and_tries_waits(self, house: House) -> None:
        """The house counts this machine as none: so its own bound is asked."""
        from api.engine.admission import Admission
        from runtime.bounds import Bounds

        admission = Admission(Bounds())
        assert [admission.sign_in.take("203.0.113.7") > 0 for _ in range(201)] == [False] * 200 + [True]


class TestNotices:
    def test_a_deal_tells_to_whom_when_by_which_channel_why_and_what_became_of_it(
        self, house: House, login: str, deal: UUID
    ) -> None:
        position = house.position
        put_notice(house, house.accounts[login], position, deal_id=deal)
        put_notice(house, house.accounts[login], position + 1, deal_id=deal, kind="promise.escalated", channel="chat",
                   state="dropped", reason="kept", tries=0)  # fmt: skip
        for name in ("north", "north2", "north-manager", "auditor", "admin"):
            answer = house.client(name).get(f"/deals/{deal}/notices", params={"after": position})
            assert answer.status_code == 200, name
            found = answer.json()["items"]
            shown = [(one["to"], one["to_name"], one["kind"], one["channel"], one["state"]) for one in found]
            assert shown == [
                (login, "Rep north", "promise.escalated", "chat", "dropped"),
                (login, "Rep north", "promise.missed", "mail", "sent"),
            ]
            assert [one["reason"] for one in found] == ["kept", None]
            assert found[1]["settled_at"] == "2026-11-30T01:00:02Z"
        assert "@" not in answer.text, "no address"
        assert str(house.accounts[login]) not in answer.text

    def test_whoever_is_no_rep_has_the_name_of_the_account(self, house: House, deal: UUID) -> None:
        position = house.position
        for ahead, called in enumerate(("Levi Ivers", "")):
            account = NewAccount(
                f"named-{next(_made)}", Role.MANAGER, team_id=house.teams["north"], name=called
            )
            made = asyncio.run(make_account(house.settings.database_url, account))
            put_notice(house, made, position + ahead, deal_id=deal)
        found = house.admin.get(f"/deals/{deal}/notices", params={"after": position}).json()["items"]
        assert [one["to_name"] for one in found[:2]] == [None, "Levi Ivers"]

    def test_notices_of_another_team_s_deal_are_not_there(self, house: House, deal: UUID) -> None:
        for name in ("south", "south-manager"):
            asked = {"after": house.position}
            assert house.client(name).get(f"/deals/{deal}/notices", params=asked).status_code == 404
        assert house.admin.get(f"/deals/{uuid4()}/notices").status_code == 404

    def test_of_everybody_pages_are_whole_and_narrowed_down(self, house: House, login: str) -> None:
        account = house.accounts[login]
        for position in range(1, 6):
            put_notice(house, account, position, state="failed", reason="smtp-550", tries=12)
            put_notice(house, account, position, channel="chat")
        put_notice(
            house,
            account,
            6,
            kind="read-model.stopped",
            detail="deal_board",
            state="waiting",
            settled_at=None,
        )
        asked: dict[str, Any] = {"login": login, "state": "failed", "limit": 2}
        found: list[int] = []
        cursor = None
        while True:
            page = (
                house.client("auditor")
                .get("/notices", params={**asked, **({"cursor": cursor} if cursor else {})})
                .json()
            )
            found += [one["position"] for one in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert found == [5, 4, 3, 2, 1]

        def listed(**more: str) -> set[tuple[int, str]]:
            items = house.admin.get("/notices", params={"login": login, **more}).json()["items"]
            return {(one["position"], one["channel"]) for one in items}

        assert listed(kind="read-model") == listed(kind="read-model.stopped") == {(6, "mail")}
        assert listed(channel="chat") == {(n, "chat") for n in range(1, 6)}
        assert listed(login="nobody") == set()

    def test_of_everybody_are_for_those_who_look_after_the_system(self, house: House) -> None:
        for name in ("north", "north-manager"):
            assert house.client(name).get("/notices").status_code == 403
        refused = house.admin.get("/notices", params={"state": "lost"})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "query.state")
        assert house.admin.get("/notices", params={"cursor": "WzFd"}).status_code == 422


class TestAddressesThatTakeNothing:
    def test_one_is_reported_told_of_and_tried_again(self, house: House, login: str) -> None:
        place = f"/accounts/{login}"
        body = {"channel": "mail", "code": "bounced", "reason": "a mail came back"}
        for recorded in (1, 0):
            answer = house.admin.post(f"{place}/address-failed", json=body)
            assert (answer.status_code, answer.json()["recorded"]) == (200, recorded), answer.text
        mark_failed(house, house.accounts[login])
        (one,) = chosen(house, login)["failing"]
        assert (one["channel"], one["code"]) == ("mail", "bounced")
        for name in ("auditor", "admin"):
            found = house.client(name).get("/notices/failing").json()["addresses"]
            assert [(one["login"], one["channel"]) for one in found if one["login"] == login] == [
                (login, "mail")
            ]
            assert "@" not in str(found), "no address"
        assert house.client("north").get("/notices/failing").status_code == 403
        assert house.admin.post(f"{place}/address-restored", json={}).json()["recorded"] == 1
        assert chosen(house, login)["failing"] == [], "before the table has it"

    def test_one_that_is_another_by_now_is_none_of_them(self, house: House, login: str) -> None:
        place = f"/accounts/{login}"
        assert house.admin.post(f"{place}/address-failed", json={}).status_code == 200
        mark_failed(house, house.accounts[login])
        assert [one["channel"] for one in chosen(house, login)["failing"]] == ["mail"]
        assert house.admin.post(f"{place}/email", json={"email": f"{login}@example.org"}).status_code == 204
        assert chosen(house, login)["failing"] == []
        found = house.admin.get("/notices/failing").json()["addresses"]
        assert login not in [one["login"] for one in found]

    def test_neither_the_event_nor_a_code_holds_an_address(self, house: House, login: str) -> None:
        refused = house.admin.post(f"/accounts/{login}/address-failed", json={"code": "told@example.com"})
        assert refused.status_code == 422
        assert "such as bounced" in refused.json()["detail"]
        done = house.admin.post(f"/accounts/{login}/address-failed", json={"channel": "chat"}).json()
        (event,) = house.admin.get("/events", params={"after": done["position"] - 1, "limit": 1}).json()[
            "events"
        ]
        assert (event["topic"], event["data"]["login"], event["data"]["channel"]) == (
            "recipient.address-failed",
            login,
            "chat",
        )
        assert "@" not in str(event)

    def test_they_are_an_administrators_to_report(self, house: House, login: str) -> None:
        for name in ("north", "north-manager", "auditor"):
            for what in ("address-failed", "address-restored"):
                assert house.client(name).post(f"/accounts/{login}/{what}", json={}).status_code == 403
        assert house.admin.post("/accounts/nobody/address-failed", json={}).status_code == 404
