"""benchmarks, rows: the desk — first paints beside a plain page that runs the same SQL, and what open dashboards cost who writes.

The dashboards are those of whole teams: a manager on Team, reps on Board and Today in turn. Nobody shares rights with another one, so
that nothing which is rendered once for several is rendered less often here.
"""

from __future__ import annotations

import asyncio
import itertools
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple
from uuid import UUID

import psutil

from api.engine.accounts import Accounts, NewAccount
from api.engine.roles import Role
from api.engine.sessions import Sessions
from benchmarks import desk_load, http_servers, statements
from benchmarks.bench import Bench, beside
from benchmarks.desk_load import FIRST_AMOUNT, Dashboard, Load, Looked, Written
from benchmarks.figures import OURS, Aim, Contest, Figures, Row, Run
from benchmarks.lives import Lives
from benchmarks.past import past
from benchmarks.rows.follow import follow_forever
from benchmarks.rows.read import MODELS
from benchmarks.signs import put, there
from domain.engine.command import Command
from domain.engine.command_handler import CommandHandler
from domain.people.people import FormTeam, HireRep
from projections.engine.wait import Waiter
from runtime.ledger import Ledger, open_ledger
from runtime.sign_in import SignIn

PLAIN = "plain FastAPI, same SQL, JSON"
ALONE = "without dashboards"
TODAY, BOARD, TEAM = "/desk/today", "/desk/board", "/desk/team"
CORE, WRITE, WRITE_95 = "share of a core", "write p50 ms", "write p95 ms"
MEMORY, LONGEST = "kB a dashboard", "longest until on a page, seconds"
COMMANDS_A_SECOND, MANY = 20, 10_000
SOMEBODY = "SELECT owner_id, team_id FROM read.deal_board WHERE status = 'open' GROUP BY 1, 2 ORDER BY count(*) DESC, 1 LIMIT 1"


async def cookie(ledger: Ledger, new: NewAccount) -> str:
    """Of a session of a new account, or of the one that has its login."""
    account = await Accounts(ledger).create(new, "bench")
    opened = await Sessions(ledger, SignIn()).open(account)
    assert opened is not None
    return opened


async def cookies_of(bench: Bench, url: str) -> dict[str, str]:
    """By page: of a rep who owns much, and of the manager of that team. The same for all rows that ask for the same past."""
    return await bench.once(("cookies", url), partial(_signed_in, url))


async def _signed_in(url: str) -> dict[str, str]:
    async with open_ledger(url, min_size=1, max_size=2) as ledger:
        async with ledger.pool.connection() as connection:
            rep, team = await (await connection.execute(SOMEBODY)).fetchone() or (None, None)
        owner = await cookie(ledger, NewAccount("desk-rep", Role.REP, rep_id=rep))
        leader = await cookie(ledger, NewAccount("desk-manager", Role.MANAGER, team_id=team))
    return {TODAY: owner, BOARD: leader, TEAM: leader}


# --- first paints ----------------------------------------------------------------------------------------------------


@asynccontextmanager
async def painting(bench: Bench) -> AsyncIterator[Contest]:
    deals = bench.deals or bench.size.of(tiny=20, quick=2_000, full=100_000)
    there = await past(bench, deals, MODELS)
    pages = await cookies_of(bench, there.url)
    asked = await bench.elsewhere(statements.record, there.url, pages)
    with tempfile.TemporaryDirectory(prefix="bench-") as home:
        ours, plain = f"{home}/ours", f"{home}/plain"
        with (
            beside(http_servers.serve_ours, there.url, home, ours) as our_process,
            beside(statements.serve_plain, there.url, plain, asked) as plain_process,
        ):
            runs: dict[str, Run] = {
                OURS: partial(_paint, bench, ours, our_process, pages),
                PLAIN: partial(_paint, bench, plain, plain_process, pages),
            }
            yield Contest(runs, [_about(deals, asked)])


def _about(deals: int, asked: dict[str, statements.Waves]) -> str:
    told = ", ".join(
        f"{path.rpartition('/')[2]} {sum(map(len, waves))} in {len(waves)}" for path, waves in asked.items()
    )
    return f"{deals:,} deals; statements of a page in waves: {told}; one browser, no targets or cycles"


