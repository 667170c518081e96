"""What ids stand for, and which rules were published."""

from __future__ import annotations

import uuid
from typing import Any

from domain.customer.commands import AddContact, RegisterCustomer
from domain.customer.facts import Profile
from domain.customer.product import ArchiveProduct, ListProduct
from domain.people.people import ArchiveTeam, CorrectRep, CorrectTeam, FormTeam, HireRep, RepLeaves
from domain.policy.follow_up import DEFAULT_POLICY, short_fuse
from domain.policy.policies import PublishPolicy
from domain.policy.process import DEFAULT_PROCESS, Process, PublishProcess
from projections.people import directory
from projections.people.directory import Listed
from projections.policy import rules
from tests.projections.telling import Books


async def listed(books: Books, id: uuid.UUID) -> Listed:
    await books.follow()
    found = await directory.get(books.pool, id)
    assert found is not None
    return found


async def test_reps_and_teams(books: Books) -> None:
    team, rep = uuid.uuid4(), await books.hire("Wang Fang", user_id="u-7")
    await books.given(FormTeam(team_id=team, name="South", region="Guangdong", manager_id=rep))
    await books.given(HireRep(rep_id=rep, name="Wang Fang", team_id=team))
    south, fang = await listed(books, team), await listed(books, rep)
    assert (south.kind, south.name, south.note, south.parent_id) == ("team", "South", "Guangdong", rep)
    assert (fang.kind, fang.name, fang.parent_id, fang.active) == ("rep", "Wang Fang", team, True)
    assert fang.user_id == "u-7"

    await books.given(CorrectRep(rep_id=rep, name="Wang Fan"), CorrectTeam(team_id=team, name="Far South"))
    await books.given(RepLeaves(rep_id=rep))
    fang = await listed(books, rep)
    assert (fang.name, fang.active, (await listed(books, team)).name) == ("Wang Fan", False, "Far South")


async def test_an_archived_team_comes_back_when_it_is_formed_again(books: Books) -> None:
    team = uuid.uuid4()
    await books.given(FormTeam(team_id=team, name="South"), ArchiveTeam(team_id=team))
    assert not (await listed(books, team)).active
    await books.given(FormTeam(team_id=team, name="South"))
    assert (await listed(books, team)).active


async def test_a_contact_takes_nobodys_place_whatever_its_id(books: Books) -> None:
    """Whoever adds a contact chooses its id."""
    ours, theirs, team, rep = uuid.uuid4(), uuid.uuid4(), uuid.uuid4(), await books.hire("Wang Fang")
    await books.given(
        FormTeam(team_id=team, name="South"),
        RegisterCustomer(customer_id=theirs, profile=Profile(name="Acme")),
        RegisterCustomer(customer_id=ours, profile=Profile(name="Bolt")),
        AddContact(customer_id=theirs, contact_id=theirs, name="Ms An", mail="an@acme.test"),
    )
    taken = (rep, team, theirs, ours)
    before = [await listed(books, id) for id in taken]
    await books.given(*(AddContact(customer_id=ours, contact_id=id, name="Nobody") for id in taken))

    assert [await listed(books, id) for id in taken] == before
    assert [c.name for c in (await directory.contacts(books.pool, theirs)).items] == ["Ms An"]
    assert {c.id for c in (await directory.contacts(books.pool, ours)).items} == set(taken)
    names = {rep: "Wang Fang", team: "South", theirs: "Acme", ours: "Bolt"}
    assert await directory.names(books.pool, taken) == names


async def test_customers_contacts_and_products(books: Books) -> None:
    customer, contact, product = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    person: dict[str, Any] = {"customer_id": customer, "contact_id": contact}
    await books.given(
        RegisterCustomer(customer_id=customer, profile=Profile(name="Acme")),
        RegisterCustomer(customer_id=customer, profile=Profile(name="Acme Steel", sector="steel")),
        AddContact(**person, name="Mr Bo", mail="bo@acme.test", role="buyer"),
        AddContact(**person, name="Mr Boo", mail="boo@acme.test", role="buyer"),
        ListProduct(product_id=product, name="Boiler 9", series="B"),
        ArchiveProduct(product_id=product),
    )
    acme, boiler = [await listed(books, id) for id in (customer, product)]
    (boo,) = (await directory.contacts(books.pool, customer)).items
    assert (acme.kind, acme.name, acme.note) == ("customer", "Acme Steel", "steel")
    assert (boo.kind, boo.name, boo.mail, boo.parent_id) == ("contact", "Mr Boo", "boo@acme.test", customer)
    assert (boiler.kind, boiler.name, boiler.note, boiler.active) == ("product", "Boiler 9", "B", False)
    assert await directory.names(books.pool, [customer, uuid.uuid4()]) == {customer: "Acme Steel"}
    assert boo.id == contact


async def test_personal_data_is_marked_in_the_database(books: Books) -> None:
    marked = await books.office.rows("""
        SELECT c.relname || '.' || a.attname FROM pg_description d JOIN pg_class c ON c.oid = d.objoid
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid
         WHERE d.description = 'personal data' AND c.relnamespace = 'read'::regnamespace
    """)
    names = {name for (name,) in marked}
    assert {
        "directory.name",
        "directory.mail",
        "directory.phone",
        "agenda.promised",
        "deal_board.promised",
    } <= names
    assert {"deal_history.data", "agenda_ended.promised"} <= names


async def test_every_version_of_the_rules_is_listed_the_built_in_one_first(books: Books) -> None:
    fuse = short_fuse(5)
    process = Process(name="default", version=1, stages=DEFAULT_PROCESS.stages[1:])
    receipt = await books.given(
        PublishPolicy(policy=fuse), PublishPolicy(policy=short_fuse(7)), PublishProcess(process=process)
    )
    await books.follow()
    policies, processes = await rules.policies(books.pool), await rules.processes(books.pool)
    assert policies[0].policy == DEFAULT_POLICY
    assert [(p.policy.name, p.policy.version) for p in policies[1:]] == [("short-fuse", 1), ("short-fuse", 2)]
    assert policies[1].policy == fuse
    assert [p.process.version for p in processes] == [1, 2]
    assert processes[1].process.stages == process.stages
    assert processes[1].position == receipt.position
    assert [p.policy.name for p in await rules.policies(books.pool, "short-fuse")] == ["short-fuse"] * 2
    assert await rules.processes(books.pool, "nobody published this") == []
