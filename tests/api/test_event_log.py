"""The event log for process mining: what is counted in the ledger is in the file, every object is declared, and nothing that people wrote."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from lxml import etree

from tests.house import House

Json = dict[str, Any]
XES = "{http://www.xes-standard.org/}"
COUNTED = """
SELECT count(*), count(DISTINCT stream_id) FROM ledger.events
 WHERE split_part(topic, '.', 1) = ANY(%s) AND topic NOT IN ('deal.import-noted', 'lead.import-noted') AND (%s::uuid[] IS NULL OR stream_id = ANY(%s))
"""
OF = {"deal": ["deal", "promise"], "lead": ["lead"], "case": ["case"]}
SECRET = "a secret of Ms Zhao"


@pytest.fixture(scope="module")
def house(house_of_the_module: House) -> House:
    house, admin = house_of_the_module, house_of_the_module.admin
    customer = admin.post("/customers", json={"name": "华东精密制造", "sector": "machinery"}).json()[
        "answer"
    ]["customer_id"]
    amount = {"amount": "1200.50", "currency": "CNY"}
    deal = house.open_deal(
        "north", title=SECRET, customer_id=customer, amount=amount, expected_close="2027-03-01"
    )
    house.open_deal("south", title=SECRET, amount=amount)
    touch = {"kind": "call", "outcome": "reached", "summary": SECRET}
    step = {"what": SECRET, "due_at": "2027-01-15T18:00:00+08:00"}
    for path, body in (
        (f"/deals/{deal}/activities", {"activity": touch, "next_step": step}),
        (f"/deals/{deal}/stage", {"to": "contact"}),
        (f"/deals/{deal}/amount", {"amount": {"amount": "999", "currency": "CNY"}}),
        ("/leads", {"name": SECRET, "mail": "zhao@example.com", "source": "fair"}),
        (
            "/cases",
            {
                "title": SECRET,
                "customer_id": customer,
                "severity": "severe",
                "owner_id": str(house.reps["north"]),
                "deal_id": str(deal),
            },
        ),
    ):
        answer = admin.post(path, json=body)
        assert answer.is_success, answer.text
        house.position = answer.json()["position"]
    return house


def got(house: House, client: httpx.Client | None = None, **asked: Any) -> httpx.Response:
    answer = (client or house.admin).get("/event-log", params={"after": house.position, **asked})
    assert answer.is_success, answer.text
    return answer


def counted(house: House, kinds: list[str], ids: list[str] | None = None) -> tuple[int, int]:
    with psycopg.connect(house.settings.database_url) as connection:
        row = connection.execute(COUNTED, [kinds, ids, ids]).fetchone()
        assert row is not None
        return row[0], row[1]


def ocel(house: House, **asked: Any) -> Json:
    log: Json = got(house, format="ocel-json", **asked).json()
    return log


def sqlite_of(content: bytes, folder: Path) -> sqlite3.Connection:
    file = folder / "log.sqlite"
    file.write_bytes(content)
    return sqlite3.connect(file)


# --- XES -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("of", OF)
def test_every_event_and_every_case_of_the_ledger_is_in_the_log(house: House, of: str) -> None:
    log = etree.fromstring(got(house, of=of).content)
    assert (len(log.findall(f"{XES}trace/{XES}event")), len(log.findall(f"{XES}trace"))) == counted(
        house, OF[of]
    )


def test_xes_stands_in_the_order_that_its_schema_has(house: House) -> None:
    log = etree.fromstring(got(house).content)
    order = ["extension", "global", "classifier", "string", "trace"]
    names = [etree.QName(one).localname for one in log]
    assert [*dict.fromkeys(names)] == order
    assert log.attrib == {"xes.version": "1849.2016", "xes.features": ""}
    for trace in log.findall(f"{XES}trace"):
        parts = [etree.QName(one).localname for one in trace]
        assert parts == sorted(parts, key=lambda part: part == "event")
        for event in trace.findall(f"{XES}event"):
            keys = [one.get("key") for one in event]
            assert len(keys) == len({*keys})
            assert {"concept:name", "time:timestamp", "lifecycle:transition", "detail"} <= {*keys}


NC_NAME, NAME = re.compile(r"[A-Za-z_][\w.-]*"), re.compile(r"[A-Za-z_:][\w.:-]*")
VALUES: dict[str, Callable[[Any], Any]] = {
    "string": str,
    "int": lambda text: int(text).to_bytes(8, signed=True),
    "float": float,
    "boolean": {"true": True, "false": False}.__getitem__,
    "date": lambda text: re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00", text)[0],  # type: ignore[index]
}
"""What the schema's types (string, long, double, boolean, dateTime) take of what we write."""


