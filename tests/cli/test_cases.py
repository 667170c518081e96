"""Service cases in the terminal."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.cli.conftest import Terminal

Eventually = Callable[[Callable[[], Any]], Any]
POLICY = """{"name": "gold", "calendar": {"timezone": "Asia/Shanghai"}, "severe": {"answer": "30m", "solve": "4bh"},
 "normal": {"answer": "2bh", "solve": "2bd"}, "minor": {"answer": "1bd", "solve": "5bd"}}"""


def test_a_case_is_opened_shown_and_closed(
    terminal: Terminal, eventually_sync: Eventually, tmp_path: Path
) -> None:
    team = terminal.json("team", "form", "Service")["answer"]["team_id"]
    rep = terminal.json("rep", "hire", "Service Rep", "--team", team)["answer"]["rep_id"]
    customer = terminal.json("customer", "register", "Service Customer")["answer"]["customer_id"]
    (tmp_path / "gold.json").write_text(POLICY)
    assert terminal.json("case", "policy", str(tmp_path / "gold.json"))["answer"]["version"] == 1
    about = ("--customer", customer, "--owner", rep, "--severity", "severe", "--policy", "gold")
    eventually_sync(lambda: [p["name"] for p in terminal.json("case", "policies")["items"]] == ["gold"])
    assert re.search(r"gold +1 +30m, 4bh +2bh, 2bd +1bd, 5bd", terminal.run("case", "policies").stdout)
    case = terminal.json("case", "open", "the line stands still", *about)["answer"]["case_id"]
    for command in (
        ("answer", case),
        ("wait", case, "a photo"),
        ("resume", case),
        ("solve", case, "a new valve"),
    ):
        terminal.json("case", *command)
    terminal.json("case", "feedback", case, "4", "--text", "quick")

    def is_closed() -> bool:
        done = terminal.run("case", "show", case, "--json")
        return done.returncode == 0 and '"closed"' in done.stdout

    eventually_sync(is_closed)
    shown = terminal.run("case", "show", case).stdout
    assert "a new valve" in shown
    assert re.search(r"score +4\n.* +quick\n", shown)
    assert "Service Rep" in shown
    listed = terminal.json("case", "list", "--team", team, "--severity", "severe")["items"]
    assert [one["case_id"] for one in listed] == [case]
    assert "the line stands still" in terminal.run("case", "list", "--customer", customer).stdout
    assert terminal.json("case", "list", "--customer", customer, "--sort", "-due_at")["items"] == listed
    later = ("--due-before", "2099-01-01T09:00", "--not-overdue")
    assert terminal.json("case", "list", "--customer", customer, *later)["items"] == []
    (answer,) = terminal.json("survey", "list", "--customer", customer)["items"]
    assert answer["survey"] == "case-feedback"
    assert re.search(
        r"replies +score, 4, text, quick", terminal.run("survey", "show", answer["answer_id"]).stdout
    )
    assert "case-feedback" in terminal.run("survey", "history", answer["answer_id"]).stdout
    before = terminal.run("survey", "before", answer["answer_id"]).stdout
    assert re.search(r"case +the line stands still +closed", before), before
    told = [one["sentence"] for one in terminal.json("case", "history", case, "--newest")["items"]]
    assert told[0] == "closed the case; the customer gave it 4 of 5: quick"
    assert "级别：严重" in terminal.run("case", "history", case, "--lang", "zh").stdout
