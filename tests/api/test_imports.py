"""Imports over HTTP: files are handed over, a process of its own works on them, and the job tells how it went."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psutil
import pytest
from openpyxl import Workbook

from api.import_jobs import ImportDesk
from runtime.imports.generate import generate
from tests.background import Background
from tests.conftest import PATIENCE
from tests.house import House, opened

Json = dict[str, Any]
FILES = ("accounts.csv", "products.csv", "sales_teams.csv", "sales_pipeline.csv")


@pytest.fixture(scope="module")
def house(
    new_database: Callable[[], AbstractContextManager[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """A house of this module's own: its thousands of deals are nobody else's."""
    with new_database() as url, opened(url, tmp_path_factory.mktemp("data")) as made:
        yield made


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
        ("files", ("deals.xlsx", content.getvalue(), "application/octet-stream")),
        ("mapping_file", ("own.toml", OWN.encode(), "application/toml")),
    ]
    job = ended(house, house.admin.post("/imports", files=files))
    assert (job["state"], job["accepted"], job["refused"]) == ("done", 1, 1)
    rejected = house.admin.get(f"/imports/{job['id']}/rejects/deals.rejects.csv")
    told = "refused_row,refused_because,id,rep,stage,opened,amount\r\n3,stage '': is empty,w-2,Li,,,\r\n"
    assert rejected.content.decode("utf-8-sig") == told


OWN = """
name = "own"
source = "own"
create = ["reps"]
[deals]
file = "deals.xlsx"
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
    place = ImportDesk(house.settings).folder(UUID(job["id"]))
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
    ],
)
def test_what_cannot_be_imported_is_refused_at_once(
    house: House, params: Json, files: Json, status: int, field: str
) -> None:
    answer = house.admin.post("/imports", params=params, files=files)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (status, field)


def test_a_folder_without_what_the_mapping_wants_fails_and_says_why(house: House) -> None:
    files = [("files", (name, b"a,b\n1,2\n", "text/csv")) for name in ("one.csv", "two.csv")]
    job = ended(house, house.admin.post("/imports", params={"mapping": "crm_export"}, files=files))
    assert job["state"] == "failed"
    assert any("csv" in problem for problem in job["problems"])


def test_only_an_admin_imports_and_only_overseers_look(house: House, export: Callable[..., Path]) -> None:
    for name in ("north", "north-manager", "auditor"):
        answer = house.client(name).post(
            "/imports", params={"mapping": "crm_export"}, files={"files": ("a.csv", b"x")}
        )
        assert answer.status_code == 403
    assert house.client("north-manager").get("/imports").status_code == 403
    assert house.client("auditor").get(f"/imports/{uuid4()}").status_code == 404


def test_an_import_whose_process_is_killed_goes_on_where_it_was(
    house: House, export: Callable[..., Path]
) -> None:
    """Killed on the way; the next API process takes the job up, and nothing is there twice."""
    folder = export(deals=1_500, seed=26)
    answer = hand_over(house, folder)
    job_id = UUID(answer.json()["id"])
    desk = ImportDesk(house.settings)
    _kill_worker_of(desk.folder(job_id))
    assert not (desk.folder(job_id) / "done").exists()

    async def take_up(stop: asyncio.Event) -> None:
        desk.open()
        await stop.wait()
        await desk.close()

    with Background(take_up):
        deadline = time.monotonic() + 2 * PATIENCE
        while not (desk.folder(job_id) / "done").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
    job = ended(house, answer)
    assert (job["state"], job["refused"]) == ("done", 0)
    again = ended(house, hand_over(house, folder))
    assert (again["events"], again["accepted"]) == (0, 0)


def _kill_worker_of(folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        for process in psutil.process_iter(["cmdline"]):
            if str(folder) in (process.info["cmdline"] or []) and (folder / "lock").exists():
                os.kill(process.pid, signal.SIGKILL)
                process.wait(PATIENCE)
                return
        assert time.monotonic() < deadline, "no process works on the import"
