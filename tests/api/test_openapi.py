"""What the API publishes of itself: complete, and true — held to it by generated calls against the running server."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import jsonschema_rs
import pytest
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from api import capabilities
from api.app import create_app
from api.engine import examples as engine_examples
from api.engine.faults import WRITTEN
from api.engine.openapi import READ_HEADERS, WAIT_PARAMETERS, WRITE_HEADERS
from tests.house import House

Json = dict[str, Any]
CONFIG = """
request-timeout = 120
suppress-health-check = ["too_slow"]

[checks]
# A rule may refuse what the schema allows: a time to come, a stage that the process does not have, a stale version.
positive_data_acceptance.expected-statuses = ["2xx", "304", "401", "403", "404", "409", "412", "422"]

[parameters]
"path.deal_id" = ["{deal}", "{other}"]
"path.rep_id" = ["{rep}", "{other}"]
"path.team_id" = ["{team}", "{other}"]
"path.target_id" = ["{target}", "{other}"]
"path.cycle_id" = ["{cycle}", "{other}"]
"path.lead_id" = ["{lead}", "{other}"]
"path.item_id" = ["{item}", "{other}"]
"""
# The published examples are held to the schemas and to the routes' own models below: no calls are spent on them.
RUNS = {
    "admin": ["-n", "2", "--phases", "coverage,fuzzing,stateful"],
    "auditor": ["-n", "2", "--phases", "fuzzing", "--include-method", "GET"],
}


@pytest.fixture(scope="module")
def house(house_of_the_module: House) -> House:
    """One of its own: processes and policies that generated calls publish stay in force."""
    return house_of_the_module


@pytest.fixture(scope="module")
def published(house: House) -> Json:
    answer = house.client("stranger").get("/openapi.json")
    assert answer.status_code == 200
    found: Json = answer.json()
    return found


def operations(published: Json) -> list[tuple[str, Json]]:
    return [(f"{verb} {path}", op) for path, ops in published["paths"].items() for verb, op in ops.items()]


def test_every_operation_is_named_and_explained(published: Json) -> None:
    known = {tag["name"] for tag in published["tags"]}
    ids = [op["operationId"] for _, op in operations(published)]
    assert len(set(ids)) == len(ids)
    for name, op in operations(published):
        assert op["summary"], name
        assert op["tags"], name
        assert set(op["tags"]) <= known, name


def test_every_operation_tells_its_problems_with_examples(published: Json) -> None:
    for name, op in operations(published):
        expected = {"401", "403", "500", "503"} if "security" in op else {"500", "503"}
        assert op["responses"].keys() >= expected, name
    for found in published["components"]["responses"].values():
        assert found["content"]["application/problem+json"]["example"]["code"]


def examples(published: Json) -> list[tuple[str, Json]]:
    """Every JSON body and every answer to a call that went well."""
    found: list[tuple[str, Json]] = []
    for name, op in operations(published):
        contents = [op.get("requestBody", {}).get("content", {})]
        contents += [answer.get("content", {}) for status, answer in op["responses"].items() if status < "3"]
        found += [
            (name, content["application/json"]) for content in contents if "application/json" in content
        ]
    return found


def test_every_body_and_every_answer_has_an_example_that_its_schema_takes(published: Json) -> None:
    for name, content in examples(published):
        schema = {**content["schema"], "components": published["components"]}
        wrong = list(jsonschema_rs.Draft202012Validator(schema).iter_errors(content["example"]))
        assert wrong == [], f"{name}: {[error.message for error in wrong]}"


def test_every_route_takes_the_example_of_its_body(house: House, published: Json) -> None:
    """So the body that is published is the body that is taken, not another one of the same name."""
    routes = {r.operation_id: r for r in create_app(house.settings).routes if isinstance(r, APIRoute)}
    for _, op in operations(published):
        content = op.get("requestBody", {}).get("content", {}).get("application/json")
        if content is not None:
            body: Any = routes[op["operationId"]].dependant.body_params[0].field_info.annotation
            TypeAdapter(body).validate_json(json.dumps(content["example"]))


def test_the_limits_of_numbers_are_published_by_their_names_in_the_standard(published: Json) -> None:
    """A limit that stands before the reading of a text is published under the library's own word for it, which nobody knows."""
    for name, op in operations(published):
        for one in op.get("parameters", []):
            assert not {"ge", "gt", "le", "lt"} & set(one.get("schema", ())), f"{name}: {one['name']}"
            if one["name"] == "limit":
                assert one["schema"]["minimum"] == 1, name
                assert one["schema"]["maximum"] <= 200, name


