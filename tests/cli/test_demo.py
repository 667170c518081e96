"""`salesloop dev --demo`, whole: servers, import, promises that burn down, a cycle that turns, figures; ended by Ctrl-C and run again."""

from __future__ import annotations

import csv
import json
import re
import signal
import stat
import subprocess
import sys
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx

from tests.cli.conftest import Terminal, environment
from tests.conftest import PATIENCE

DEALS, FUSED, WAITING = 200, 5, 1
"""`WAITING` for an approval."""
SERVING = "Ctrl-C ends it"


class Demo:
    """The demonstration in a terminal of its own, read until it serves."""

    def __init__(self, terminal: Terminal, *more: str) -> None:
        command = [sys.executable, "-m", "cli.main", "dev", "--demo", "--deals", str(DEALS), *more]
        log = None if "--json" in more else subprocess.STDOUT  # a program reads the one and not the other
        self.process = subprocess.Popen(
            command, env=dict(terminal.env), stdout=subprocess.PIPE, stderr=log, text=True
        )
        self.limit = threading.Timer(10 * PATIENCE, self.process.kill)
        self.limit.start()

    def until(self, word: str) -> str:
        assert self.process.stdout is not None
        said = []
        for line in self.process.stdout:
            said.append(line)
            if word in line:
                break
        return "".join(said)

    def interrupt(self) -> str:
        """What it says from then on."""
        assert self.process.stdout is not None
        self.process.send_signal(signal.SIGINT)
        rest = self.process.stdout.read()
        assert self.process.wait(PATIENCE) == 130
        self.limit.cancel()
        return rest


def test_the_demonstration_shows_everything_and_goes_on_where_it_was(scratch: Path) -> None:
    terminal = Terminal(environment(SALESLOOP_DATA=str(scratch / "data")))
    demo = Demo(terminal)
    said = demo.until(SERVING)
    assert SERVING in said, said
    try:
        _shows_the_spine(said)
        _shows_the_customer(said)
        _shows_the_loop(said, next((scratch / "data").glob("demo-*/sales_pipeline.csv")))
        _opens_the_desk(re.findall(r"^(\w+) +(http://\S+/sign-in/link/\S+)$", said, re.MULTILINE))
        _opens_the_calendar(said)
        before = _seen(terminal)
        assert before == {"api": 200, "health": 0, "deals": DEALS + FUSED + WAITING}
        _fills_the_desk(said)
    finally:
        ending = demo.interrupt()
    assert re.search(r"stopping api, .*postgres", ending), "at once, and what"
    assert "stopped; all of it is kept" in ending

    again = Demo(terminal, "--json")
    told = again.until('"serving"')
    try:
        _goes_on(_events(told), said)
        (desk,) = [event for event in _events(told) if event["event"] == "desk"]
        _opens_the_desk(list(desk["links"].items()))
        assert _seen(terminal)["deals"] == before["deals"] + FUSED
    finally:
        last = _events(again.interrupt())
    assert [event["event"] for event in last] == ["stopping", "stopped"]
    assert terminal.run("deals", "list").returncode == 3, "nothing runs any more"


def _shows_the_spine(said: str) -> None:
    assert all(
        word in said for word in ("funnel: default", "the agenda, overdue first", "the history of one")
    )
    agenda = said[said.index("the agenda, overdue first") :]
    first = next(line for line in agenda.splitlines() if re.match(r" ?\d{4}-\d\d-\d\d ", line))
    assert re.search(r" (missed|escalated) .*Short fuse", first), (
        "overdue ones are there while they are overdue"
    )
    assert re.search(r"Short fuse 1 +(\d\d:\d\d:\d\d +){5}", said), "reminded, missed, escalated, reassigned"
    assert "come to the end" not in said
    mails = said[said.index("the mails of these promises, as they would have been sent") :]
    assert re.search(r"went from .* to .*, as its promise was long overdue", mails)
    assert re.search(r"No more of these mails: http://127\.0\.0\.1:\d+/desk/unsubscribe/", mails)
    counted = re.findall(r"has a live promise: ([\d,]+) open deals, ([\d,]+) live promises", said)
    assert len(counted) == 2
    assert all(open_deals == promises for open_deals, promises in counted)


def _shows_the_loop(said: str, pipeline: Path) -> None:
    """The target that was proposed starts from what the files say was won in the month."""
    opened, proposed = said.index("the review opens"), said.index("proposes the target of")
    assert said.index("execution starts") < opened < proposed
    assert "come to its end" not in said
    [(month, came)] = re.findall(r"In (\d{4}-\d\d) it came to ([\d,.]+) [A-Z]{3}\.", said)
    with pipeline.open(encoding="utf-8", newline="") as file:
        won = [row for row in csv.DictReader(file) if row["deal_stage"] == "Won"]
    assert Decimal(came.replace(",", "")) == sum(
        Decimal(row["close_value"]) for row in won if row["close_date"].startswith(month)
    )


