"""Our own list of deals as a file comes in again: where it came from it changes nothing, and another installation has the deals then."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.cli.conftest import Terminal, environment
from tests.house import migrate_all

SOURCE = "crm-export"
SAID = "SELECT topic, count(*) FROM ledger.events WHERE position > %s GROUP BY topic"
EVENTS = "SELECT topic, data FROM ledger.events WHERE position > %s"
HEAD = "SELECT max(position) FROM ledger.events"
STAGES = """
    SELECT stage, count(*) FROM (SELECT DISTINCT ON (stream_id) COALESCE(data->>'after', data->>'stage') AS stage
      FROM ledger.events WHERE topic IN ('deal.opened', 'deal.stage-moved') ORDER BY stream_id, version DESC) s GROUP BY 1"""
OPENED = "SELECT count(*) FROM ledger.events WHERE topic = 'deal.opened'"
GUESSED = """
    SELECT count(*) FROM (SELECT DISTINCT ON (stream_id) data->'marks'->>'amount' AS amount FROM ledger.events
     WHERE topic = 'deal.import-noted' ORDER BY stream_id, version DESC) n WHERE amount LIKE '~_%'"""


@pytest.fixture(scope="module")
def exported(terminal: Terminal, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the deals that the pipeline brought: others may have opened some of their own in this terminal."""
    folder = tmp_path_factory.mktemp("own")
    whole, file = folder / "all.csv", folder / "deals.csv"
    done = terminal.run("deals", "list", "--export", str(whole), "--tz", "Europe/Berlin")
    assert done.returncode == 0, done.stderr
    with file.open("w", encoding="utf-8", newline="") as to:
        kept = [deal for deal in deals_of(whole) if deal["source"] == SOURCE]
        writer = csv.DictWriter(to, [*kept[0]])
        writer.writeheader()
        writer.writerows(kept)
    return file


def deals_of(exported: Path) -> list[dict[str, str]]:
    with exported.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def brought_in(terminal: Terminal, exported: Path, *more: str) -> Any:
    done = terminal.run("import", str(exported), "--yes", "--json", *more)
    assert done.returncode == 0, done.stderr + done.stdout
    return json.loads(done.stdout)


def asked(terminal: Terminal, query: str, *values: Any) -> list[Any]:
    with psycopg.connect(terminal.env["DATABASE_URL"]) as connection:
        return connection.execute(query.encode(), values or None).fetchall()


def test_it_goes_back_without_a_change(terminal: Terminal, exported: Path) -> None:
    """Whatever source it is said to have: deals, owners, customers and products go by their ids. That it tells an amount which a list price
    stood in for makes that no less a guess.
    """
    deals = deals_of(exported)
    assert len(deals) == 120
    assert len({deal["stage"] for deal in deals}) > 3
    ((head,),), ((guessed,),) = asked(terminal, HEAD), asked(terminal, GUESSED)
    assert guessed
    for more in ((), ("--set", f"source={SOURCE}")):
        told = brought_in(terminal, exported, *more)
        numbers = (told["rows"], told["unchanged"], told["refused"], told["events"], told["notices"])
        assert numbers == (len(deals), len(deals), 0, 0, [])
    assert (asked(terminal, SAID, head), asked(terminal, GUESSED)) == ([], [(guessed,)])


def test_so_do_deals_that_people_opened(
    terminal: Terminal, exported: Path, tmp_path: Path, eventually_sync: Callable[[Callable[[], Any]], Any]
) -> None:
    """A list says what is so; of what a file never told, it changes nothing."""
    owner, file = deals_of(exported)[0]["owner_name"], tmp_path / "deals.csv"
    opened = terminal.run("deals", "open", f"By hand, {tmp_path.name}", "--owner", owner)
    assert opened.returncode == 0, opened.stderr
    eventually_sync(lambda: all(model["lag"] == 0 for model in terminal.json("projections", "status")))
    assert terminal.run("deals", "list", "--export", str(file)).returncode == 0
    ((head,),) = asked(terminal, HEAD)
    assert brought_in(terminal, file)["refused"] == 0
    assert asked(terminal, EVENTS, head) == []
    file.write_text(file.read_text(encoding="utf-8").replace("By hand,", "By foot,"), encoding="utf-8")
    refused = json.loads(terminal.run("import", str(file), "--yes", "--json").stdout)
    assert refused["refused"] == 1
    assert asked(terminal, EVENTS, head) == []


