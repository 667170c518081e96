"""Imports over HTTP: files are handed over, a process of its own works on them, and the job tells how it went."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psutil
import psycopg
import pytest
from openpyxl import Workbook

from api.imports import jobs as import_jobs
from api.imports.jobs import ImportJobs
from runtime.imports.generate import generate
from tests.background import Background
from tests.conftest import PATIENCE
from tests.house import House

Json = dict[str, Any]
FILES = ("accounts.csv", "products.csv", "sales_teams.csv", "sales_pipeline.csv")


@pytest.fixture(scope="module")
def house(house_of_the_module: House) -> House:
    """A house of this module's own: its thousands of deals are nobody else's."""
    return house_of_the_module


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    def make(deals: int = 40, **options: Any) -> Path:
        folder = tmp_path_factory.mktemp("export")
        generate(folder, deals=deals, **options)
        return folder

    return make


def hand_over(house: House, folder: Path, **params: Any) -> httpx.Response:
    files = [("files", (name, (folder / name).read_bytes(), "text/csv")) for name in FILES]
    return house.admin.post("/imports", params={"mapping": "crm_export", **params}, files=files)


def ended(house: House, answer: httpx.Response) -> Json:
    """The job, once it has come to an end."""
    assert answer.status_code == 202, answer.text
    deadline = time.monotonic() + PATIENCE
    while True:
        job: Json = house.client("auditor").get(answer.headers["location"]).json()
        if job["state"] not in ("queued", "running"):
            return job
        assert time.monotonic() < deadline, job
        time.sleep(0.05)


def test_an_export_comes_in_and_again_changes_nothing(house: House, export: Callable[..., Path]) -> None:
    folder = export(seed=21)
    first, again = ended(house, hand_over(house, folder)), ended(house, hand_over(house, folder))
    assert (first["state"], first["refused"], first["events"] > 0) == ("done", 0, True)
    assert (again["state"], again["events"], again["accepted"]) == ("done", 0, 0)
    assert again["unchanged"] == first["accepted"] + first["unchanged"]
    listed = house.admin.get("/imports").json()["imports"]
    assert {first["id"], again["id"]} <= {job["id"] for job in listed}


def test_the_events_of_an_import_say_so(house: House, export: Callable[..., Path]) -> None:
    folder = export(deals=5, seed=22)
    ended(house, hand_over(house, folder))
    reference = (folder / "sales_pipeline.csv").read_text().splitlines()[1].partition(",")[0]
    after = {"after": house.admin.get("/projections").json()["read_models"][0]["head"]}
    (found,) = house.admin.get("/deals", params={"reference": reference, **after}).json()["items"]
    history = house.admin.get(f"/deals/{found['deal_id']}/history", params=after).json()["items"]
    assert {(h["channel"], h["who"]) for h in history} == {("import", "ops")}
    assert history[0]["occurred_at"] < history[0]["recorded_at"]


def undone(house: House, job: Json, **body: Any) -> Json:
    return ended(house, house.admin.post(f"/imports/{job['id']}/undo", json=body))


def test_an_import_is_undone_after_a_look_and_comes_in_again(
    house: House, export: Callable[..., Path]
) -> None:
    folder = export(deals=6, seed=29)
    reference = (folder / "sales_pipeline.csv").read_text().splitlines()[1].partition(",")[0]
    job = ended(house, hand_over(house, folder))

    def found(reader: httpx.Client = house.admin) -> list[Json]:
        after = {"after": house.admin.get("/projections").json()["read_models"][0]["head"]}
        items: list[Json] = reader.get("/deals", params={"reference": reference, **after}).json()["items"]
        return items

    (deal,) = found()
    assert house.admin.post(f"/imports/{job['id']}/undo", json={}).status_code == 422, "it needs a reason"
    seen = undone(house, job, dry_run=True)
    assert (seen["state"], seen["dry_run"], seen["undoes"]) == ("done", True, job["id"])
    assert (seen["result"]["gone"]["deal"], seen["result"]["refused"]) == (6, {})
    assert found() == [deal], "a look records nothing"
    done = undone(house, job, reason="the wrong quarter")
    assert (done["result"]["gone"], done["undoes"]) == (seen["result"]["gone"], job["id"])
    assert found() == []
    assert house.admin.get(f"/deals/{deal['deal_id']}").status_code == 404
    assert house.admin.get(f"/imports/{job['id']}").json()["undone_by"] == done["id"]
    assert house.admin.post(f"/imports/{done['id']}/undo", json={"dry_run": True}).status_code == 409
    again = ended(house, hand_over(house, folder))
    assert again["accepted"] == job["accepted"]
    assert [one["deal_id"] for one in found()] == [deal["deal_id"]]


def test_only_an_administrator_undoes(house: House) -> None:
    path = f"/imports/{uuid4()}/undo"
    for login in ("north-manager", "auditor"):
        assert house.client(login).post(path, json={"dry_run": True}).status_code == 403
    assert house.admin.post(path, json={"dry_run": True}).status_code == 404


def test_a_dry_run_records_nothing_and_hands_back_what_it_would_refuse(
    house: House, export: Callable[..., Path]
) -> None:
    before = house.admin.get("/projections").json()["read_models"][0]["head"]
    job = ended(house, hand_over(house, export(deals=300, seed=23, dirty=True), dry_run="true"))
    assert (job["state"], job["dry_run"], job["refused"] > 0) == ("done", True, True)
    assert house.admin.get("/projections").json()["read_models"][0]["head"] == before
    rejected = [house.admin.get(f"/imports/{job['id']}/rejects/{name}") for name in job["rejects"]]
    assert {r.headers["content-type"].partition(";")[0] for r in rejected} == {"text/csv"}
    assert sum(len(r.text.splitlines()) - 1 for r in rejected) == job["refused"]


def test_a_workbook_comes_in_with_a_mapping_of_its_own(house: House) -> None:
    book, content = Workbook(), BytesIO()
    assert book.active is not None
    for row in (
        ["id", "rep", "stage", "opened", "amount"],
        ["w-1", "Li", "New", date(2026, 1, 5), 12.5],
        ["w-2", "Li"],
    ):
        book.active.append(row)
    book.save(content)
    files = [
        ("files", ("商机 (1).xlsx", content.getvalue(), "application/octet-stream")),
        ("mapping_file", ("own.toml", OWN.encode(), "application/toml")),
    ]
    job = ended(house, house.admin.post("/imports", files=files))
    assert (job["state"], job["accepted"], job["refused"]) == ("done", 1, 1)
    rejected = house.admin.get(f"/imports/{job['id']}/rejects/商机 (1).rejects.csv")
    told = "refused_row,refused_because,id,rep,stage,opened,amount\r\n3,stage '': is empty,w-2,Li,,,\r\n"
    assert rejected.content.decode("utf-8-sig") == told


@pytest.mark.parametrize("name", ["Ange\u0301bote.csv", "बिक्री.csv", "ข้อมูลที่ขาย.csv", "Angébote.csv"])
def test_a_file_is_named_in_any_script_and_in_either_form(house: House, name: str) -> None:
    table = f"id,rep,stage,opened,amount\n{uuid4()},Li,New,soon,1\n"
    own = OWN.replace("商机 (1).xlsx", name)
    files = [
        ("files", (name, table.encode(), "text/csv")),
        ("mapping_file", ("own.toml", own.encode(), "application/toml")),
    ]
    job = ended(house, house.admin.post("/imports", files=files))
    assert (job["state"], job["refused"]) == ("done", 1)
    [rejects] = job["rejects"]
    assert house.admin.get(f"/imports/{job['id']}/rejects/{rejects}").status_code == 200


def test_one_name_in_two_forms_is_one_name(house: House) -> None:
    parts = [("files", (name, b"x", "text/csv")) for name in ("Ange\u0301bote.csv", "Ang\u00e9bote.csv")]
    answer = house.admin.post("/imports", params={"mapping": "event_log"}, files=parts)
    assert answer.status_code == 422
    assert "two parts are called" in answer.text


def test_refused_rows_in_another_encoding_are_not_called_utf_8(house: House) -> None:
    table = "id,rep,stage,opened,amount\nc-1,李,New,soon,1\n".encode("gb18030")
    own = OWN.replace("[deals]", 'encoding = "gb18030"\n[deals]', 1).replace("商机 (1).xlsx", "deals.csv")
    files = [
        ("files", ("deals.csv", table, "text/csv")),
        ("mapping_file", ("own.toml", own.encode(), "application/toml")),
    ]
    job = ended(house, house.admin.post("/imports", files=files))
    rejected = house.admin.get(f"/imports/{job['id']}/rejects/deals.rejects.csv")
    assert rejected.headers["content-type"] == "application/octet-stream"
    assert rejected.content.endswith("c-1,李,New,soon,1\n".encode("gb18030"))


def test_what_is_wrong_is_said_in_the_language_of_who_asks(house: House) -> None:
    table = "id,rep,stage,opened,amount\nz-1,Li,New,2026-01-05,many\n"
    own = OWN.replace("商机 (1).xlsx", "deals.csv")
    files = [
        ("files", ("deals.csv", table.encode(), "text/csv")),
        ("mapping_file", ("own.toml", own.encode(), "application/toml")),
    ]
    chinese = {"Accept-Language": "zh-CN"}
    job = ended(house, house.admin.post("/imports", files=files, headers=chinese))
    assert job["result"]["refusals"][0]["reasons"][0]["message"].isascii()
    told = house.admin.get(f"/imports/{job['id']}", headers=chinese).json()
    reason = told["result"]["refusals"][0]["reasons"][0]
    assert (reason["column"], reason["value"]) == ("amount", "many")
    assert not reason["message"].isascii()
    rejected = house.admin.get(f"/imports/{job['id']}/rejects/deals.rejects.csv").content.decode("utf-8-sig")
    head, row = rejected.splitlines()
    assert head == "refused_row,refused_because,id,rep,stage,opened,amount"
    assert reason["message"] in row
    assert row.endswith("z-1,Li,New,2026-01-05,many")


OWN = """
name = "own"
source = "own"
create = ["reps"]
[deals]
file = "商机 (1).xlsx"
[deals.columns]
reference = "id"
owner = "rep"
stage = "stage"
opened_at = "opened"
amount = "amount"
[deals.stages]
New = "identify"
"""


def test_the_same_idempotency_key_is_the_same_job(house: House, export: Callable[..., Path]) -> None:
    folder = export(deals=5, seed=24)
    key = {"Idempotency-Key": f"import {uuid4()}"}
    files = [("files", (name, (folder / name).read_bytes(), "text/csv")) for name in FILES]
    answers = [
        house.admin.post("/imports", params={"mapping": "crm_export"}, files=files, headers=key)
        for _ in range(2)
    ]
    assert len({a.headers["location"] for a in answers}) == 1
    assert ended(house, answers[0])["state"] == "done"


def test_what_was_handed_over_does_not_lie_about_afterwards(
    house: House, export: Callable[..., Path]
) -> None:
    job = ended(house, hand_over(house, export(deals=5, seed=25)))
    place = ImportJobs(house.settings).folder(UUID(job["id"]))
    deadline = time.monotonic() + PATIENCE
    while (place / "data").exists():
        assert time.monotonic() < deadline
    assert place.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("params", "files", "status", "field"),
    [
        ({}, {"files": ("a.csv", b"x")}, 422, "query.mapping"),
        ({"mapping": "nosuch"}, {"files": ("a.csv", b"x")}, 422, "query.mapping"),
        ({"mapping": "crm_export"}, {"files": ("../../etc/passwd", b"x")}, 422, "files"),
        ({"mapping": "crm_export"}, {"files": ("a.exe", b"x")}, 422, "files"),
        ({"mapping": "crm_export"}, {"other": ("a.csv", b"x")}, 422, "files"),
        ({}, {"files": ("a.csv", b"x"), "mapping_file": ("m.toml", b"format = 7")}, 422, "mapping_file"),
        ({"mapping": "crm_export"}, {"files": ("deals.csv", b"x")}, 422, "files"),
        ({"mapping": "crm_export"}, [("files", ("accounts.csv", b"x"))] * 2, 422, "files"),
        ({"mapping": "crm_export"}, [("files", (f, b"x")) for f in (*FILES, "notes.csv")], 422, "files"),
        ({"mapping": "crm_export"}, [("files", (f, b"x")) for f in FILES[:2]], 422, "files"),
    ],
)
def test_what_cannot_be_imported_is_refused_at_once(
    house: House, params: Json, files: Any, status: int, field: str
) -> None:
    answer = house.admin.post("/imports", params=params, files=files)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (status, field)


def test_every_file_that_is_too_many_or_lacking_is_named(house: House) -> None:
    files = [("files", (name, b"a,b\n1,2\n", "text/csv")) for name in ("one.csv", "products.csv")]
    answer = house.admin.post("/imports", params={"mapping": "crm_export"}, files=files)
    [error] = answer.json()["errors"]
    for name in ("one.csv", "accounts.csv", "sales_teams.csv", "sales_pipeline.csv"):
        assert f"{name}:" in error["message"]
    assert "products.csv:" not in error["message"]


def test_a_job_that_cannot_go_on_says_why_like_the_terminal(
    house: House, export: Callable[..., Path]
) -> None:
    folder = export(deals=5, seed=28)
    pipeline = folder / "sales_pipeline.csv"
    pipeline.write_text(pipeline.read_text().replace("sales_agent", "agent", 1))
    job = ended(house, hand_over(house, folder))
    assert (job["state"], job["result"]["tallies"][0]["accepted"] > 0) == ("failed", True)
    assert any("'sales_agent'" in problem for problem in job["problems"])
    listed = {one["id"]: one for one in house.admin.get("/imports").json()["imports"]}
    assert listed[job["id"]]["problems"] == job["problems"]


def test_a_job_that_could_not_be_begun_says_why_and_is_listed(house: House) -> None:
    mapping = (
        b'name = "m"\nsource = "m"\npolicy = "nosuch"\n[deals]\nfile = ""\n[deals.columns]\nreference = "id"\n'
        b'stage = "stage"\n[deals.stages]\nNew = "identify"\n'
    )
    files = {"files": ("a.csv", b"id,stage\n1,New\n"), "mapping_file": ("m.toml", mapping)}
    job = ended(house, house.admin.post("/imports", files=files))
    assert (job["state"], len(job["problems"])) == ("failed", 1)
    assert "nosuch" in job["problems"][0]
    assert job["id"] in {one["id"] for one in house.admin.get("/imports").json()["imports"]}


def test_a_key_that_came_with_something_else_is_refused(house: House, export: Callable[..., Path]) -> None:
    folder, other = export(deals=5, seed=29), export(deals=5, seed=30)
    key = {"Idempotency-Key": f"import {uuid4()}"}

    def hand(folder: Path, **params: Any) -> httpx.Response:
        files = [("files", (name, (folder / name).read_bytes(), "text/csv")) for name in FILES]
        return house.admin.post(
            "/imports", params={"mapping": "crm_export", **params}, files=files, headers=key
        )

    first = hand(folder, dry_run="true")
    for answer in (hand(other, dry_run="true"), hand(folder)):
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")
    again = hand(folder, dry_run="true")
    assert again.headers["location"] == first.headers["location"]
    assert ended(house, again)["dry_run"] is True


def test_only_an_admin_imports_and_only_overseers_look(house: House, export: Callable[..., Path]) -> None:
    for name in ("north", "north-manager", "auditor"):
        answer = house.client(name).post(
            "/imports", params={"mapping": "crm_export"}, files={"files": ("a.csv", b"x")}
        )
        assert answer.status_code == 403
    assert house.client("north-manager").get("/imports").status_code == 403
    assert house.client("auditor").get(f"/imports/{uuid4()}").status_code == 404


@contextlib.contextmanager
def another_api(house: House) -> Iterator[ImportJobs]:
    """The desk of another API process that lives on the same data."""
    desk = ImportJobs(house.settings)

    async def live(stop: asyncio.Event) -> None:
        desk.open()
        await stop.wait()
        await desk.close()

    with Background(live):
        yield desk


def until_done(folder: Path) -> None:
    deadline = time.monotonic() + 2 * PATIENCE
    while not (folder / "done").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_an_import_whose_process_is_killed_goes_on_where_it_was(
    house: House, export: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By an API that is alive, without a start of anything; and nothing is there twice."""
    monkeypatch.setattr(import_jobs, "LOOK_EVERY", 0.1)
    folder = export(deals=1_500, seed=26)
    with another_api(house) as desk:
        answer = hand_over(house, folder)
        place = desk.folder(UUID(answer.json()["id"]))
        _end_worker_of(place)
        until_done(place)
    job = ended(house, answer)
    assert (job["state"], job["refused"]) == ("done", 0)
    again = ended(house, hand_over(house, folder))
    assert (again["events"], again["accepted"]) == (0, 0)


