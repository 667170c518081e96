"""`salesloop` with an address and a key: the API's answers, that key's rights, and the same output as beside the database."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from api.engine.roles import Role
from api.engine.users import NewKey
from domain.capabilities import load
from runtime import imports
from tests.cli.conftest import Terminal, environment
from tests.house import make_key, serving, settings_for

Eventually = Callable[[Callable[[], Any]], Any]
Desks = dict[str, Terminal]


@pytest.fixture(scope="module")
def seller(terminal: Terminal) -> dict[str, Any]:
    """A rep with open deals."""
    (deal,) = terminal.json("deals", "list", "--status", "open", "--limit", "1")["items"]
    return {name: deal[name] for name in ("owner_id", "owner_name", "team_id")}


@pytest.fixture(scope="module")
def desks(
    terminal: Terminal, seller: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desks]:
    """A terminal by role, each with nothing but an address and a key; `operator` beside the database."""
    url = terminal.env["DATABASE_URL"]
    who = {"rep": UUID(seller["owner_id"]), "team": UUID(seller["team_id"])}
    keys = {
        "admin": NewKey("ops", Role.ADMIN),
        "manager": NewKey("boss", Role.MANAGER, None, who["team"]),
        "rep": NewKey("li", Role.REP, who["rep"], None),
    }
    with serving(settings_for(url, tmp_path_factory.mktemp("served"))) as base:
        made = {name: asyncio.run(make_key(url, key)) for name, key in keys.items()}
        afar = {
            name: Terminal(environment(SALESLOOP_URL=base, SALESLOOP_KEY=token, SALESLOOP_DATA="/nowhere"))
            for name, token in made.items()
        }
        yield {"operator": terminal, **afar}


READS = [
    "deals list --limit 5 --sort -amount",
    "deals list --amount-from 1,000 --amount-to 900000 --due-before 2100-01-01T09:00 --closing-before 2100-01-01",
    "lead list --sort captured_at --limit 3",
    "target list --on 2026-12-01 --period-kind quarter --sort -metric",
    "cycle list --on 2026-12-01 --of {name} --manager {name} --waits-for agree --due-before 2100-01-01T09:00 --not-behind --sort starts",
    "scorecard list --manager {name} --sort starts",
    "adjustment list --outcome keep --sort -next_at",
    "meeting list --chair {name} --not-over --sort waits_until",
    "meeting schedules --status running --sort -next_at",
    "deals list --status open --owner {name} --limit 3",
    "deals list --override asked --limit 5",
    "deals show {deal}",
    "history {deal}",
    "agenda --limit 5",
    "agenda --rep {name} --overdue",
    "agenda --due-from 2026-01-01T09:00 --due-before 2100-01-01T09:00 --limit 5",
    "funnel",
    "funnel --owner {name} --since 2026-01-01",
    "reps",
    "reps --left",
    "promises health",
    "promises outcomes",
    "promises ended --limit 5",
    "policies list",
    "process list",
    "lead list",
    "customer list --limit 3",
    "customer list --text a --limit 3",
    "product list",
    "team list",
    "rep list",
    "cycle list",
    "cycle policy",
    "target list",
    "target attainment",
    "scorecard list",
    "action list",
    "adjustment list --scope company",
    "meeting list",
    "meeting schedules",
    "figure list",
    "figure show deals-won --scope rep:{name} --since 2026-01-01 --until 2026-12-31",
    "figure show revenue-won --product {product} --period 2026 --currency CNY",
    "figure events deals-won --product {product} --period 2026",
    "figure events activities:call --since 2026-01-01 --until 2026-12-31 --limit 3",
    "policies show default",
    "process show default",
    "keys list",
    "user list",
    "projections status",
    "events --after 0 --limit 5",
]


@pytest.mark.parametrize("command", READS)
def test_what_is_read_through_the_api_is_what_is_read_beside_the_database(
    desks: Desks, seller: dict[str, Any], command: str, eventually_sync: Eventually
) -> None:
    here = desks["operator"]
    eventually_sync(lambda: all(read["lag"] == 0 for read in here.json("projections", "status")))
    deal = here.json("deals", "list", "--sort", "opened_at", "--limit", "1")["items"][0]["reference"]
    product = here.json("product", "list")["items"][0]["name"]
    named = {"name": seller["owner_name"], "deal": deal, "product": product}
    words = [word.format(**named) for word in command.split(" ")]
    for more in ([], ["--json"]):
        mine, afar = (desks[who].run(*words, *more) for who in ("operator", "admin"))
        assert mine.returncode == 0, mine.stderr
        assert (afar.stdout, afar.stderr, afar.returncode) == (mine.stdout, mine.stderr, mine.returncode)


def test_every_read_of_the_api_is_a_command() -> None:
    """Each way out, by the path that a command asks; those of the tables have theirs made."""
    from tests.cli.test_acts import ROUTES

    asked = "".join(file.read_text() for file in (Path(__file__).parents[2] / "cli").rglob("*.py"))
    tables = (reads for module in load("api") for reads in getattr(module, "READS", ()))
    asked += "".join(f"{reads.path} {'history' * reads.history}" for reads in tables if reads.terminal)
    silent = {"/healthz", "/readyz", "/openapi.json", "/docs", "/metrics"}
    elsewhere = {
        "/targets/{target_id}",
        "/meeting-schedules/{schedule_id}",
    }
    elsewhere |= {"/customers/{customer_id}/contacts", "/figures/catalogue"}
    uploads = {path for _, path in ROUTES if path.startswith("/imports")}
    wanted = {path for method, path in ROUTES if method == "GET"} - silent - elsewhere - uploads
    parts = {path: [part for part in path.split("{")[0].strip("/").split("/") if part] for path in wanted}
    assert [path for path, words in parts.items() if not all(word in asked for word in words)] == []


# --- whose rights ----------------------------------------------------------------------------------------------------


def test_a_key_s_rights_hold(desks: Desks, seller: dict[str, Any], eventually_sync: Eventually) -> None:
    rep, manager, admin = (desks[name] for name in ("rep", "manager", "admin"))
    south = admin.json("team", "form", "South", "--key", "south")["answer"]["team_id"]
    owner = admin.json("rep", "hire", "Ms South", "--team", south, "--key", "ms-south")["answer"]["rep_id"]
    foreign = admin.json("deals", "open", "boilers", "--owner", owner)["answer"]
    eventually_sync(lambda: admin.run("deals", "show", foreign["deal_id"]).returncode == 0)
    assert {one["team_id"] for one in rep.json("deals", "list")["items"]} == {seller["team_id"]}
    assert rep.run("deals", "show", foreign["deal_id"]).returncode == 1
    done = rep.run("deals", "log", foreign["deal_id"], "call")
    assert (done.returncode, done.stdout) == (1, "")
    assert "refused: " in done.stderr
    assert manager.run("keys", "list").returncode == 1
    assert "refused: this needs the role" in rep.run("promises", "health").stderr


def test_who_it_is_is_what_the_key_says(desks: Desks) -> None:
    deal = desks["rep"].json("deals", "open", "boilers")["answer"]
    logged = desks["rep"].json("deals", "log", deal["deal_id"], "call", "--outcome", "reached")
    told = desks["admin"].json("events", "--after", str(logged["position"] - 1), "--limit", "1")
    assert (told["meta"]["actor"]["id"], told["meta"]["channel"]) == ("li", "api")
    done = desks["rep"].run("deals", "log", deal["deal_id"], "call", "--user", "somebody")
    assert (done.returncode, "the key says who it is" in done.stderr) == (1, True)


def test_the_operator_is_told_to_act_as_one_and_a_program_is_not(desks: Desks) -> None:
    deal = desks["operator"].json("deals", "list", "--limit", "1", "--status", "open")["items"][0]["deal_id"]
    told = desks["operator"].run("deals", "log", deal, "call", "--user", "wang")
    assert told.stderr.startswith("done as the operator")
    assert desks["operator"].run("deals", "log", deal, "call", "--json").stderr == ""
    assert desks["admin"].run("deals", "log", deal, "call").stderr == ""
    events = desks["operator"].run("events", "--after", "0", "--json").stdout.splitlines()
    actors = {(e["meta"]["actor"]["id"], e["meta"]["channel"]) for e in map(json.loads, events)}
    assert {("wang", "cli"), ("cli", "cli")} <= actors


@pytest.mark.parametrize(
    ("changed", "code", "said"),
    [
        ({"SALESLOOP_KEY": "sl_0123456789abcdef_wrong"}, 3, "refused: "),
        ({"SALESLOOP_KEY": ""}, 2, "needs SALESLOOP_KEY"),
        ({"SALESLOOP_URL": "sales.example.com"}, 2, "must be an address"),
        ({"SALESLOOP_URL": "http://127.0.0.1:9"}, 3, "does not answer"),
    ],
)
def test_an_address_or_a_key_that_is_none_is_told_in_a_line(
    desks: Desks, changed: dict[str, str], code: int, said: str
) -> None:
    done = Terminal({**desks["admin"].env, **changed}).run("deals", "list")
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_what_is_the_operator_s_is_refused_from_afar(desks: Desks) -> None:
    for command in (["projections", "rebuild", "funnel"], ["projections", "compare", "funnel"], ["rehearse"]):
        done = desks["admin"].run(*command)
        assert (done.returncode, "is the operator's" in done.stderr) == (2, True), done.stderr


# --- what is done ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["operator", "admin", "rep"])
def test_whatever_a_gate_wants_can_be_supplied(desks: Desks, seller: dict[str, Any], who: str) -> None:
    desk, soon = desks[who], f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%dT09:00}"
    opened = desk.json(
        "deals", "open", "四十台锅炉", "--owner", seller["owner_name"], "--amount", "480,000 CNY"
    )
    deal = opened["answer"]["deal_id"]
    desk.json("deals", "log", deal, "call", "--outcome", "reached", "--inbound", "--minutes", "12")
    desk.json("deals", "move", deal, "needs")
    gate = desk.run("deals", "move", deal, "solution")
    assert gate.returncode == 1
    assert (
        "salesloop deals needs DEAL --pain-points --budget --decision-process --decision-makers"
        in gate.stderr
    )
    told = ["--pain-points", "late offers", "--budget", "500,000 CNY", "--decision-process", "a tender"]
    desk.json("deals", "needs", deal, *told, "--decision-makers", "赵", "--decision-makers", "钱")
    desk.json("deals", "move", deal, "solution")
    desk.json("deals", "quote", deal, "Q-17", "--amount", "470,000 CNY", "--valid-until", "2030-01-31")
    desk.json("deals", "amount", deal, "450000 CNY")
    desk.json("deals", "expected-close", deal, "2030-06-30")
    desk.json("deals", "promise", deal, "发送报价", "--due", soon)
    desk.json("deals", "correct", deal, "--title", "五十台锅炉")
    desk.json("deals", "lose", deal, "--why", "price", "--competitor", "Acme")
    desk.json("deals", "correct-closing", deal, "--why", "time")
    assert desk.json("deals", "reopen", deal, "contact")["answer"]["status"] == "open"


def test_files_are_imported_through_the_api_with_their_refused_rows(desks: Desks, tmp_path: Path) -> None:
    from runtime.imports.generate import generate

    generate(tmp_path / "other", deals=20, seed=12)
    deals = tmp_path / "other" / "sales_pipeline.csv"
    deals.write_text(deals.read_text(encoding="utf-8").replace(",Won,", ",Wone,", 1), encoding="utf-8")
    (tmp_path / "other" / "notes.txt").write_text("no table of the mapping reads this")
    mapping = tmp_path / "mine.toml"
    mapping.write_bytes((Path(imports.__file__).parent / "mappings" / "crm_export.toml").read_bytes())
    told = {}
    for who, name in (("operator", "crm_export"), ("admin", "crm_export"), ("admin", str(mapping))):
        folder = tmp_path / f"{who} {Path(name).stem}"
        words = ["import", str(tmp_path / "other"), "--mapping", name, "--dry-run", "--rejects", str(folder)]
        done = desks[who].run(*words, "--json")
        told[who, name] = json.loads(done.stdout)
        assert done.returncode == 1, "some rows are refused"
        assert [Path(file).name for file in told[who, name]["rejects"]] == sorted(
            file.name for file in folder.iterdir()
        )
    counts = [{n: one[n] for n in ("rows", "refused", "events", "refusals")} for one in told.values()]
    assert counts[0] == counts[1] == counts[2]
    refused = desks["rep"].run("import", str(tmp_path / "other"), "--mapping", "crm_export")
    assert (refused.returncode, "this needs the role" in refused.stderr) == (1, True)


def test_the_same_key_again_records_nothing_twice(desks: Desks) -> None:
    for who in ("operator", "admin"):
        again = [desks[who].json("customer", "register", f"Acme {who}", "--key", "k-1") for _ in range(2)]
        assert again[0]["answer"] == again[1]["answer"]
        assert [one["replayed"] for one in again] == [False, True]


@pytest.mark.parametrize("who", ["operator", "admin"])
def test_what_is_wrong_is_told_by_the_option_that_said_it(desks: Desks, who: str) -> None:
    deal = desks["operator"].json("deals", "list", "--limit", "1", "--status", "open")["items"][0]["deal_id"]
    for arguments, code, said in (
        (["quote", deal, "Q-1", "--amount", "1,5 CNY"], 2, "--amount: '1,5 CNY' is not an amount"),
        (["expected-close", deal, "31.12.2026"], 2, "DAY: '31.12.2026' must be a day"),
        (["log", deal, "call", "--happened", "2100-01-01T00:00"], 1, "--happened: is in the future"),
        (["log", deal, "dance"], 2, "KIND: 'dance' is none of call, visit"),
        (["handover", deal, "--to", "nobody at all", "--note", "x"], 1, "no rep is called 'nobody at all'"),
        (["correct", deal, "--title", " "], 1, "--title: must not be blank"),
        (["open", "x", "--owner", "0d9f6f0e"], 1, "no rep is called '0d9f6f0e'"),
    ):
        done = desks[who].run("deals", *arguments)
        assert (done.returncode, said in done.stderr) == (code, True), (arguments, done.stderr)


def test_a_name_stands_for_one_or_those_it_fits_are_told(desks: Desks, eventually_sync: Eventually) -> None:
    here = desks["operator"]
    for n, name in enumerate(("Twin Tools", "Twin Trade")):
        here.json("customer", "register", name, "--key", f"twin-{n}")
    names = eventually_sync(lambda: {one["name"] for one in here.json("customer", "list")["items"]})
    eventually_sync(lambda: here.run("customer", "show", "twin trade").returncode == 0)
    assert names
    for who in ("operator", "admin"):
        done = desks[who].run("deals", "list", "--customer", "twin")
        assert (done.returncode, "Twin Tools (" in done.stderr, "Twin Trade (" in done.stderr) == (
            2,
            True,
            True,
        )
        assert desks[who].json("customer", "show", "ｔｗｉｎ　ｔｒａ")["profile"]["name"] == "Twin Trade"


async def test_who_looks_no_longer_is_told_that_the_import_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from cli.engine import sending

    class Interrupted:
        async def upload(self, *_: object) -> dict[str, str]:
            return {"id": "j-1", "state": "queued"}

        async def read(self, *_: object) -> None:
            raise asyncio.CancelledError

    (tmp_path / "log.csv").write_text("case_id,activity,lifecycle,resource,timestamp\n")
    monkeypatch.setattr(sending, "backend", lambda: contextlib.nullcontext(Interrupted()))
    with pytest.raises(asyncio.CancelledError):
        await sending.send(tmp_path / "log.csv", "event_log", tmp_path, dry_run=False)
    assert "goes on at the server: GET /imports/j-1" in capsys.readouterr().err


def test_every_requirement_of_a_gate_has_a_command() -> None:
    from cli.engine.refusals import SUPPLIED_BY
    from domain.policy.process import REQUIREMENTS
    from tests.cli.test_acts import ACTS

    assert set(SUPPLIED_BY) == set(REQUIREMENTS)
    options = {act.call: {f"--{part.name}" for part in act.parts} for act in ACTS}
    for said in SUPPLIED_BY.values():
        command, _, option = said.partition(" --")
        assert not option or f"--{option}" in options[command]