async def _paint(bench: Bench, socket: str, process: int, pages: dict[str, str]) -> Figures:
    times = bench.size.of(tiny=2, quick=20, full=100)
    found: dict[str, float] = {}
    for path, cookie in pages.items():
        page, name = Dashboard(path, cookie), path.rpartition("/")[2]
        await bench.elsewhere(desk_load.paint, socket, page, max(2, times // 5))
        began = desk_load.processor_seconds(process)
        took = await bench.elsewhere(desk_load.paint, socket, page, times)
        used = desk_load.processor_seconds(process) - began
        found |= {f"{name} ms": median(took), f"{name} processor ms": 1_000 * used / (times + 1)}
    return found


# --- open dashboards -------------------------------------------------------------------------------------------------


class Office(NamedTuple):
    url: str
    token: str
    dashboards: Sequence[Dashboard]
    deals: Sequence[str]
    amounts: Iterator[int]
    """The first of each turn: none is written twice."""


@asynccontextmanager
async def dashboards(bench: Bench) -> AsyncIterator[Contest]:
    teams, reps = bench.size.of(tiny=2, quick=20, full=20), bench.size.of(tiny=2, quick=9, full=9)
    async with bench.database(tables=http_servers.TABLES) as url:
        with beside(follow_forever, url):
            office = await _furnished(bench, url, teams, reps)
            alone: list[float] = []
            runs: dict[str, Run] = {
                ALONE: partial(_alone, bench, office, alone),
                OURS: partial(_watched, bench, office, alone),
            }
            note = (
                f"{len(office.dashboards)} dashboards of {teams} teams, {len(office.deals):,} open deals,"
                f" {COMMANDS_A_SECOND} commands/s; of the API's processor what it takes without dashboards is taken off"
            )
            yield Contest(runs, [note])


async def _furnished(bench: Bench, url: str, teams: int, reps: int) -> Office:
    """Teams, their reps and their deals; a session for everybody."""
    lives, deals = Lives(bench.seed), bench.size.of(tiny=2, quick=20, full=25)
    people = {lives.new_id(): [lives.new_id() for _ in range(reps)] for _ in range(teams)}
    async with open_ledger(url, min_size=1, max_size=4) as ledger:
        handler = CommandHandler(ledger)
        for command in [*lives.office(), *_hired(people)]:
            await handler.execute(command, lives.call(command).context)
        owned: dict[UUID, list[UUID]] = {}
        for rep in [rep for team in people.values() for rep in team]:
            lives.reps = [rep]
            openings = [lives.opening() for _ in range(deals)]
            owned[rep] = [opening.deal_id for opening in openings]
            await handler.execute_many([lives.call(opening) for opening in openings])
        shown = [
            page for team, members in people.items() async for page in _pages(ledger, team, members, owned)
        ]
        async with ledger.pool.connection() as connection:
            (head,) = await (
                await connection.execute("SELECT max(position) FROM ledger.events")
            ).fetchone() or (0,)
    async with Waiter(url) as waiter:
        await waiter.until("deal_board", head, timeout=120)
    touched = [str(deal) for mine in owned.values() for deal in mine[1:]]
    amounts = itertools.count(FIRST_AMOUNT, MANY)
    return Office(url, await http_servers.key(url), shown, touched, amounts)


def _hired(people: dict[UUID, list[UUID]]) -> list[Command]:
    formed: list[Command] = [FormTeam(team_id=id, name=f"Team {n}") for n, id in enumerate(people)]
    hired = [
        HireRep(rep_id=id, name=f"Rep {n} of {team}", team_id=team)
        for team, reps in people.items()
        for n, id in enumerate(reps)
    ]
    return [*formed, *hired]


async def _pages(
    ledger: Ledger, team: UUID, reps: Sequence[UUID], owned: dict[UUID, list[UUID]]
) -> AsyncIterator[Dashboard]:
    yield Dashboard(TEAM, await cookie(ledger, NewAccount(f"m-{team}", Role.MANAGER, team_id=team)))
    for n, rep in enumerate(reps):
        mine = await cookie(ledger, NewAccount(f"r-{rep}", Role.REP, rep_id=rep))
        yield Dashboard(TODAY, mine) if n % 2 else Dashboard(BOARD, mine, str(owned[rep][0]))


async def _alone(bench: Bench, office: Office, alone: list[float]) -> Figures:
    measured = await _measured(bench, office, ())
    alone.append(measured.processor / measured.took)
    return {CORE: alone[-1]} | _writes(measured)


async def _watched(bench: Bench, office: Office, alone: list[float]) -> Figures:
    """Beside the turn of `_alone` just before."""
    measured = await _measured(bench, office, office.dashboards)
    seen, missed = desk_load.waited(measured.written, measured.looked)
    if not seen:
        raise ValueError(f"no change was shown; {measured.looked.refused} times a page was refused")
    share = measured.processor / measured.took - alone[-1]
    asked = sum(measured.began <= at <= measured.began + measured.took for at in measured.looked.asked)
    return {
        CORE: max(share, 0.001),
        **_writes(measured),
        MEMORY: max(measured.memory / len(office.dashboards) / 1_000, 0.1),
        LONGEST: desk_load.PATIENCE if missed else max(seen),
        "middles/s": asked / measured.took,
        "refused middles + 1": measured.looked.refused + 1,
    }


def _writes(measured: Measured) -> dict[str, float]:
    took = [one.took for one in measured.written]
    return {WRITE: 1_000 * median(took), WRITE_95: 1_000 * quantiles(took, n=20)[-1]}


class Measured(NamedTuple):
    """In seconds: when it `began`, by the system's monotonic clock, how long it `took`, and the server's `processor`. `memory` is by how many
    bytes the server grew while the pages were opened and looked at.
    """

    began: float
    took: float
    processor: float
    memory: int
    written: Sequence[Written]
    looked: Looked


async def _measured(bench: Bench, office: Office, dashboards: Sequence[Dashboard]) -> Measured:
    """On a server that has just started and has shown each kind of page a few times."""
    shown = [page.deal for page in office.dashboards if page.deal]
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        home, socket = Path(made), str(Path(made) / "ours")
        load, amount = (
            Load(socket, office.token, office.deals, shown, COMMANDS_A_SECOND),
            next(office.amounts),
        )
        with beside(http_servers.serve_ours, office.url, made, socket) as process:
            for page in office.dashboards[:3]:
                await bench.elsewhere(desk_load.paint, socket, page, 10)
            before = psutil.Process(process).memory_info().rss
            looking = asyncio.create_task(bench.elsewhere(desk_load.look_on, socket, dashboards, home))
            await asyncio.to_thread(there, home / "opened")
            warm = await bench.elsewhere(
                desk_load.write, load, 1.0, amount
            )  # all look once, and the database is awake
            began, used = time.monotonic(), desk_load.processor_seconds(process)
            seconds = bench.size.of(tiny=2, quick=5, full=30)
            written = await bench.elsewhere(desk_load.write, load, seconds, amount + len(warm))
            took, used = time.monotonic() - began, desk_load.processor_seconds(process) - used
            last = {one.deal: str(one.amount) for one in written if one.amount} if dashboards else {}
            put(home / "last", " ".join(last.values()))
            looked = await looking
            grown = psutil.Process(process).memory_info().rss - before
    return Measured(began, took, used, grown, written, looked)


ROWS = (
    Row(
        "desk-pages",
        "first paint of Today, Board and Team",
        tuple(Aim(f"{page} ms", PLAIN, at_most=1.5) for page in ("today", "board", "team")),
        painting,
    ),
    Row(
        "desk-live",
        "open dashboards beside 20 commands/s",
        (
            Aim(CORE, at_most=0.25),
            Aim(WRITE, ALONE, at_most=1.1),
            Aim(WRITE_95, ALONE, at_most=1.1),
            Aim(MEMORY, at_most=100),
            Aim(LONGEST, at_most=2),
        ),
        dashboards,
    ),
)
