"""What administrators do in the browser."""

from __future__ import annotations

import time
from pathlib import Path

import httpx

from runtime.imports.generate import generate
from tests.conftest import PATIENCE
from tests.house import House
from tests.pages.conftest import hidden
from tests.pages.sent import Sent

DEALS = b"opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value\n"


def send(admin: httpx.Client, path: str, **typed: str) -> httpx.Response:
    token = hidden(admin.get(path).text, "csrf")
    return admin.post(path, data={"csrf": token, **typed})


class TestAccounts:
    def test_one_is_made_with_a_link_that_is_shown_once(self, house: House, admin: httpx.Client) -> None:
        answer = send(
            admin, "/desk/admin/accounts", login="li-wei", role="rep", rep_id=str(house.reps["north"])
        )
        assert answer.status_code == 200
        link = answer.text.partition('<code class="secret">')[2].partition("<")[0]
        assert httpx.get(link, headers={"Accept": "text/html"}).status_code == 200
        assert link not in admin.get("/desk/admin/accounts").text

    def test_one_for_nobody_says_what_is_missing(self, admin: httpx.Client) -> None:
        answer = send(admin, "/desk/admin/accounts", login="nobody", role="rep")
        assert answer.status_code == 422
        assert "rep_id" in answer.text
        assert 'value="nobody"' in answer.text, "what was typed stays"

    def test_an_address_is_changed_and_one_that_is_taken_is_refused(
        self, house: House, admin: httpx.Client
    ) -> None:
        for login in ("mail-1", "mail-2"):
            body = {"login": login, "role": "auditor", "email": f"{login}@example.com"}
            assert house.admin.post("/accounts", json=body).status_code == 201
        page = "/desk/admin/accounts"
        token = hidden(admin.get(page).text, "csrf")
        taken = admin.post(f"{page}/mail-2/email", data={"csrf": token, "email": "mail-1@example.com"})
        assert (taken.status_code, "there is an account with it already" in taken.text) == (409, True)
        assert "field wrong" not in taken.text, "a new account has no mistake"
        moved = admin.post(f"{page}/mail-2/email", data={"csrf": token, "email": "mail-3@example.com"})
        assert moved.status_code == 303
        assert "mail-3@example.com" in admin.get(page).text
        assert admin.post(f"{page}/mail-2/email", data={"csrf": token, "email": ""}).status_code == 303
        assert "mail-3@example.com" not in admin.get(page).text

    def test_a_disabled_one_is_let_in_again(self, house: House, admin: httpx.Client) -> None:
        south = house.browser("south")
        token = hidden(admin.get("/desk/admin/accounts").text, "csrf")
        for act, seen in (("disable", 303), ("enable", 200)):
            answer = admin.post(f"/desk/admin/accounts/desk-south/{act}", data={"csrf": token})
            assert answer.status_code == 303, answer.text
            if act == "disable":
                assert south.get("/desk/board").status_code == seen
        assert house.browser("south").get("/desk/board").status_code == 200


class TestKeys:
    def test_one_is_made_shown_once_and_revoked(self, house: House, admin: httpx.Client) -> None:
        answer = send(admin, "/desk/admin/keys", user_id="u-sync", role="auditor", label="sync")
        token = answer.text.partition('<code class="secret">')[2].partition("<")[0]
        asked = {"Authorization": f"Bearer {token}"}
        assert httpx.get(f"{house.base}/policies", headers=asked).status_code == 200
        page = admin.get("/desk/admin/keys").text
        assert token not in page
        id = token.split("_")[1]
        revoked = admin.post(f"/desk/admin/keys/{id}/revoke", data={"csrf": hidden(page, "csrf")})
        assert revoked.status_code == 303
        assert httpx.get(f"{house.base}/policies", headers=asked).status_code == 401