def test_every_operation_but_health_and_calendars_needs_the_key(published: Json) -> None:
    public = {name for name, op in operations(published) if "security" not in op}
    assert public == {"get /healthz", "get /readyz", "get /calendars/{token}.ics"}
    assert published["components"]["securitySchemes"]["apiKey"]["scheme"] == "bearer"


UNVERSIONED = {
    "post /imports",
    "post /imports/previews",
    "post /imports/previews/{preview_id}/answers",
    "post /imports/previews/{preview_id}/start",
    "post /imports/{job_id}/undo",
    "post /keys",
    "delete /keys/{key_id}",
    "post /projections/{name}/resume",
    "post /accounts",
    "post /account",
    "post /account/notifications",
    "post /account/calendar",
    "post /account/calendar/revoke",
    "post /webhooks",
    "delete /webhooks/{webhook_id}",
    *(
        f"post /webhooks/{{webhook_id}}/{what}"
        for what in ("change", "rotate", "pause", "resume", "replay", "test")
    ),
    *(
        f"post /accounts/{{login}}/{what}"
        for what in (
            "link",
            "role",
            "email",
            "disable",
            "enable",
            "sign-out",
            "notifications",
            "address-failed",
            "address-restored",
            "calendar",
            "calendar/revoke",
        )
    ),
}


def test_every_write_takes_the_headers(published: Json) -> None:
    """If-Match where there is a version to match."""
    for name, op in operations(published):
        if name.startswith(("post ", "delete ")):
            headers = {p["name"] for p in op.get("parameters", []) if p["in"] == "header"}
            versions = set() if name in UNVERSIONED else {"If-Match"}
            assert headers == {"Idempotency-Key", "X-Correlation-Id"} | versions, name


def test_the_documentation_is_one_page_that_loads_nothing_from_elsewhere(house: House) -> None:
    page = house.client("stranger").get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert "http://" not in page.text
    assert "https://" not in page.text


# --- what a program needs that makes itself a client -----------------------------------------------------------------

POSITIONS = {"frozen_at", "known_at", "measured_at", "recorded_at"}
"""Of these some are positions of the ledger."""
FREE = {
    ("Activity", "outcome"),
    ("ActivityAnswer", "outcome"),
    ("NewContact", "role"),
    ("CorrectContact", "role"),
}
"""People's own words."""
CLOSED_LISTS = {"status", "outcome", "phase", "state", "role", "who_kind", "cadence"}


def fields(published: Json) -> list[tuple[str, str, Json]]:
    shapes = published["components"]["schemas"]
    return [(shape, name, f) for shape, s in shapes.items() for name, f in s.get("properties", {}).items()]


def kinds(schema: Json) -> list[Json]:
    """What a field may be, without null."""
    return [kind for kind in schema.get("anyOf", [schema]) if kind.get("type") != "null"]


def test_every_shape_has_a_name_and_a_title_of_its_own_that_a_program_can_have(published: Json) -> None:
    shapes = published["components"]["schemas"]
    assert [name for name in shapes if not name.isalnum()] == []
    assert {name: shape["title"] for name, shape in shapes.items()} == {name: name for name in shapes}
    assert len({name.lower() for name in shapes}) == len(shapes)


def test_every_read_tells_its_shape(published: Json) -> None:
    for name, op in operations(published):
        for status, answer in op["responses"].items():
            for kind, content in answer.get("content", {}).items():
                if status < "3" and kind == "application/json":
                    assert content["schema"].keys() == {"$ref"}, name
        if name.startswith("get "):
            assert op["responses"]["200"]["content"], name


def test_every_reference_leads_somewhere(published: Json) -> None:
    shapes = published["components"]["schemas"]
    named = re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(published))
    assert {name for name in named if name not in shapes} == set()


def test_every_time_is_said_to_be_one(published: Json) -> None:
    """A time of day and a value on a scale are called `at` alone; the rest that ends so is a time, or a position."""
    times = [(shape, name, kinds(field)) for shape, name, field in fields(published) if name.endswith("_at")]
    wrong = [
        (shape, name)
        for shape, name, kinds in times
        for kind in kinds
        if kind.get("format") != "date-time" and not (name in POSITIONS and kind["type"] == "integer")
    ]
    assert len(times) > 100
    assert wrong == []