@pytest.mark.parametrize("of", OF)
def test_names_and_values_are_of_the_types_that_the_schema_has(house: House, of: str) -> None:
    """Of IEEE 1849-2016: names of extensions and classifiers have no blanks, keys are XML names, and each value is of its element's type."""
    log = etree.fromstring(got(house, of=of).content)
    assert float(log.get("xes.version") or "")
    for one in log.findall(f"{XES}classifier") + log.findall(f"{XES}extension"):
        assert NC_NAME.fullmatch(one.get("name") or ""), one.get("name")
    attributes = [one for one in log.iter() if one.get("key") is not None]
    assert len(attributes) > 10
    for one in attributes:
        assert NAME.fullmatch(one.get("key") or ""), one.get("key")
        assert VALUES[etree.QName(one).localname](one.get("value")) is not None


def test_a_trace_is_in_the_order_in_which_it_happened(house: House) -> None:
    for trace in etree.fromstring(got(house).content).findall(f"{XES}trace"):
        times = [
            datetime.fromisoformat(one.get("value"))
            for one in trace.iterfind(f"{XES}event/{XES}date[@key='time:timestamp']")
        ]
        assert times == sorted(times)


def test_a_trace_tells_how_its_deal_stands(house: House) -> None:
    log = etree.fromstring(got(house, stage="contact").content)
    (trace,) = log.findall(f"{XES}trace")
    told = {one.get("key"): one.get("value") for one in trace if one.tag != f"{XES}event"}
    assert (told["stage"], told["status"], told["amount"], told["currency"]) == (
        "contact",
        "open",
        "999.0",
        "CNY",
    )
    details = [one.get("value") for one in trace.iterfind(f"{XES}event/{XES}string[@key='detail']")]
    assert {"call", "contact"} <= {*details}


# --- OCEL 2.0 --------------------------------------------------------------------------------------------------------


def test_an_object_centric_log_has_every_event_and_declares_every_object(house: House) -> None:
    log = ocel(house)
    kinds = [kind for of in OF.values() for kind in of]
    objects = Counter(one["type"] for one in log["objects"])
    ids = {one["id"] for one in log["objects"]}
    named = {to["objectId"] for one in (*log["events"], *log["objects"]) for to in one["relationships"]}
    assert len(log["events"]) == counted(house, kinds)[0]
    assert {kind: objects[kind] for kind in OF} == {
        kind: counted(house, topics)[1] for kind, topics in OF.items()
    }
    assert objects["customer"] == 1
    assert objects["promise"] == len(
        {e["relationships"][1]["objectId"] for e in log["events"] if e["type"] == "promise.made"}
    )
    assert len(ids) == len(log["objects"])
    assert named <= ids
    assert all(one["relationships"] for one in log["events"])


def test_each_attribute_is_of_its_types_declaration(house: House) -> None:
    log = ocel(house)
    for told, types in (("events", "eventTypes"), ("objects", "objectTypes")):
        declared = {one["name"]: {a["name"]: a["type"] for a in one["attributes"]} for one in log[types]}
        assert {one["type"] for one in log[told]} == declared.keys()
        for one in log[told]:
            for attribute in one["attributes"]:
                kind = declared[one["type"]][attribute["name"]]
                assert isinstance(attribute["value"], PYTHON[kind]), (one, attribute)


