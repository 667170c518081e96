"""The loop in the terminal: a target, its cycle, its review and everything beside it, step by step."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.cycle.policy import DEFAULT_CYCLE_POLICY
from domain.meeting import commands as meetings
from tests.cli.conftest import Terminal
from tests.reviewing import clock_says, reviewed

BOSS = str(uuid4())
ROOT = Path(__file__).parents[2]
Eventually = Callable[[Callable[[], Any]], Any]


def _settled(terminal: Terminal) -> int:
    """Where the ledger ends, once every read model is there; 0 before."""
    standing = terminal.json("projections", "status")
    return 0 if any(read["lag"] for read in standing) else int(standing[0]["head"])


@pytest.fixture
def settled(terminal: Terminal, eventually_sync: Eventually) -> Callable[[], int]:
    return lambda: int(eventually_sync(lambda: _settled(terminal)))


@pytest.fixture(scope="module")
def hired(terminal: Terminal) -> list[dict[str, Any]]:
    """Reps that no other test knows: what is done on their deals counts in what these tests compare."""
    team = terminal.json("team", "form", "Loop")["answer"]["team_id"]
    found = []
    for name in ("Ada Loop", "Bo Loop", "Cy Loop"):
        rep = terminal.json("rep", "hire", name, "--team", team)["answer"]["rep_id"]
        found.append({"rep_id": rep, "rep_name": name, "team_id": team})
    return found


@pytest.fixture
def reps(hired: list[dict[str, Any]], settled: Callable[[], int]) -> list[dict[str, Any]]:
    settled()
    return hired


def this_month() -> str:
    return f"{DEFAULT_CYCLE_POLICY.day(datetime.now(UTC)):%Y-%m}"


def proposed(terminal: Terminal, period: str, rep: str, *more: str) -> str:
    told = ["--achievable", "as last year", "--relevant", "the plan", "--owner", rep, "--scope", f"rep:{rep}"]
    id: str = terminal.json("target", "propose", "--period", period, *told, *more)["answer"]["target_id"]
    return id


REVENUE = ("--metric", "revenue-won", "--number", "1,200,000.50", "--unit", "money", "--currency", "CNY")
CALLS = ("--metric", "activities:call", "--number", "30", "--unit", "count")


def test_a_target_is_of_the_customers_of_a_segment(
    terminal: Terminal, reps: list[dict[str, Any]], settled: Callable[[], int]
) -> None:
    terminal.json("segment", "publish", "loop-quiet", "false", "--label", "Quiet")
    rep = reps[1]["rep_id"]
    target = proposed(terminal, "2034", rep, *REVENUE, "--scope", f"rep:{rep}/segment:loop-quiet")
    settled()
    assert terminal.json("target", "show", target)["scope"]["segment"] == "segment:loop-quiet"
    assert "rep Bo Loop · loop-quiet" in terminal.run("target", "show", target).stdout


def test_an_offer_is_made_to_a_segment_and_its_uptake_told(
    terminal: Terminal, settled: Callable[[], int]
) -> None:
    terminal.json("segment", "publish", "loop-silent", "lifecycle.stage == 'dormant'", "--label", "Silent")
    days = ("--since", "2026-01-01", "--until", "2036-01-01")
    terminal.json("offer", "publish", "loop-offer", "--what", "half price", "--segment", "loop-silent", *days)
    settled()
    told = terminal.run("offer", "uptake", "loop-offer")
    assert told.stdout == "made to 0 customers, taken up by 0 (–)\n", told.stderr
    assert "no offer is called loop-none" in terminal.run("offer", "uptake", "loop-none").stderr
    assert "prospect, first-purchase" in terminal.run("segment", "fields").stdout


def test_a_target_is_proposed_divided_revised_and_shown(
    terminal: Terminal, reps: list[dict[str, Any]], settled: Callable[[], int]
) -> None:
    rep = reps[0]["rep_id"]
    missing = terminal.run("target", "propose")
    assert missing.returncode == 1
    assert all(part in missing.stderr for part in ("metric", "number", "period", "scope", "achievable"))
    target = proposed(terminal, "2032", rep, *REVENUE)
    quarters = terminal.json("target", "decompose", target, "--into", "quarter")["answer"]["shares"]
    assert [share["number"] for share in quarters] == ["300000.13", "300000.13", "300000.12", "300000.12"]
    terminal.json("target", "revise", target, "1300000", "--why", "a colleague left")
    assert terminal.json("target", "agree", target, "--by", rep)["answer"]["status"] == "agreed"
    settled()
    assert "1,300,000.00 CNY" in terminal.run("target", "show", target).stdout
    tree = terminal.run("target", "tree", target).stdout
    assert [name in tree for name in ("2032-Q1", "2032-Q4", reps[0]["rep_name"])] == [True] * 3
    listed = terminal.json("target", "list", "--scope", f"rep:{rep}", "--period", "2032-Q1")["items"]
    assert [one["parent_id"] for one in listed] == [target]
    withdrawn = terminal.json("target", "withdraw", target, "--why", "reorganised")
    assert withdrawn["answer"]["status"] == "withdrawn"


def test_a_cycle_tells_what_it_waits_for_from_whom_until_when(
    terminal: Terminal, reps: list[dict[str, Any]], settled: Callable[[], int]
) -> None:
    rep, name = reps[0]["rep_id"], reps[0]["rep_name"]
    proposed(terminal, "2033-Q1", rep, *CALLS)
    which, people = f"rep:{rep}@2033-Q1", ["--owner", rep, "--manager", BOSS]
    opening = ["--scope", f"rep:{rep}", "--period", "2033-Q1", *people, "--metric", "activities:call"]
    assert terminal.json("cycle", "open", *opening)["answer"]["phase"] == "target"
    settled()
    shown = terminal.run("cycle", "show", which).stdout
    assert f"agree, of {name}, until 2032-12-30 09:00" in shown
    assert shown.endswith("times of Asia/Shanghai\n")
    owed = terminal.json("cycle", "show", which)["cycle"]["waits"][0]
    assert (owed["step"], owed["of"]) == ("agree", rep)
    assert terminal.json("cycle", "agree", which, "--by", rep)["answer"]["waiting"] == []
    assert terminal.json("cycle", "pause", which, "--why", "a strike")["answer"]["paused"] is True
    assert terminal.json("cycle", "resume", which)["answer"]["paused"] is False
    assert terminal.json("cycle", "cadence", which, "monthly")["recorded"] > 0
    settled()
    waiting = terminal.run("cycle", "show", which, "--tz", "UTC").stdout
    assert "nobody: it goes on by itself at 2032-12-31 16:00" in waiting
    board = terminal.json("cycle", "list", "--scope", f"rep:{rep}", "--period", "2033-Q1")["items"]
    assert [one["phase"] for one in board] == ["target"]
    assert terminal.run("cycle", "show", "company@never").returncode == 1


def test_a_review_is_gone_through_and_its_pack_stays_while_what_is_known_moves_on(
    terminal: Terminal, reps: list[dict[str, Any]], settled: Callable[[], int]
) -> None:
    rep, name = reps[1]["rep_id"], reps[1]["rep_name"]
    month = this_month()
    proposed(terminal, month, rep, *CALLS)
    deal = terminal.json("deals", "open", "四十台锅炉", "--owner", rep)["answer"]["deal_id"]
    terminal.json("deals", "log", deal, "call")
    which, people = f"rep:{rep}@{month}", ["--owner", rep, "--manager", BOSS, "--metric", "activities:call"]
    opened = terminal.json("cycle", "open", "--scope", f"rep:{rep}", "--period", month, *people)
    cycle, frozen_at = opened["answer"]["cycle_id"], settled()
    early = terminal.run("cycle", "pack", which)
    assert (early.returncode, "has not opened" in early.stderr) == (1, True)
    today = terminal.json("target", "attainment", "--scope", f"rep:{rep}")["items"]
    assert [(one["number"], one["actual"]) for one in today] == [("30", "1")]
    assert "3.3%" in terminal.run("target", "attainment", "--scope", f"rep:{rep}").stdout

    days = terminal.json("target", "pace", today[0]["target_id"])["days"]
    assert days[-1]["actual"] == "1"
    called = ["activities:call", "--scope", f"rep:{rep}", "--period", month]
    assert terminal.run("figure", "show", *called).stdout.endswith(": 1\n")
    assert terminal.json("figure", "show", *called, "--known-at", "1")["figure"] == "0"
    assert [one["subject_id"] for one in terminal.json("figure", "events", *called)["items"]] == [deal]
    assert terminal.run("figure", "show", "activities:call").returncode == 2
    assert terminal.run("figure", "show", *called, "--known-at", str(2**40)).returncode == 1
    before = terminal.json("figure", "show", *called, "--known-at", "2000-01-01")
    assert (before["figure"], before["known_at"]) == ("0", 0)
    assert terminal.run("figure", "show", *called, "--known-at", "yesterday").returncode == 1
    assert terminal.run("figure", "show", *called, "--known-at", "2100-01-01").returncode == 1

    reviewed(terminal.env["DATABASE_URL"], UUID(cycle), frozen_at)
    terminal.json("deals", "log", deal, "call")
    settled()
    pack = terminal.run("cycle", "pack", which, "--lang", "zh").stdout
    assert all(said in pack for said in (name, f"冻结于位置 {frozen_at:,}", "目标未达成"))
    assert "目标 30, 实际 1, 达成率 3.3%" in pack
    assert "目标 30, 实际 2, 达成率 6.7%" in pack
    changed = terminal.run("cycle", "pack", which, "--changed").stdout
    assert "actual 2" in changed
    assert terminal.json("cycle", "pack", which)["equal"] is True
    _go_through(terminal, which, rep)
    settled()
    said = terminal.run("cycle", "said", which).stdout
    assert all(text in said for text in ("two slipped", "late offers", "two a week", "the Acme deal"))
    assert "phase      next" in terminal.run("cycle", "show", which).stdout


def _go_through(terminal: Terminal, which: str, rep: str) -> None:
    """Everything people do from the review on."""
    terminal.json("cycle", "self-assess", which, "two slipped", "--by", rep)
    terminal.json("cycle", "assess", which, "good pipeline, late offers", "--by", BOSS)
    asked = terminal.json("cycle", "ask", which, "more demos?", "--of", BOSS, "--due", "2038-01-01T09:00")
    (decision,) = [w["subject_id"] for w in asked["answer"]["waiting"] if w["step"] == "decide"]
    terminal.json("cycle", "ask-another", which, decision, "--to", rep)
    assert terminal.run("cycle", "decide", which, decision, "no", "--by", BOSS).returncode == 1
    change = ["--by", rep, "--change", "activities:call=-10%"]
    terminal.json("cycle", "decide", which, decision, "two a week", *change)
    terminal.json("cycle", "feedback", which, "offers within two days", "--by", BOSS)
    terminal.json("cycle", "comment", which, "the fair cost a week", "--by", rep)
    terminal.json("cycle", "acknowledge", which, "--by", rep)
    terminal.json("cycle", "appeal", which, "--why", "the Acme deal counts", "--by", rep)
    turned_down = ["--turn-down", "--why", "signed later", "--by", BOSS]
    assert terminal.json("cycle", "decide-appeal", which, *turned_down)["answer"]["phase"] == "next"


def test_a_team_meets_on_a_schedule_and_what_it_decides_is_followed_up(
    terminal: Terminal, reps: list[dict[str, Any]], settled: Callable[[], int], tmp_path: Path
) -> None:
    rep, team = reps[0]["rep_id"], f"team:{reps[0]['team_id']}"
    when = ["--every", "weekly", "--day", "3", "--at", "09:30", "--chair", BOSS]
    schedule = terminal.json("meeting", "schedule", "--scope", team, *when)["answer"]["schedule_id"]
    call = meetings.CallMeeting(schedule_id=UUID(schedule), arming=1, number=1)
    clock_says(terminal.env["DATABASE_URL"], call)
    settled()
    assert "weekly, Wednesdays at 09:30" in terminal.run("meeting", "schedules").stdout
    (called,) = terminal.json("meeting", "list", "--scope", team)["items"]
    meeting, due = called["meeting_id"], "2038-01-01T09:00:00Z"
    minutes = {
        "decisions": [{"question": "one list?", "of": rep, "due_at": due}],
        "action_items": [{"what": "call ten", "owner_id": rep, "due_at": due}],
    }
    (tmp_path / "minutes.json").write_text(json.dumps(minutes))
    holding = ["--by", BOSS, "--present", rep, "--minutes", str(tmp_path / "minutes.json")]
    held = terminal.json("meeting", "hold", meeting, "short", *holding)["answer"]
    (owed,) = held["waiting"]
    settled()
    told = terminal.run("meeting", "show", meeting, "--tz", "UTC").stdout
    assert all(said in told for said in ("one list?", "waits for", "decide", "short", reps[0]["rep_name"]))
    assert "call ten" in terminal.run("action", "list").stdout
    terminal.json("meeting", "decide", meeting, owed["subject_id"], "yes", "--by", rep)
    answer = terminal.json("meeting", "cancel-schedule", schedule, "--why", "enough")["answer"]
    assert answer["runs"] is False


CARD = {
    "name": "calling",
    "measures": [
        {
            "key": "calls",
            "kind": "quantitative",
            "weight": "60",
            "metric": "activities:call",
            "curve": [{"at": "0", "score": "0"}, {"at": "4", "score": "100"}],
        },
        {"key": "team play", "kind": "qualitative", "weight": "40"},
    ],
}


def test_a_scorecard_is_closed_and_computed_again_beside_what_is_known_now(
    terminal: Terminal, reps: list[dict[str, Any]], settled: Callable[[], int], tmp_path: Path
) -> None:
    rep, file = reps[2]["rep_id"], tmp_path / "card.json"
    file.write_text(json.dumps(CARD))
    assert terminal.json("scorecard", "define", str(file))["answer"]["version"] == 1
    whose = ["--scope", f"rep:{rep}", "--period", this_month(), "--owner", rep, "--manager", BOSS]
    card = terminal.json("scorecard", "open", "calling", *whose)["answer"]["scorecard_id"]
    deal = terminal.json("deals", "open", "boilers", "--owner", rep)["answer"]["deal_id"]
    terminal.json("deals", "log", deal, "call")
    too_early = terminal.run("scorecard", "close", card)
    assert (too_early.returncode, "team play" in too_early.stderr) == (1, True)
    terminal.json("scorecard", "score", card, "team play=90", "--by", BOSS)
    closed = terminal.json("scorecard", "close", card)["answer"]
    assert (closed["status"], closed["total"]) == ("closed", "51.00")
    terminal.json("deals", "log", deal, "call")
    settled()
    again = terminal.json("scorecard", "recompute", card)
    assert (again["equal"], again["digest"]) == (True, closed["digest"])
    assert [json.loads(again[known])["total"] for known in ("result", "now")] == ["51", "66"]
    assert "from the ledger" in terminal.run("scorecard", "recompute", card).stdout
    shown = terminal.run("scorecard", "show", card).stdout
    assert all(text in shown for text in ("calls", "team play", "60%", "51"))
    behind = terminal.json("scorecard", "events", card, "--measure", "calls")["items"]
    assert [one["topic"] for one in behind] == ["deal.activity-logged"]
    assert terminal.json("scorecard", "definition", "calling")[0]["name"] == "calling"
    appealed = terminal.json("scorecard", "appeal", card, "--why", "one is missing", "--by", rep)
    assert appealed["answer"]["status"] == "open"
    settled()
    listed = terminal.json("scorecard", "list", "--scope", f"rep:{rep}")["items"]
    assert [len(one["closings"]) for one in listed] == [1]


def test_an_action_item_is_followed_to_its_end(
    terminal: Terminal, reps: list[dict[str, Any]], settled: Callable[[], int]
) -> None:
    rep, colleague = reps[0]["rep_id"], reps[1]["rep_id"]
    opened = terminal.json("action", "open", "call the silent", "--owner", rep, "--due", "2038-01-04T09:00")
    item = opened["answer"]["item_id"]
    terminal.json("action", "reword", item, "call the silent ones")
    terminal.json("action", "move", item, "--due", "2038-02-04T09:00")
    terminal.json("action", "handover", item, "--to", colleague)
    settled()
    shown = terminal.run("action", "show", item, "--tz", "Asia/Shanghai").stdout
    assert all(said in shown for said in ("call the silent ones", reps[1]["rep_name"], "2038-02-04 17:00"))
    assert item in terminal.run("action", "list", "--owner", colleague).stdout
    assert terminal.json("action", "finish", item, "--note", "all")["answer"]["outcome"] == "kept"
    for ending, outcome in (("excuse", "excused"), ("break", "broken")):
        other = terminal.json("action", "open", "x", "--owner", rep, "--due", "2038-01-04T09:00")
        ended = terminal.json("action", ending, other["answer"]["item_id"], "--why", "the customer merged")
        assert ended["answer"]["outcome"] == outcome
    settled()
    kept = terminal.json("action", "list", "--owner", colleague, "--outcome", "kept")["items"]
    assert [one["item_id"] for one in kept] == [item]


def test_an_adjustment_is_started_shown_and_stopped(
    terminal: Terminal, reps: list[dict[str, Any]], settled: Callable[[], int]
) -> None:
    rep = reps[0]["rep_id"]
    missing = terminal.run("adjustment", "start")
    assert (missing.returncode, "HYPOTHESIS" in missing.stderr, "--baseline" in missing.stderr) == (
        1,
        True,
        True,
    )
    about = ["--scope", f"rep:{rep}", "--metric", "deals-won", "--owner", rep]
    days = ["--baseline", "2026-07-01..2026-09-30", "--horizon", "2038-03-31"]
    started = terminal.json("adjustment", "start", "a demo in the first week", *about, *days)
    id = started["answer"]["adjustment_id"]
    handed = terminal.json("adjustment", "handover", id, "--to", BOSS)
    assert handed["recorded"] > 0
    settled()
    shown = terminal.run("adjustment", "show", id).stdout
    assert all(
        said in shown for said in ("a demo in the first week", "deals won", "2026-07-01 to 2026-09-30")
    )
    assert id in terminal.run("adjustment", "list", "--scope", f"rep:{rep}").stdout
    early = terminal.run("adjustment", "decide", id, "keep", "--why", "good", "--by", BOSS)
    assert early.returncode == 1
    stopped = terminal.json("adjustment", "decide", id, "stop", "--why", "nobody has time", "--by", BOSS)
    assert stopped["recorded"] > 0
    settled()
    assert terminal.json("adjustment", "show", id)["outcome"] == "stop"
    assert terminal.run("adjustment", "start", "x", "--baseline", "May").returncode == 2