def test_every_way_of_writing_is_told_in_words(published: Json) -> None:
    """But names of files, mappings, read models and sorts, of which what there is is told."""
    wanted = set(re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', json.dumps(published)))
    told = {json.loads(one) for one in wanted} - set(WRITTEN)
    assert {one for one in told if not re.search(r"_at|_-|a-z_|[\\]w", one)} == set()


def test_every_closed_list_of_words_is_published(published: Json) -> None:
    shapes = published["components"]["schemas"]

    def listed(kind: Json) -> bool:
        known = shapes[kind["$ref"].rpartition("/")[2]] if "$ref" in kind else kind
        return "enum" in known or "const" in known or known["type"] == "integer"

    found = [(s, n, kinds(f)) for s, n, f in fields(published) if n in CLOSED_LISTS]
    open_ = [(s, n) for s, n, kinds in found for kind in kinds if not listed(kind)]
    assert set(open_) == FREE


SHARED: list[Json] = [*WRITE_HEADERS, *READ_HEADERS, *WAIT_PARAMETERS]
"""What all writes, and all reads that can wait or be asked for again, take: one piece of code reads it for all of them."""


def shared_once_a_tag(published: Json) -> Json:
    """For generated calls: what many operations share is tried on the first of each tag that has it, and not on every one.

    What an operation publishes otherwise than the others, be it by one word, is tried there, too.
    """
    made, seen = copy.deepcopy(published), set()
    for _, op in operations(made):
        taken = op.get("parameters", [])
        op["parameters"] = [
            one for one in taken if one not in SHARED or (*op["tags"], one["name"]) not in seen
        ]
        seen |= {(*op["tags"], one["name"]) for one in taken if one in SHARED}
    return made


@pytest.mark.parametrize("name", ["admin", "auditor"])
def test_generated_calls_find_what_is_published(
    house: House, published: Json, name: str, tmp_path: Path
) -> None:
    """Schemathesis makes calls that the schema allows and calls it forbids, and holds every answer to every check."""
    known = {
        "deal": house.open_deal(),
        "rep": house.reps["north"],
        "team": house.teams["north"],
        "other": uuid4(),
        **the_loop(house),
    }
    (tmp_path / "schemathesis.toml").write_text(CONFIG.format(**known))
    (tmp_path / "openapi.json").write_text(json.dumps(shared_once_a_tag(published)))
    command = [
        sys.executable,
        "-m",
        "schemathesis.cli",
        "run",
        "openapi.json",
        "--url",
        house.base,
        *RUNS[name],
    ]
    options = ["--checks", "all", "--continue-on-failure", "--no-color", "--seed", "7"]
    key = ["-H", f"Authorization: Bearer {house.tokens[name]}"]
    done = subprocess.run(
        [*command, *options, *key], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=3_600
    )
    assert done.returncode == 0, told(done.stdout) + done.stderr[-2_000:]


def the_loop(house: House) -> dict[str, str]:
    """One of each, by what it is called in paths."""
    rep, due = str(house.reps["north"]), "2038-01-01T00:00:00Z"
    owned: Json = {"owner_id": rep, "scope": {"kind": "rep", "id": rep}, "period": "2029"}
    why = {"achievable": "as last year", "relevant": "the plan"}
    bodies: dict[str, tuple[str, Json]] = {
        "target": ("/targets", {"metric": "deals-won", "number": "8", "unit": "count", **owned, **why}),
        "cycle": ("/cycles", {"metrics": ["deals-won"], **owned}),
        "lead": ("/leads", {"name": "Wang Wei"}),
        "item": ("/action-items", {"what": "call", "due_at": due, "owner_id": rep}),
    }
    made = {name: house.admin.post(path, json=body).json() for name, (path, body) in bodies.items()}
    return {name: found["answer"][f"{name}_id"] for name, found in made.items()}


def told(output: str) -> str:
    """What went wrong, without the advice."""
    found = output.partition("= FAILURES =")[2] or output.partition("= ERRORS =")[2] or output
    return found.partition("= WARNINGS =")[0][:20_000]


def test_an_example_is_said_once_and_of_a_field_that_there_is(published: Json) -> None:
    """Where the capability is whose field it is; those of no capability are the engine's."""
    said = [field for module in capabilities.MODULES for field in getattr(module, "EXAMPLES", {})]
    said += engine_examples.EXAMPLES
    assert len(said) == len(set(said))
    shapes, paths = published["components"]["schemas"], {path.split("/")[1] for path in published["paths"]}
    fields = {name for shape in _shapes(published) for name in shape.get("properties", ())}
    fields |= {name.removesuffix("s") for name in fields}
    for one in said:
        place, _, field = one.rpartition(".")
        assert field in fields, one
        assert place in {"", *paths, *shapes}, one


def _shapes(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _shapes(inner)