def test_an_import_whose_process_is_told_to_stop_ends_well_and_is_taken_up_again(
    house: House, export: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_jobs, "LOOK_EVERY", 0.1)
    folder = export(deals=1_500, seed=27)
    with another_api(house) as desk:
        answer = hand_over(house, folder)
        place = desk.folder(UUID(answer.json()["id"]))
        until_running(house, answer)
        _end_worker_of(place, signal.SIGTERM)
        until_done(place)
    assert not (place / import_jobs.TROUBLE).exists()
    job = ended(house, answer)
    assert (job["state"], job["refused"], job["problems"]) == ("done", 0, [])
    again = ended(house, hand_over(house, folder))
    assert (again["events"], again["accepted"]) == (0, 0)


def until_running(house: House, answer: Any) -> None:
    """It has begun to record."""
    deadline = time.monotonic() + PATIENCE
    while house.admin.get(answer.headers["Location"]).json()["state"] != "running":
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_job_that_ends_its_process_each_time_fails_after_some_tries_and_says_why(
    house: House, export: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_jobs, "LOOK_EVERY", 0.1)
    folder = export(deals=5, seed=31)
    received = ImportJobs(house.settings).receive()
    for name in FILES:
        (received / "data" / name).write_bytes((folder / name).read_bytes())
    (received / "rejects").write_text("a file where a folder is to be")
    with (received / "data" / "sales_pipeline.csv").open("a") as pipeline:
        pipeline.write("x,nobody,nothing,nowhere,Won,2026-01-01,2026-01-02,5" + "," * 3 + "\n")
    job_id = uuid4()
    with another_api(house) as desk:
        desk.order(received, import_jobs.Order(str(job_id), "crm_export", dry_run=False, user_id="ops"))
        until_done(desk.folder(job_id))
    job = house.admin.get(f"/imports/{job_id}").json()
    assert job["state"] == "failed"
    assert job["problems"][0].startswith(f"given up after {import_jobs.MOST_TRIES} tries")
    assert not (desk.folder(job_id) / "data").exists()


