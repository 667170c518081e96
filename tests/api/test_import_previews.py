"""Another system's files over HTTP: looked at, answered, and imported as they were understood."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.api.test_imports import ended
from tests.house import House
from tests.imports import vendor_files as made

Json = dict[str, Any]
PREVIEWS = "/imports/previews"


@pytest.fixture(scope="module")
def house(house_of_the_module: House) -> House:
    return house_of_the_module


def looked_at(house: House, paths: list[Path], **query: str) -> Json:
    files = [("files", (path.name, path.read_bytes(), "text/csv")) for path in paths]
    answer = house.admin.post(PREVIEWS, params=query, files=files)
    assert answer.status_code == 201, answer.text
    assert house.admin.get(answer.headers["location"]).json() == answer.json()
    found: Json = answer.json()
    return found


def test_a_look_records_nothing_and_the_import_is_what_was_understood(house: House, tmp_path: Path) -> None:
    found = looked_at(house, made.zoho_export(tmp_path))
    assert (found["vendor"], found["questions"]) == ("zoho", [])
    assert {"header": "Type", "filled": 4} in [one for file in found["files"] for one in file["left_out"]]
    assert house.admin.get("/imports").json()["imports"] == []
    assert found in house.admin.get(PREVIEWS).json()["previews"]
    here = f"{PREVIEWS}/{found['preview_id']}"
    told = house.admin.post(f"{here}/answers", json={"settings": {"timezone": "Europe/Berlin"}}).json()
    assert told["answers"]["settings"] == {"timezone": "Europe/Berlin"}
    rehearsed = ended(house, house.admin.post(f"{here}/start", json={"dry_run": True}))
    job = ended(house, house.admin.post(f"{here}/start", json={}))
    assert (job["state"], job["refused"], job["accepted"]) == ("done", 0, rehearsed["accepted"])
    assert job["accepted"] >= 6
    again = ended(house, house.admin.post(f"{here}/start", json={}))
    assert (again["events"], again["accepted"]) == (0, 0)


def test_what_is_open_has_to_be_answered_first(house: House, tmp_path: Path) -> None:
    found = looked_at(house, made.fxiaoke_export(tmp_path), **{"from": "fxiaoke"})
    here = f"{PREVIEWS}/{found['preview_id']}"
    assert [one["about"] for one in found["questions"]] == ["currency"]
    refused = house.admin.post(f"{here}/start", json={})
    assert (refused.status_code, "answer them first" in refused.text) == (409, True), refused.text
    answers = {"settings": {"currency": "CNY", "owner": "FSUID_1", "timezone": "Asia/Shanghai"}}
    told = house.admin.post(f"{here}/answers", json=answers).json()
    assert (told["questions"], "[deals]" in told["mapping"]) == ([], True)
    job = ended(house, house.admin.post(f"{here}/start", json={}))
    assert (job["state"], job["refused"]) == ("done", 0)


def test_an_answer_that_means_nothing_is_refused_and_forgotten(house: House, tmp_path: Path) -> None:
    found = looked_at(house, made.zoho_export(tmp_path))
    here = f"{PREVIEWS}/{found['preview_id']}"
    refused = house.admin.post(f"{here}/answers", json={"columns": {"Amout": "amount"}})
    assert (refused.status_code, "did you mean 'Amount'?" in refused.text) == (422, True)
    assert house.admin.post(f"{here}/answers", json={"colums": {}}).status_code == 422
    assert house.admin.get(here).json()["answers"]["columns"] == {}


def test_files_that_cannot_be_read_are_named(house: House) -> None:
    for name, content, said in (
        ("page.json", b'{"errorCode": 20016, "errorMessage": "expired"}', "20016: expired"),
        ("a.csv", b"", "is empty"),
        ("a.exe", b"x", "end with .csv"),
        ("../a.csv", b"x", "end with .csv"),
    ):
        answer = house.admin.post(PREVIEWS, files={"files": (name, content)})
        assert (answer.status_code, said in answer.text) == (422, True), answer.text
    assert (
        house.admin.post(PREVIEWS, params={"from": "sap"}, files={"files": ("a.csv", b"a\n")}).status_code
        == 422
    )
    left = [
        place.name
        for place in house.settings.data_dir.glob("uploads/receiving-*")
        if "preview" not in place.name
    ]
    assert left == []


def test_only_an_admin_looks(house: House, tmp_path: Path) -> None:
    found = looked_at(house, made.zoho_export(tmp_path))
    here = f"{PREVIEWS}/{found['preview_id']}"
    for who in ("north-manager", "auditor"):
        client = house.client(who)
        assert client.get(here).status_code == 403
        assert client.post(f"{here}/start", json={}).status_code == 403
        assert client.post(PREVIEWS, files={"files": ("a.csv", b"x")}).status_code == 403
    assert house.admin.get(f"{PREVIEWS}/{uuid4()}").status_code == 404
    assert house.admin.post(f"{PREVIEWS}/{uuid4()}/start", json={}).status_code == 404
