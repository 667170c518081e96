"""`salesloop rehearse`: an event log comes in, and a draft rule is played over it; the figures are worked out by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.cli.conftest import Terminal, environment
from tests.house import migrate_all

OFFER, CHECK = "W_Nabellen offertes", "W_Valideren aanvraag"
LOG = [
    *(
        (case, CHECK, "2026-03-01T09:00:00Z") for case in ("quick", "slow", "never", "last")
    ),  # takes them to contact
    ("quick", OFFER, "2026-03-02T10:00:00Z"),  # worked on again after two days
    ("quick", CHECK, "2026-03-04T10:00:00Z"),
    ("slow", OFFER, "2026-03-02T11:00:00Z"),  # after four days
    ("slow", CHECK, "2026-03-06T11:00:00Z"),
    ("never", OFFER, "2026-03-02T12:00:00Z"),  # never again
    ("last", OFFER, "2026-03-20T12:00:00Z"),  # the log ends here: its promise is live
]


@pytest.fixture(scope="module")
def desk(
    new_database: Callable[[], AbstractContextManager[str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Terminal]:
    folder = tmp_path_factory.mktemp("desk")
    rows = (f"{case},{activity},complete,rep-{case},{at}\n" for case, activity, at in LOG)
    (folder / "log.csv").write_text("case_id,activity,lifecycle,resource,timestamp\n" + "".join(rows))
    with new_database() as url:
        migrate_all(url)
        made = Terminal(environment(DATABASE_URL=url, SALESLOOP_DATA=str(folder)))
        done = made.run("import", str(folder / "log.csv"), "--mapping", "event_log")
        assert done.returncode == 0, done.stderr
        yield made


@pytest.mark.parametrize(
    ("after", "overdue", "kept"), [("1d", 3, 0), ("3d", 2, 1), ("5d", 1, 2), ("18d", 0, 2)]
)
def test_a_longer_rule_would_have_missed_less(desk: Terminal, after: str, overdue: int, kept: int) -> None:
    told = desk.json("rehearse", "--after", f"call:offer={after}")
    rule = told["by_rule"]["call:offer"]
    assert (rule["made"], rule["overdue"], rule["kept"]) == (4, overdue, kept)


def test_a_draft_s_file_says_the_same_as_options(desk: Terminal, tmp_path: Path) -> None:
    draft = tmp_path / "draft.json"
    rule = {"name": "draft", "calendar": {"timezone": "UTC"}, "due_after": "30d"}
    draft.write_text(json.dumps({**rule, "due_after_by_activity": {"call:offer": "3d"}}))
    told = desk.json("rehearse", "--draft", str(draft))
    assert told == desk.json("rehearse", "--draft", str(draft), "--after", "call:offer=3d", "--due", "30d")
    assert told["by_rule"]["call:offer"]["overdue"] == 2


def test_it_tells_what_would_have_been_missed_and_records_nothing(desk: Terminal) -> None:
    before = desk.run("events", "--json").stdout
    done = desk.run("rehearse", "--after", "call:offer=3d", "--due", "60d", "--as-of", "2026-03-10")
    assert done.returncode == 0, done.stderr
    assert "4 deals up to 2026-03-10 00:00: 13 promises, 2 overdue" in done.stdout
    assert desk.run("events", "--json").stdout == before


def test_a_rule_that_no_work_matches_says_so(desk: Terminal) -> None:
    told = desk.json("rehearse", "--after", "call:offers=3d", "--after", "call:offer=3d")
    assert told["unmatched"] == ["call:offers"]
    assert told["touches"] == {"task:": 6, "call:offer": 4}
    done = desk.run("rehearse", "--after", "call:offers=3d")
    assert "no work matches call:offers" in done.stdout
    assert "call:offer (4)" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--after", "3d"], "--after takes TOUCH=TIME"),
        (["--after", "call=soon"], "'soon' is not a duration"),
        (["--policy", "nosuch"], "no policy is called 'nosuch'"),
    ],
)
def test_what_is_wrong_is_told_in_a_line(desk: Terminal, arguments: list[str], said: str) -> None:
    done = desk.run("rehearse", *arguments)
    assert (done.returncode, said in done.stderr) == (1, True), done.stderr
