"""Revisits are promised once, though whoever promises them is killed; and a restored backup has every customer with its revisit after one round."""

from __future__ import annotations

import os
import signal
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from temporalio.client import Client

from domain.customer.commands import RegisterCustomer
from domain.customer.facts import Profile
from domain.deal.commands import ImportDeal
from domain.engine.command import Call, Command
from domain.engine.command_handler import CommandHandler
from domain.engine.errors import DomainError
from domain.lifecycle.policy import LifecycleStage
from domain.people.people import FormTeam, HireRep
from domain.revisit.commands import MoveRevisit, RecordRevisit
from domain.revisit.policy import PublishRevisitPolicy, RevisitPolicy, RevisitRule
from domain.revisit.revisit import revisit_of
from runtime.ledger import open_ledger
from runtime.supervisor import Supervisor
from runtime.temporal import connect_temporal
from tests.office import context
from tests.runtime.postgres_programs import program
from tests.workflows.test_sweep import swept
from tests.workflows.world import World, world
from workflows.sweep.messages import SweepReport

pytestmark = pytest.mark.breaks

DAY = timedelta(days=1)
KILLED = ("follower", "workflows")
AT_ONCE = 150
"""Customers of a round."""
POLICY = PublishRevisitPolicy(
    policy=RevisitPolicy(name="default", rules=(RevisitRule(LifecycleStage.PROSPECT, 60),))
)
PROMISED = "SELECT stream_id FROM ledger.events WHERE topic = 'revisit.promised' AND stream_id = ANY(%s)"


async def given(handler: CommandHandler, *commands: Command) -> None:
    now = context(now=datetime.now(UTC), reason="as it was")
    done = await handler.execute_many([Call(command, now) for command in commands])
    assert [one for one in done if isinstance(one, DomainError)] == []


async def quiet(handler: CommandHandler, rep_id: UUID, many: int) -> list[UUID]:
    """Customers whose only deal was lost."""
    customers, closed = [uuid.uuid4() for _ in range(many)], datetime.now(UTC) - 2 * DAY
    await given(
        handler, *(RegisterCustomer(customer_id=id, profile=Profile(name=f"Acme {id}")) for id in customers)
    )
    lost = (
        ImportDeal(
            deal_id=uuid.uuid4(),
            title="Boilers",
            owner_id=rep_id,
            source="crm",
            reference=str(id),
            opened_at=closed - DAY,
            stage="lost",
            customer_id=id,
            closed_on=closed.date(),
            closed_at=closed,
            loss_reason="price",
            override_reason="as it was",
        )
        for id in customers
    )
    await given(handler, *lost)
    return customers


async def promised(url: str, customers: list[UUID]) -> list[UUID]:
    """The customer of each promise of a revisit, as often as there is one; none while the database is away."""
    of = {revisit_of(id): id for id in customers}
    try:
        async with await psycopg.AsyncConnection.connect(url) as connection:
            found = await (await connection.execute(PROMISED, [list(of)])).fetchall()
    except psycopg.OperationalError:
        return []
    return [of[id] for (id,) in found]


async def test_each_customer_is_promised_one_though_whoever_does_it_is_killed(
    system: Supervisor, eventually: Callable[..., Any]
) -> None:
    assert system.postgres is not None
    url, client = system.postgres.url, await connect_temporal(system.environment["TEMPORAL_ADDRESS"])
    customers: list[UUID] = []
    async with open_ledger(url) as ledger:
        handler, team, rep = CommandHandler(ledger), uuid.uuid4(), uuid.uuid4()
        await given(handler, FormTeam(team_id=team, name="North"))
        await given(handler, HireRep(rep_id=rep, name="Li Wei", team_id=team))
        await given(handler, POLICY)
        for name in KILLED:
            killed = system.restarts.get(name, 0)
            these = await quiet(handler, rep, AT_ONCE)
            await client.get_schedule_handle("sweep").trigger()
            os.kill(system.pids[name], signal.SIGKILL)
            customers += these
            await eventually(lambda name=name, killed=killed: system.restarts[name] > killed)

        async def all_are_promised_one() -> bool:
            return set(await promised(url, customers)) == set(customers)

        await eventually(all_are_promised_one)
    assert sorted(await promised(url, customers)) == sorted(customers)
    assert sum(system.restarts.values()) == len(KILLED)


@contextmanager
def restored(url: str, dump: Path) -> Iterator[str]:
    """Another database of the same server, as the backup has it."""
    name = sql.Identifier(f"restored_{uuid.uuid4().hex[:12]}")
    with psycopg.connect(url, autocommit=True) as operator:
        operator.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(name))
        other = make_conninfo(url, dbname=name.as_string().strip('"'))
        try:
            program("pg_restore", "--exit-on-error", "--dbname", other, str(dump))
            yield other
        finally:
            operator.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


async def test_a_restored_backup_has_every_customer_with_its_revisit_after_one_round(
    database_url: str, temporal_client: Client, scratch: Path
) -> None:
    """Some were promised when it was made, one had a workflow, and some were not promised yet; Temporal knows what happened since."""
    dump = scratch / "salesloop.dump"
    async with world(database_url, temporal_client) as before:
        office = before.office
        customers = await quiet(office.handler, office.rep_id, 6)
        await given(office.handler, POLICY)
        await before.read()
        assert (await swept(before)).without_revisit == 6
        near = revisit_of(customers[0])
        await before.run(MoveRevisit(revisit_id=near, due_at=datetime.now(UTC) + 30 * timedelta(hours=1)))
        customers += await quiet(office.handler, office.rep_id, 4)
        await before.delivered()
        program("pg_dump", "--format=custom", "-n", "ledger", "-n", "app", "--file", str(dump), database_url)
        for id in customers[:3]:
            await before.run(RecordRevisit(revisit_id=revisit_of(id)), now=datetime.now(UTC) + DAY)

    with restored(database_url, dump) as url:
        async with world(url, temporal_client) as after:
            await after.read()
            report = await swept(after)
            assert alone(report) == SweepReport(revisits=10, without_revisit=4, loops=1, without_clock=1)
            assert sorted(await promised(url, customers)) == sorted(customers)
            await after.read()
            assert alone(await swept(after)) == SweepReport(revisits=10, loops=1)
            assert await live(after) == set(customers)


def alone(report: SweepReport) -> SweepReport:
    """Without the follow-ups of others' tests, which the same server lists."""
    return replace(report, timers=0, left_over=0)


async def live(world: World) -> set[UUID]:
    rows = await world.office.rows("SELECT customer_id FROM read.revisits WHERE outcome = 'open'")
    return {id for (id,) in rows}
