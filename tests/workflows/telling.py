"""tests: people with accounts in a world, what they chose, and what they were told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from api.engine.accounts import Accounts, NewAccount
from api.engine.roles import Role
from domain.deal.commands import EscalatePromise, MissPromise, RemindPromise
from domain.engine.command import Command
from domain.engine.context import Actor, Channel
from domain.people.people import FormTeam
from runtime.notices.deciding import NoticeStore
from tests.workflows.world import Running, World, until
from workflows.notification.follower import NoticeFollower
from workflows.notification.messages import notifications_id

BOSS = UUID(int=0xB055)
REP, MANAGER, ADMIN = "rep@example.org", "manager@example.org", "admin@example.org"
OPEN = "SELECT count(*) FROM app.notices WHERE state IN ('waiting', 'sending')"


@dataclass
class Telling:
    """A rep with an account, the manager of the team and an administrator. Each address is its role's."""

    world: World
    accounts: dict[str, UUID]
    store: NoticeStore
    follower: Running | None = None

    # -- people ------------------------------------------------------------------------------

    async def account(self, login: str, role: Role, **given: Any) -> UUID:
        new = NewAccount(login, role, **({"email": f"{login}@example.org"} | given))
        made = await Accounts(self.world.office.ledger).create(new, "ops")
        self.accounts[login] = made
        return made

    async def rule(self, login: str, what: str, cadence: str, channel: str = "mail") -> None:
        insert = """INSERT INTO app.notification_rules (account_id, what, channel, cadence) VALUES (%s, %s, %s, %s)
                    ON CONFLICT (account_id, what, channel) DO UPDATE SET cadence = excluded.cadence RETURNING 1"""
        await self.world.office.rows(insert, self.accounts[login], what, channel, cadence)

    async def settings(self, login: str, **given: Any) -> None:
        names = ", ".join(given)
        places = ", ".join(["%s"] * len(given))
        insert = (
            f"INSERT INTO app.notification_settings (account_id, {names}) VALUES (%s, {places}) RETURNING 1"
        )
        await self.world.office.rows(insert, self.accounts[login], *given.values())

    async def move(self, login: str, address: str) -> None:
        """Mail goes there from now on."""
        await Accounts(self.world.office.ledger).set_email(self.accounts[login], address, "ops")

    # -- what happens ------------------------------------------------------------------------

    def follow(self) -> None:
        self.follower = Running(NoticeFollower(self.world.office.url, self.store, self.world.deliverer).run)

    async def stop_following(self) -> None:
        if self.follower is not None:
            await self.follower.stop()
            self.follower = None

    async def decide(self, after: int = 0) -> int:
        """Of the whole ledger above a position, without waking anybody; how many notices are new."""
        return (await self.store.decide(after, await self.store.head())).kept

    async def by(self, login: str, command: Command, **changes: Any) -> None:
        given: dict[str, Any] = {"now": datetime.now(UTC), "actor": Actor("user", login)}
        await self.world.office.run(command, **(given | changes))

    async def by_a_timer(self, command: Command) -> None:
        await self.by("", command, actor=Actor("workflow", "w", "r"), channel=Channel.WORKFLOW)

    async def remind(self, deal: UUID) -> None:
        await self._timer(RemindPromise, deal)

    async def miss(self, deal: UUID) -> None:
        await self._timer(MissPromise, deal)

    async def escalate(self, deal: UUID) -> None:
        await self._timer(EscalatePromise, deal)

    async def _timer(self, kind: Any, deal: UUID) -> None:
        made = await self.world.promise(deal)
        await self.by_a_timer(kind(deal_id=deal, promise_id=made.promise_id, arming=made.arming))

    async def a_deal(self, **given: Any) -> UUID:
        """Of the rep, opened by the rep."""
        opening = self.world.office.opening()
        await self.by("rep", opening)
        return opening.deal_id

    # -- what became of it -------------------------------------------------------------------

    async def rows(self, *columns: str) -> list[Any]:
        wanted = ", ".join(columns)
        return await self.world.office.rows(
            f"SELECT a.login, {wanted} FROM app.notices n JOIN app.accounts a ON a.id = n.account_id ORDER BY n.position, a.login, n.channel"
        )

    async def settled(self) -> None:
        """Everything that stands in the ledger is decided, and nothing is open."""

        async def done() -> bool:
            """What is sent may be recorded, and told of in turn: asked first what is open, then what is decided, then that again."""
            for _ in range(2):
                head = await self.store.head()
                if await self.store.position() < head or (await self.world.office.rows(OPEN))[0][0]:
                    return False
            return True

        await until(done)

    async def sent(self) -> None:
        """Everything is decided, and sent or dropped; and nobody follows any more."""
        if self.follower is None:
            self.follow()
        await self.settled()
        await self.stop_following()

    async def tried(self, times: int) -> bool:
        return len(self.world.mailbox.tries) >= times

    async def ended(self, login: str) -> None:
        """Wait for the end of the receiver's workflow."""
        await self.world.client.get_workflow_handle(notifications_id(self.accounts[login])).result()


async def telling(world: World) -> Telling:
    office = world.office
    await office.run(FormTeam(team_id=office.team_id, name="North", manager_id=BOSS))
    made = Telling(world, {}, NoticeStore(office.ledger.pool, office.ledger.load))
    await made.account("rep", Role.REP, rep_id=office.rep_id, name="Zhang Min")
    await made.account("manager", Role.MANAGER, team_id=office.team_id, name="Boss")
    await made.account("admin", Role.ADMIN, name="Ops")
    return made