PYTHON = {"string": str, "time": str, "integer": int, "float": float, "boolean": bool}


def test_what_changes_is_told_with_its_times(house: House) -> None:
    log = ocel(house, stage="contact")
    (deal,) = [one for one in log["objects"] if one["type"] == "deal"]
    amounts = [(one["value"], one["time"]) for one in deal["attributes"] if one["name"] == "amount"]
    stages = [one["value"] for one in deal["attributes"] if one["name"] == "stage"]
    assert [value for value, _ in amounts] == [1200.5, 999.0]
    assert amounts[0][1] < amounts[1][1]
    assert stages[-1] == "contact"
    assert {to["qualifier"] for to in deal["relationships"]} >= {"customer"}
    assert {one["type"] for one in log["objects"]} == {"deal", "promise", "rep", "customer", "case"}


def test_the_database_has_what_the_document_has(house: House, tmp_path: Path) -> None:
    log = ocel(house)
    database = sqlite_of(got(house, format="ocel-sqlite").content, tmp_path)

    def rows(query: str) -> list[Any]:
        return database.execute(query).fetchall()

    assert {*rows("SELECT ocel_id, ocel_type FROM event")} == {
        (one["id"], one["type"]) for one in log["events"]
    }
    assert {*rows("SELECT ocel_id, ocel_type FROM object")} == {
        (one["id"], one["type"]) for one in log["objects"]
    }
    assert {*rows("SELECT * FROM event_object")} == {
        (one["id"], to["objectId"], to["qualifier"]) for one in log["events"] for to in one["relationships"]
    }
    assert {*rows("SELECT * FROM object_object")} == {
        (one["id"], to["objectId"], to["qualifier"]) for one in log["objects"] for to in one["relationships"]
    }
    for of, kind, mapped in [("event", *row) for row in rows("SELECT * FROM event_map_type")]:
        told = rows(f'SELECT count(*), count(ocel_time) FROM "{of}_{mapped}"')[0]
        assert told == (sum(one["type"] == kind for one in log["events"]),) * 2
    values = rows(
        "SELECT amount FROM object_Deal WHERE amount IS NOT NULL AND ocel_changed_field IS NOT NULL"
    )
    assert values == [(999.0,)]
    database.close()


# --- whose, and when -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", ["xes", "ocel-json", "ocel-sqlite"])
def test_nothing_that_people_wrote_is_in_it(house: House, format: str) -> None:
    content = got(house, format=format).content
    assert len(content) > 1_000
    assert SECRET.encode() not in content
    assert b"zhao@example.com" not in content


def test_nobody_is_told_of_other_teams(house: House) -> None:
    own = got(house, house.client("south"), format="ocel-json").json()
    assert Counter(one["type"] for one in own["objects"])["deal"] == 1
    refused = house.client("south").get("/event-log", params={"team_id": str(house.teams["north"])})
    assert refused.status_code == 403


def test_a_period_has_the_events_of_its_days_and_objects_as_they_had_been(house: House) -> None:
    past = ocel(house, until="2020-01-01")
    assert (past["events"], past["objects"]) == ([], [])
    assert ocel(house, since="2020-01-01") == ocel(house)
    wrong = house.admin.get("/event-log", params={"since": "2026-01-02", "until": "2026-01-01"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "until")


def test_characters_that_xml_cannot_hold_do_not_break_it(house: House) -> None:
    answer = house.admin.post(
        "/deals", json={"title": "x", "owner_id": str(house.reps["north"]), "source": 'a\u0001<&"b'}
    )
    if not answer.is_success:  # the door may refuse them; what older releases took is in ledgers
        answer = house.admin.post("/leads", json={"name": "x", "source": 'a\u0001<&"b'})
    assert answer.is_success, answer.text
    house.position = answer.json()["position"]
    for of in ("deal", "lead"):
        etree.fromstring(got(house, of=of).content)
