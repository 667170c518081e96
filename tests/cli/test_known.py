"""What was known then, and what the ledger is searched for, in the terminal."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tests.cli.conftest import Terminal

TODAY = str(datetime.now(UTC).date())


def test_deals_and_the_funnel_are_shown_as_known_then(
    terminal: Terminal, eventually_sync: Callable[[Callable[[], Any]], Any]
) -> None:
    (deal,) = terminal.json("deals", "list", "--status", "open", "--limit", "1")["items"]
    (newest,) = terminal.json("events", "--kind", "deal", "--limit", "1")["items"]
    then = ("--known-at", str(newest["position"]))
    terminal.json("deals", "amount", deal["deal_id"], "7654321 CNY")
    eventually_sync(lambda: terminal.json("deals", "show", deal["deal_id"])["amount"] == "7654321.00")

    assert terminal.json("deals", "show", deal["deal_id"], *then)["amount"] == deal["amount"]
    listed = terminal.json("deals", "list", "--status", "open", "--limit", "200", *then)["items"]
    assert deal["amount"] in [one["amount"] for one in listed if one["deal_id"] == deal["deal_id"]]
    assert all(stage["entered"] is None for stage in terminal.json("funnel", *then)["stages"])
    told = terminal.run("funnel", *then).stdout
    assert "what came and left is known as of now only" in re.sub(r"\s+", " ", told)
    history = terminal.json("history", deal["deal_id"], "--newest", *then)["items"]
    assert max(event["position"] for event in history) <= newest["position"]


def test_the_ledger_is_searched_from_the_newest_on(terminal: Terminal) -> None:
    page = terminal.json(
        "events", "--kind", "deal.opened", "--channel", "import", "--since", TODAY, "--limit", "3"
    )
    positions = [one["position"] for one in page["items"]]
    assert positions == sorted(positions, reverse=True)
    assert {one["topic"] for one in page["items"]} == {"deal.opened"}
    more = terminal.json("events", "--kind", "deal.opened", "--limit", "3", "--cursor", page["next_cursor"])
    assert more["items"][0]["position"] < positions[-1]
    record = page["items"][0]["stream_id"]
    told = terminal.run("events", "--record", record).stdout
    assert "opened “" in told


def test_what_is_looked_for_is_not_followed(terminal: Terminal) -> None:
    refused = terminal.run("events", "--kind", "deal", "--follow")
    assert refused.returncode == 2
    assert "leave out --after and --follow" in refused.stderr