class TestWebhooks:
    URL = "https://93.184.215.14/hook"

    def made(self, admin: httpx.Client, **typed: str) -> str:
        answer = send(admin, "/desk/admin/webhooks", name="warehouse", url=self.URL, **typed)
        assert answer.status_code == 200, answer.text
        return answer.text.partition('<a href="/desk/admin/webhooks/')[2].partition('"')[0]

    def test_an_endpoint_is_made_with_a_secret_that_is_shown_once(self, admin: httpx.Client) -> None:
        answer = send(admin, "/desk/admin/webhooks", name="lake", url=self.URL, topics="deal.won, promise")
        secret = answer.text.partition('<code class="secret">')[2].partition("<")[0]
        assert secret.startswith("whsec_")
        id = answer.text.partition('<a href="/desk/admin/webhooks/')[2].partition('"')[0]
        for path in ("/desk/admin/webhooks", f"/desk/admin/webhooks/{id}"):
            page = admin.get(path).text
            assert "lake" in page
            assert secret not in page
        assert "deal.won, promise" in admin.get(f"/desk/admin/webhooks/{id}").text

    def test_what_is_wrong_is_said_and_what_was_typed_stays(self, admin: httpx.Client) -> None:
        answer = send(
            admin, "/desk/admin/webhooks", name="lake", url="https://10.0.0.1/", topics="deal.dreamt-of"
        )
        assert answer.status_code == 422
        assert "deal.dreamt-of" in answer.text
        answer = send(admin, "/desk/admin/webhooks", name="lake", url="https://10.0.0.1/")
        assert "SALESLOOP_WEBHOOK_NETWORKS" in answer.text
        assert 'value="https://10.0.0.1/"' in answer.text

    def test_it_is_paused_resumed_replayed_rotated_and_deleted(self, admin: httpx.Client) -> None:
        place = f"/desk/admin/webhooks/{self.made(admin)}"

        def done(act: str, **typed: str) -> httpx.Response:
            token = hidden(admin.get(place).text, "csrf")
            return admin.post(f"{place}/{act}", data={"csrf": token, **typed})

        assert done("pause").status_code == 303
        assert f"{place}/resume" in admin.get(place).text
        assert done("resume").status_code == 303
        assert done("replay", after="0").status_code == 303
        assert done("replay", after="999999999").status_code == 422
        assert 'class="secret">whsec_' in done("rotate").text
        assert done("delete").status_code == 303
        assert admin.get(place).status_code == 404

    def test_it_is_an_administrator_s(self, house: House) -> None:
        assert house.browser("north-manager").get("/desk/admin/webhooks").status_code == 403


class TestImports:
    def test_a_file_is_taken_and_followed(self, admin: httpx.Client) -> None:
        token = hidden(admin.get("/desk/admin/imports").text, "csrf")
        files = [("files", ("sales_pipeline.csv", DEALS, "text/csv"))]
        answer = admin.post(
            "/desk/admin/imports", data={"csrf": token, "mapping": "crm_export", "dry_run": "on"}, files=files
        )
        assert answer.status_code in (303, 422), answer.text
        if answer.status_code == 303:
            assert admin.get(answer.headers["location"]).status_code == 200
        else:
            assert 'role="alert"' in answer.text

    def test_an_import_is_undone_once_one_has_seen_what_that_would_do(
        self, house: House, admin: httpx.Client, tmp_path: Path
    ) -> None:
        generate(tmp_path, deals=3, seed=41)
        files = [("files", (path.name, path.read_bytes(), "text/csv")) for path in sorted(tmp_path.iterdir())]
        typed = {"csrf": hidden(admin.get("/desk/admin/imports").text, "csrf"), "mapping": "crm_export"}
        place = self.ended(admin, admin.post("/desk/admin/imports", data=typed, files=files))
        assert f'action="{place}/undo"' in admin.get(place).text
        typed = {"csrf": hidden(admin.get(place).text, "csrf")}
        seen = self.ended(admin, admin.post(f"{place}/undo", data={**typed, "dry_run": "on"}))
        page = admin.get(seen).text
        assert "What would be undone" in page
        assert 'name="reason"' in page
        refused = admin.post(f"{place}/undo", data={**typed, "shown": seen.rpartition("/")[2]})
        assert (refused.status_code, 'role="alert"' in refused.text) == (422, True)
        done = self.ended(admin, admin.post(f"{place}/undo", data={**typed, "reason": "the wrong year"}))
        assert "What was undone" in admin.get(done).text
        assert done in admin.get(place).text

    def ended(self, admin: httpx.Client, answer: httpx.Response) -> str:
        """The page of the job, once it has come to its end."""
        assert answer.status_code == 303, answer.text
        place = answer.headers["location"]
        deadline = time.monotonic() + PATIENCE
        while "<progress" in admin.get(place).text:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return place

    def test_nothing_is_read_of_what_a_rep_sends(self, rep: httpx.Client) -> None:
        files = [("files", ("sales_pipeline.csv", DEALS * 1_000, "text/csv"))]
        assert rep.post("/desk/admin/imports", data={"mapping": "crm_export"}, files=files).status_code == 403


def test_read_models_are_shown_with_their_positions(admin: httpx.Client) -> None:
    page = admin.get("/desk/admin/read-models").text
    assert "deal_board" in page
    assert "agenda" in page


def test_rules_are_published_whole(house: House, admin: httpx.Client) -> None:
    form = Sent(admin.get("/desk/act/publishPolicy").text)
    form.fill({"name": "browser", "calendar.country": "CN", "calendar.years": "2027", "due_after": "2bd"})
    answer = form.press(admin)
    assert answer.status_code == 303, answer.text
    after = answer.headers["location"].rpartition("after=")[2]
    assert house.admin.get("/policies/browser", params={"after": after}).status_code == 200