def _shows_the_customer(said: str) -> None:
    """Found at entry and merged, in a segment, promised a revisit, asked, and not content."""
    told = said[said.index("a customer that is entered a second time") :]
    [name] = re.findall(r"merged: (.+) has the contact Zhao Min", told)
    assert re.search(rf"\d+ +{re.escape(name)} +", told[: told.index("merged:")]), "likely the same"
    [inside] = re.findall(r"the segment steady-buyers, .*: (\d+) customers have entered", told)
    assert int(inside) > 0
    assert "a revisit is promised for" in told
    mail = told[told.index("a link that counts once") :]
    assert re.search(r"zhao.min@example.com>?: How did we help you\?", mail)
    assert re.search(r"http://127\.0\.0\.1:\d+/survey/\S+", mail)
    assert re.search(r"the answer is 2 of 5, .* has an action item, due \d{4}-", mail)
    assert re.search(r"case +the valve leaks +solved|case +the valve leaks +closed", mail), mail


def _opens_the_desk(links: list[tuple[str, str]]) -> None:
    """As three people, each as often as one likes."""
    assert [role for role, _ in links] == ["rep", "manager", "auditor"]
    for _, link in links * 2:
        with httpx.Client(headers={"Accept": "text/html"}) as browser:
            answer = browser.get(link)
            assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
            assert browser.get(httpx.URL(link).join("/desk")).status_code in (200, 303)
            assert browser.get(httpx.URL(link).join("/sign-in")).status_code == 303, "signed in"


def _opens_the_calendar(said: str) -> None:
    (address,) = re.findall(r"^ +(http://\S+/calendars/\S+\.ics)$", said, re.MULTILINE)
    calendar = httpx.get(address)
    assert calendar.status_code == 200
    assert "send the numbers" in calendar.text


def _fills_the_desk(said: str) -> None:
    """The manager has something late, something to approve, a target and a cycle that runs; the rep has their own."""
    links = dict(re.findall(r"^(rep|manager) +(http://\S+/sign-in/link/\S+)$", said, re.MULTILINE))
    for role, link in links.items():
        with httpx.Client(headers={"Accept": "text/html"}, follow_redirects=True) as browser:
            browser.get(link)
            day = browser.get(httpx.URL(link).join("/desk/today")).text
            cycles = browser.get(httpx.URL(link).join("/desk/cycles")).text
        assert "asked for by demo-rep" not in day, "people have names"
        assert "send the numbers" in day.split('id="overdue"')[1].split('id="next"')[0]
        assert ("A trial that cannot wait" in day.split('id="asked"')[1]) == (role == "manager")
        assert "No target is in force today." not in day
        assert "There is no cycle here." not in cycles


def _events(said: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.splitlines()]


def _goes_on(told: list[dict[str, Any]], said: str) -> None:
    """Nothing is imported twice, the race is a new one, and the cycle is the one that ran."""
    by_name = {event["event"]: event for event in told}
    assert all(by_name), "a program hears of nothing that has no name"
    assert by_name["imported"]["events"] == 0
    assert by_name["earlier"]["deals"] == FUSED
    fresh = {event["title"] for event in told if event["event"] == "promise.missed"}
    assert fresh == {f"Short fuse {FUSED + n + 1}" for n in range(FUSED)}
    assert by_name["health"]["open_deals"] == by_name["health"]["live_promises"] > 0
    _tells_of_each_once(by_name["mails"]["mails"], fresh)
    told_by_webhook = by_name["webhook"]
    assert told_by_webhook["received"] == told_by_webhook["recorded"] > 3 * FUSED
    assert told_by_webhook["in_order"]
    assert told_by_webhook["refused"] == 0
    assert "cycle.closed-before" in by_name
    assert "customers-before" in by_name
    assert by_name["review-pack"]["pack"]["equal"], "the frozen pack is still the same bytes"
    [target] = by_name["next-target"]["targets"]
    [*_, today] = by_name["running"]["pace"]
    assert f"{Decimal(target['number']):,.0f}" in said
    assert (today["number"], today["target_id"]) == (target["number"], target["target_id"]), (
        "it became the target"
    )
    assert {"agenda", "funnel", "history"} <= set(by_name)


def _tells_of_each_once(mails: list[dict[str, Any]], titles: set[str]) -> None:
    """Of each deal in order. What was true no more when its time came, on a machine that is busy, is not sent."""
    steps = ["deal.given", *(f"promise.{step}" for step in ("reminded", "missed", "escalated"))]
    for title in titles:
        of_deal = [mail for mail in mails if f"{title} (" in mail["subject"]]
        kinds = [mail["kind"] for mail in of_deal]
        *before, had, has = kinds
        assert before == [step for step in steps if step in before]
        assert had == has == "promise.reassigned", "who had it and who has it"
        assert len({mail["to"] for mail in of_deal[-2:]}) == 2
    assert len({mail["file"] for mail in mails}) == len(mails) >= 3 * len(titles)


def _seen(terminal: Terminal) -> dict[str, int]:
    data = Path(terminal.env["SALESLOOP_DATA"])
    key = data / "admin.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    note = json.loads((data / "run.json").read_text())
    base = f"http://{note['api_host']}:{note['api_port']}"
    headers = {"Authorization": f"Bearer {key.read_text().strip()}"}
    health = terminal.run("promises", "health")
    stages = terminal.json("funnel")["stages"]
    return {
        "api": httpx.get(f"{base}/deals", headers=headers).status_code,
        "health": health.returncode,
        "deals": sum(stage["deals"] for stage in stages),
    }
