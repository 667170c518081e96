"""`salesloop`: help with an example for everything, the same facts as tables and as JSON, exit codes that scripts can rely on."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import typer

from cli.main import app
from runtime.programs import free_port
from tests.cli.conftest import Terminal

Eventually = Callable[[Callable[[], Any]], Any]


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


EVERY = list(commands(typer.main.get_command(app)))


@pytest.mark.parametrize(("path", "command"), EVERY, ids=[" ".join(path) for path, _ in EVERY])
def test_every_command_has_a_help_with_an_example_and_json(path: tuple[str, ...], command: Any) -> None:
    assert command.help
    assert command.epilog.startswith("Example: ")
    assert " ".join(("salesloop", *path)) in command.epilog
    options = {name for parameter in command.params for name in parameter.opts}
    assert "--json" in options


def test_help_needs_nothing_that_is_heavy(nowhere: Terminal) -> None:
    """What makes it slow is what it imports. The list of capabilities imports nothing."""
    code = "import sys, cli.main; print(*sorted({m.partition('.')[0] for m in set(sys.modules) - {'domain', 'domain.capabilities'}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {
        "psycopg",
        "fastapi",
        "temporalio",
        "eventsourcing",
        "pydantic",
        "msgspec",
        "uvicorn",
        "domain",
        "runtime",
    }
    assert not heavy & set(done.stdout.split())
    assert "deals" in nowhere.spawn("--help").stdout


@pytest.mark.parametrize("command", [["api"], ["worker", "--role", "projections"]])
def test_what_goes_on_for_long_tells_it_a_json_object_a_line(terminal: Terminal, command: list[str]) -> None:
    arguments = [sys.executable, "-m", "cli.main", *command, "--json"]
    env = {**terminal.env, "SALESLOOP_API_PORT": str(free_port())}
    with subprocess.Popen(arguments, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        process.terminate()
        rest = [json.loads(line) for line in process.stdout]
    assert all({"at", "level", "message"} <= set(line) for line in [first, *rest])
    assert process.returncode == 0


# --- what goes wrong -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments", [["deals", "list"], ["funnel"], ["keys", "list"], ["projections", "status"]]
)
def test_where_nothing_runs_it_says_what_to_do(nowhere: Terminal, arguments: list[str]) -> None:
    done = nowhere.spawn(*arguments)
    assert done.returncode == 3
    assert "run 'salesloop dev' first or set DATABASE_URL" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_that_is_away_is_told_in_a_line(nowhere: Terminal) -> None:
    away = Terminal({**nowhere.env, "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none?connect_timeout=1"})
    done = away.spawn("funnel")
    assert done.returncode == 3
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["cycle", "show", "company@2031-Q1"], 1, "no cycle is company@2031-Q1: see salesloop cycle list"),
        (["cycle", "pause", "company@2031-Q1", "--why", "x"], 1, "no cycle is company@2031-Q1"),
        (["deals", "show", "nosuch"], 1, "no deal has the id or reference 'nosuch'"),
        (["deals", "show", str(uuid4())], 1, "no deal has the id"),
        (["deals", "move", str(uuid4()), "contact"], 1, "refused: no deal has the id"),
        (["deals", "list", "--sort", "colour"], 1, "sort: must be one of"),
        (["agenda", "--tz", "Mars/Olympus"], 2, "unknown time zone"),
        (["figure", "show", "deals-won", "--period", "2026", "--segment", "none"], 1, "of this sector"),
        (["agenda", "--due-from", "2027-01-02T09:00", "--due-before", "2027-01-01T09:00"], 1, "due_from"),
        (["projections", "rebuild", "nosuch"], 1, "there is no read model 'nosuch'"),
        (["projections", "rebuild"], 2, "name the read models to rebuild"),
        (["funnel", "--process", "nosuch"], 1, "no process is called"),
        (["keys", "create", "--role", "rep", "--user", "u1"], 1, "needs --rep"),
        (["keys", "create", "--role", "admin", "--user", "a@b.c"], 1, "letters, digits"),
        (["deals", "open", "x", "--owner", str(uuid4())], 1, "no rep has the id"),
        (["deals", "open", "x", "--owner", str(uuid4()), "--amount", "much"], 2, "is not an amount"),
        (["deals", "list", "--nonsense"], 2, "No such option"),
        (["import", "/nowhere/at/all"], 2, "does not exist"),
    ],
)
def test_what_is_wrong_is_told_in_a_line_with_an_exit_code(
    terminal: Terminal, arguments: list[str], code: int, said: str
) -> None:
    done = terminal.run(*arguments)
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr


# --- what is there ---------------------------------------------------------------------------------------------------


def test_importing_again_records_nothing(terminal: Terminal, pipeline: Path) -> None:
    told = terminal.json("import", str(pipeline), "--mapping", "crm_export")
    assert (told["refused"], told["accepted"], told["events"]) == (0, 0, 0)
    assert told["unchanged"] == told["rows"]


def test_a_dry_run_tells_and_records_nothing(terminal: Terminal, tmp_path: Path) -> None:
    from runtime.imports.generate import generate

    generate(tmp_path / "other", deals=20, seed=12, dirty=True)
    before = _head(terminal)
    done = terminal.run("import", str(tmp_path / "other"), "--mapping", "crm_export", "--dry-run", "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["dry_run"]) == (1 if told["refused"] else 0, True)
    assert told["events"] > 0
    assert _head(terminal) == before


def _head(terminal: Terminal) -> int:
    return int(terminal.json("projections", "status")[0]["head"])


def _settled(terminal: Terminal) -> bool:
    return all(read["lag"] == 0 for read in terminal.json("projections", "status"))


def test_lists_agree_with_their_json(terminal: Terminal, eventually_sync: Eventually) -> None:
    eventually_sync(lambda: _settled(terminal))
    page = terminal.json("deals", "list", "--limit", "5", "--sort", "-amount")
    shown = terminal.run("deals", "list", "--limit", "5", "--sort", "-amount").stdout
    assert len(page["items"]) == 5
    assert all(deal["reference"] in shown and deal["title"] in shown for deal in page["items"])
    more = terminal.json(
        "deals", "list", "--limit", "5", "--sort", "-amount", "--cursor", page["next_cursor"]
    )
    assert not {d["deal_id"] for d in more["items"]} & {d["deal_id"] for d in page["items"]}


def test_the_funnel_and_the_reps_count_the_same_deals(
    terminal: Terminal, eventually_sync: Eventually
) -> None:
    eventually_sync(lambda: _settled(terminal))
    stages = terminal.json("funnel")["stages"]
    open_now = sum(s["deals"] for s in stages if s["stage"] not in ("won", "lost", "after-sales"))
    assert open_now == sum(rep["open_deals"] for rep in terminal.json("reps")) > 0
    health = terminal.json("promises", "health")
    assert (health["open_deals_without_promise"], health["deals"]) == (0, [])
    assert {"stage", "deals", "went on"} <= set(re.split(r"\s{2,}|\n", terminal.run("funnel").stdout))


def test_amounts_are_grouped_and_wide_characters_align(terminal: Terminal) -> None:
    shown = terminal.run("deals", "list", "--limit", "8", "--sort", "-amount").stdout.splitlines()
    rows = [line for line in shown if re.search(r"\d,\d{3}\.\d\d [A-Z]{3}", line)]
    assert len(rows) == 8
    assert any(unicodedata.east_asian_width(c) == "W" for line in rows for c in line)
    ends = {_width(line[: re.search(r"\.\d\d [A-Z]{3}", line).end()]) for line in rows}  # type: ignore[union-attr]
    assert len(ends) == 1, "the amounts end in the same column of the screen"


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def test_times_are_shown_in_the_zone_asked_for(terminal: Terminal) -> None:
    reference = terminal.json("deals", "list", "--limit", "1", "--sort", "opened_at")["items"][0]["reference"]
    utc, shanghai = (
        terminal.run("history", reference, "--tz", zone).stdout for zone in ("UTC", "Asia/Shanghai")
    )
    hours = [int(re.findall(r" (\d\d):\d\d:\d\d ", shown)[0]) for shown in (utc, shanghai)]
    assert (hours[0] + 8) % 24 == hours[1]
    assert utc.endswith("times of UTC\n")
    assert shanghai.endswith("times of Asia/Shanghai\n")


def test_what_a_list_calls_a_deal_names_it_in_every_command(terminal: Terminal) -> None:
    page = terminal.json("agenda", "--limit", "3")["items"]
    shown = terminal.run("agenda", "--limit", "3").stdout
    assert all(promise["reference"] in shown for promise in page)
    for promise in page:
        id, reference = promise["deal_id"], promise["reference"]
        for name in ([reference] if reference else []) + [id, id[:8], id[:13]]:
            assert terminal.json("deals", "show", name)["deal_id"] == promise["deal_id"]
    assert terminal.run("deals", "show", page[0]["deal_id"][:7]).returncode == 1


# --- what is done ----------------------------------------------------------------------------------------------------


def test_a_deal_is_opened_touched_moved_and_lost_and_its_history_tells_it_in_two_languages(
    terminal: Terminal, eventually_sync: Eventually
) -> None:
    rep = terminal.json("reps")[0]["rep_id"]
    next_step = ["--next", "发送报价", "--due", "2030-01-07T09:00"]
    amount = ["--amount", "1,250,000.50 CNY"]
    opened = terminal.json("deals", "open", "四十台锅炉", "--owner", rep, *amount, *next_step)
    deal = opened["answer"]["deal_id"]
    late = ["--happened", "2026-01-05T09:30", "--reason", "entered after the trip"]
    logged = terminal.json("deals", "log", deal, "call", "--outcome", "reached", "--user", "u-li", *late)
    moved = terminal.json("deals", "move", deal, "needs", "--reason", "they called back")
    gate = terminal.run("deals", "move", deal, "solution")
    lost = terminal.json("deals", "lose", deal, "--why", "price", "--competitor", "Acme")
    assert (opened["recorded"], logged["recorded"] > 0, moved["answer"]["stage"]) == (2, True, "needs")
    assert gate.returncode == 1
    assert "pain-points, budget, decision-process, decision-makers" in gate.stderr
    assert lost["answer"]["status"] == "lost"

    eventually_sync(lambda: _settled(terminal))
    told = terminal.json("history", deal)["items"]
    assert {(h["who"], h["channel"]) for h in told} == {("cli", "cli"), ("u-li", "cli")}
    assert next(h["reason"] for h in told if h["topic"] == "deal.stage-moved") == "they called back"
    call = next(h for h in told if h["topic"] == "deal.activity-logged")
    assert (call["reason"], call["occurred_at"][:8]) == ("entered after the trip", "2026-01-")
    assert "四十台锅炉" in terminal.run("history", deal).stdout
    assert "新建商机" in terminal.run("history", deal, "--lang", "zh").stdout
    assert "1,250,000.50 CNY" in terminal.run("deals", "show", deal).stdout


def test_a_deal_s_history_has_the_ids_that_corrections_and_decisions_take(
    terminal: Terminal, eventually_sync: Eventually
) -> None:
    rep = terminal.json("reps")[0]["rep_id"]
    deal = terminal.json("deals", "open", "Lifts for the tower", "--owner", rep)["answer"]["deal_id"]
    touch = terminal.json("deals", "log", deal, "call")["answer"]["activity_id"]
    asked = terminal.json("deals", "override", deal, "negotiation", "--reason", "a tender")["answer"][
        "override_id"
    ]
    eventually_sync(lambda: _settled(terminal))
    said = " ".join(terminal.run("history", deal).stdout.split())
    assert f"id {touch}" in said
    assert f"id {asked}" in said
    corrected = ("deals", "correct-touch", deal, touch, "visit")
    decided = ("deals", "decide-override", deal, asked, "--refuse", "--user", "u-boss")
    assert [terminal.run(*one).returncode for one in (corrected, decided)] == [0, 0]


def test_a_name_that_is_nearly_right_is_suggested(terminal: Terminal, eventually_sync: Eventually) -> None:
    terminal.json("team", "form", "Northern Lights")
    eventually_sync(lambda: _settled(terminal))
    told = terminal.run("deals", "list", "--team", "northren lihgts").stderr
    assert told == "no team is called 'northren lihgts'; did you mean 'Northern Lights'?\n"


def test_the_log_is_read_line_by_line(terminal: Terminal) -> None:
    done = terminal.run("events", "--after", "0", "--limit", "30", "--json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["position"] for line in lines] == list(range(1, 31))
    assert all(UUID(line["stream_id"]) for line in lines)
    told = terminal.run("events", "--after", "0", "--limit", "30").stdout.splitlines()
    assert (len(told), told[-1]) == (31, "times of UTC")


def test_a_key_is_made_listed_and_revoked(terminal: Terminal) -> None:
    made = terminal.json("keys", "create", "--role", "auditor", "--for", "u-audit", "--days", "30")
    assert made["token"].startswith(f"sl_{made['id']}_")
    listed = {key["id"]: key for key in terminal.json("keys", "list")}
    assert (listed[made["id"]]["role"], listed[made["id"]]["revoked_at"]) == ("auditor", None)
    assert made["token"] not in terminal.run("keys", "list").stdout
    assert terminal.json("keys", "revoke", made["id"])["revoked_at"]
    assert terminal.run("keys", "revoke", "0" * 16).returncode == 1


class TestUsers:
    def test_an_account_is_made_with_a_link_listed_changed_and_closed(self, terminal: Terminal) -> None:
        owner = terminal.json("rep", "list")["items"][0]
        made = terminal.run(
            "user",
            "add",
            "liwei",
            "--role",
            "rep",
            "--rep",
            owner["id"],
            "--name",
            "李伟",
            "--language",
            "zh",
        )
        link = made.stdout.splitlines()[-1]
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/sign-in/link/[\w-]{43}", link), made.stderr
        (listed,) = [one for one in terminal.json("user", "list") if one["login"] == "liwei"]
        assert (listed["login"], listed["name"], listed["role"]) == ("liwei", "李伟", "rep")
        assert "no password yet" in terminal.run("user", "list").stdout
        assert terminal.json("user", "link", "LIWEI")["link"] != link
        assert terminal.run("user", "role", "liwei", "--role", "auditor").returncode == 0
        assert terminal.json("user", "sign-out", "liwei") == {"login": "liwei", "ended": 0}
        assert terminal.run("user", "disable", "liwei").returncode == 0
        refused = terminal.run("user", "link", "liwei")
        assert (refused.returncode, "enable it first" in refused.stderr) == (1, True)
        assert terminal.run("user", "enable", "liwei").returncode == 0
        changes = [one["what"] for one in terminal.json("user", "history", "liwei")]
        assert changes == ["enabled", "disabled", "role", "link", "link", "created"]
        assert "李伟" not in terminal.run("user", "history", "liwei").stdout

    def test_an_address_is_changed_and_taken_away(self, terminal: Terminal) -> None:
        assert terminal.run("user", "add", "mei", "--role", "auditor").returncode == 0
        made = terminal.json("user", "email", "mei", "mei@example.com")
        assert made == {"login": "mei", "email": "mei@example.com"}
        said = terminal.run("user", "email", "mei", "--remove", "--lang", "zh").stdout
        assert said.strip() == "mei 的邮箱已移除"
        (mei,) = [one for one in terminal.json("user", "list") if one["login"] == "mei"]
        assert mei["email"] is None
        wrong = terminal.run("user", "email", "mei", "x")
        assert (wrong.returncode, "ADDRESS: " in wrong.stderr) == (1, True), wrong.stderr
        for arguments in ([], ["x@example.com", "--remove"]):
            assert "say ADDRESS or --remove" in terminal.run("user", "email", "mei", *arguments).stderr

    def test_the_first_administrator_is_made_beside_the_database(self, terminal: Terminal) -> None:
        assert terminal.json("user", "add", "founder", "--role", "admin")["login"] == "founder"
        assert "/sign-in/link/" in terminal.json("user", "link", "founder")["link"]

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["add", "x", "--role", "rep"], "a rep's account needs --rep"),
            (["add", "x", "--role", "manager"], "a manager's account needs --team"),
            (["add", "a@b.c", "--role", "auditor"], "LOGIN: "),
            (
                ["add", "x", "--role", "auditor", "--timezone", "Mars/Olympus"],
                "--timezone: must be an IANA time zone",
            ),
            (["add", "x", "--role", "auditor", "--email", "nowhere"], "--email: "),
            (["link", "nobody-here"], "no account has the login nobody-here"),
        ],
    )
    def test_what_is_wrong_is_named(self, terminal: Terminal, arguments: list[str], said: str) -> None:
        done = terminal.run("user", *arguments)
        assert done.returncode == 1
        assert said in done.stderr


def test_a_policy_is_published_once_and_shown(terminal: Terminal, tmp_path: Path) -> None:
    file = tmp_path / "policy.json"
    file.write_text(json.dumps({"name": "swift", "calendar": {"timezone": "UTC"}, "due_after": "8bh"}))
    answer = terminal.json("policies", "publish", str(file))["answer"]
    assert (answer["policy"], answer["version"]) == ("swift", 1)
    assert terminal.json("policies", "publish", str(file))["recorded"] == 0
    assert terminal.json("policies", "show", "swift")[0]["due_after"] == "8bh"
    file.write_text(json.dumps({"name": "swift", "calendar": {"timezone": "Mars"}, "due_after": "soon"}))
    assert terminal.run("policies", "publish", str(file)).returncode == 1


def test_how_far_a_calendar_reaches_is_said(
    terminal: Terminal, tmp_path: Path, eventually_sync: Eventually
) -> None:
    file = tmp_path / "policy.json"
    calendar = {
        "timezone": "Asia/Shanghai",
        "country": "CN",
        "years": [2026, 2027],
        "holidays": ["2026-03-09"],
    }
    file.write_text(json.dumps({"name": "estimate", "calendar": calendar, "due_after": "8bh"}))
    assert "note: the days off of 2027 are estimated" in terminal.run("policies", "publish", str(file)).stdout
    eventually_sync(lambda: _settled(terminal))
    shown = terminal.json("policies", "show", "estimate")[0]
    assert (shown["calendar"]["known_until"], shown["calendar"]["own_holidays"]) == (
        "2027-12-31",
        ["2026-03-09"],
    )
    assert "note: the days off of 2027 are estimated" in terminal.run("policies", "show", "estimate").stdout
    turns = tmp_path / "turns.json"
    turns.write_text(json.dumps({"name": "turns", "calendar": calendar}))
    assert "note: the days off" in terminal.run("cycle", "publish", str(turns)).stdout
    eventually_sync(lambda: _settled(terminal))
    assert "known until 2027-12-31" in terminal.run("cycle", "policy", "turns").stdout
    health = terminal.run("promises", "health").stdout
    assert "cycle default 1" in health
    assert "nothing known" in health


def test_a_read_model_equals_its_rebuild(terminal: Terminal, eventually_sync: Eventually) -> None:
    eventually_sync(lambda: _settled(terminal))
    assert terminal.json("projections", "compare", "funnel") == {"read_model": "funnel", "differences": []}
    assert terminal.json("projections", "rebuild", "funnel")["position"] == _head(terminal)
    both = terminal.json("projections", "rebuild", "deal_board", "deal_history", "--workers", "2")
    assert both == [{"read_model": n, "position": _head(terminal)} for n in ("deal_board", "deal_history")]
    assert "rules was rebuilt up to position" in terminal.run("projections", "rebuild", "--all").stdout
    assert terminal.json("projections", "resume", "funnel") == {"read_model": "funnel", "asked": True}