def test_what_is_still_being_received_is_no_job_yet(house: House) -> None:
    """Its order is written before its folder is named after the job."""
    desk, job_id = ImportJobs(house.settings), str(uuid4())
    received = desk.receive()
    order = import_jobs.Order(job_id, "crm_export", dry_run=True, user_id="ops")
    (received / import_jobs.JOB).write_text(json.dumps(asdict(order)))
    assert job_id not in {one.job_id for one in desk.unbegun()}
    ordered = desk.order(received, order)
    assert job_id in {one.job_id for one in desk.unbegun()} or (desk.folder(UUID(job_id)) / "done").exists()
    assert ordered.job_id == job_id


def test_an_import_of_the_terminal_whose_process_died_is_interrupted(house: House) -> None:
    columns = "id, source, mapping, file_digest, mapping_digest, dry_run, actor, state, updated_at"
    values = "%s, 's', 'm', 'f', 'm', false, 'user:cli', 'running', now() - interval '1 minute'"
    job_id = uuid4()
    with psycopg.connect(house.settings.database_url, autocommit=True) as connection:
        connection.execute(f"INSERT INTO app.import_jobs ({columns}) VALUES ({values})", [job_id])
        assert house.admin.get(f"/imports/{job_id}").json()["state"] == "interrupted"
        connection.execute("SELECT pg_advisory_lock_shared(hashtextextended(%s, 7205006))", [str(job_id)])
        assert house.admin.get(f"/imports/{job_id}").json()["state"] == "running"
        connection.execute("DELETE FROM app.import_jobs WHERE id = %s", [job_id])


def goes_on(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _end_worker_of(folder: Path, by: signal.Signals = signal.SIGKILL) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        for process in psutil.process_iter(["cmdline"]):
            if str(folder) in (process.info["cmdline"] or []) and (folder / "lock").exists():
                os.kill(process.pid, by)
                while goes_on(
                    process
                ):  # its parent waits for it: who waits here, too, may take the answer away
                    assert time.monotonic() < deadline, "it goes on"
                    time.sleep(0.02)
                return
        assert time.monotonic() < deadline, "no process works on the import"


def test_what_was_only_half_received_is_no_job(house: House) -> None:
    desk, job_id = ImportJobs(house.settings), uuid4()
    (desk.folder(job_id) / "data").mkdir(parents=True)
    (desk.folder(job_id) / "data" / "half.csv").write_text("id")
    order = import_jobs.Order(str(job_id), "crm_export", dry_run=True, user_id="ops", content="all of it")
    assert desk.order(desk.receive(), order) == order
    assert list((desk.folder(job_id) / "data").iterdir()) == []