def test_what_is_changed_in_it_is_changed_here(terminal: Terminal, exported: Path, tmp_path: Path) -> None:
    """Under any source, and no deal is opened a second time."""
    one, file = deals_of(exported)[1], tmp_path / "deals.csv"
    one["title"] = f"Another title, {tmp_path.name}"
    with file.open("w", encoding="utf-8", newline="") as to:
        writer = csv.DictWriter(to, [*one])
        writer.writeheader()
        writer.writerow(one)
    ((head,),), opened = asked(terminal, HEAD), asked(terminal, OPENED)
    told = brought_in(terminal, file)
    assert (told["accepted"], told["refused"]) == (1, 0)
    assert {topic for topic, _ in asked(terminal, EVENTS, head)} == {
        "deal.title-corrected",
        "deal.import-noted",
    }
    assert asked(terminal, OPENED) == opened


def test_custom_fields_go_back_without_a_change_too(
    terminal: Terminal, exported: Path, tmp_path: Path
) -> None:
    declare = ("field", "declare", "deal", "seats", "number", "--label", "Seats", "--decimals", "0")
    one = deals_of(exported)[0]["reference"]
    for said in (declare, ("deals", "fields", one, "--set", "seats=40")):
        done = terminal.run(*said)
        assert done.returncode == 0, done.stderr
    assert "seats" in terminal.run("field", "list", "deal").stdout
    whole = tmp_path / "deals.csv"
    assert terminal.run("deals", "list", "--export", str(whole)).returncode == 0
    (deal,) = [deal for deal in deals_of(whole) if deal["reference"] == one]
    assert deal["custom.seats"] == "40"
    file = tmp_path / "one" / "deals.csv"
    file.parent.mkdir()
    with file.open("w", encoding="utf-8", newline="") as to:
        writer = csv.DictWriter(to, [*deal])
        writer.writeheader()
        writer.writerow(deal)
    told = brought_in(terminal, file)
    assert (told["rows"], told["refused"], told["events"]) == (1, 0, 0)
    deal["custom.seats"] = "41"
    with file.open("w", encoding="utf-8", newline="") as to:
        writer = csv.DictWriter(to, [*deal])
        writer.writeheader()
        writer.writerow(deal)
    refused = json.loads(terminal.run("import", str(file), "--yes", "--json").stdout)
    assert refused["refused"] == 1, "somebody filled it in here, and no file had told it"


def test_another_installation_has_the_deals_then(
    exported: Path,
    new_database: Callable[[], AbstractContextManager[str]],
    tmp_path: Path,
) -> None:
    deals = deals_of(exported)
    with new_database() as url:
        migrate_all(url)
        other = Terminal(environment(DATABASE_URL=url, SALESLOOP_DATA=str(tmp_path)))
        told = brought_in(other, exported)
        assert (told["accepted"], told["refused"]) == (len(deals), 0)
        assert dict(asked(other, STAGES)) == Counter(deal["stage"] for deal in deals)
        assert brought_in(other, exported)["events"] == 0


def test_the_list_of_customers_goes_back_without_a_change(terminal: Terminal, tmp_path: Path) -> None:
    """Also with what a profile has several of, and beside one without a revenue, who has no currency either.

    A spreadsheet would compute a phone number that begins with its sign: the mark that hinders it is no part of the number.
    """
    names = ("--other-name", "zh=艾克米; 钢铁", "--address", "billing: Weg 1, 89073, Ulm, BW, DE")
    more = (
        "--tax",
        "DE811234567",
        "--web",
        "own.example",
        "--phone",
        "+49 731 1",
        "--revenue",
        "1200.50 EUR",
    )
    done = terminal.run("customer", "register", f"Own Export, {tmp_path.name}", *names, *more)
    assert done.returncode == 0, done.stderr
    done = terminal.run("customer", "register", f"No Revenue, {tmp_path.name}")
    assert done.returncode == 0, done.stderr
    file = tmp_path / "customers.csv"
    assert terminal.run("customer", "list", "--export", str(file)).returncode == 0
    ((head,),) = asked(terminal, HEAD)
    told = brought_in(terminal, file)
    assert (told["refused"], asked(terminal, EVENTS, head)) == (0, [])
    assert told["rows"] == len(deals_of(file)) > 1
    text = file.read_text(encoding="utf-8").replace("own.example", "own.test")
    file.write_text(text, encoding="utf-8")
    assert brought_in(terminal, file)["events"] == 1
    assert asked(terminal, SAID, head) == [("customer.profile-changed", 1)]
