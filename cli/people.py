"""cli: who and what there is — customers, products, teams, reps by name. What can be done is in `api/people/acts.py` and
`api/customer/acts.py`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from api.engine.acts import WHICH
from cli.engine.backend import backend
from cli.engine.common import Json, Limit, Zone, as_json, example, run, zone
from cli.engine.derive import group
from cli.engine.language import language
from cli.engine.options import Cursor, CustomFilter, KnownAt, TeamFilter, more
from cli.views.customers import show_group, show_records, show_since
from cli.views.deals import show_timeline
from cli.views.duplicates import show_duplicate_policy, show_likely, show_pairs
from cli.views.rules import show_customer, show_listed

Customer = Annotated[str, typer.Argument(metavar="CUSTOMER", help="Its name, or its id.")]

customers = group(
    "customer",
    "Customers and their contacts: list, show, register, add a contact, duplicates.",
    acts="api.customer.acts",
)
products = group("product", "Products: list, add, archive.", acts="api.customer.acts")
teams = group("team", "Teams: list, form, correct, archive.", acts="api.people.acts")
people = group(
    "rep",
    "Reps: list, hire, correct, away, back, leave. What each has on their hands: salesloop reps.",
    acts="api.people.acts",
)


def _listing(app: typer.Typer, kind: str, path: str) -> None:
    def command(*, cursor: Cursor = None, limit: Limit = 50, json: Json = False) -> None:
        _show(path, {"cursor": cursor, "limit": limit}, {}, json=json)

    command.__annotations__ = {"cursor": Cursor, "limit": Limit, "json": Json, "return": None}
    app.command("list", help="By name.", epilog=example(f"salesloop {kind} list"))(command)


for _app, _kind, _path in (
    (products, "product", "/products"),
    (teams, "team", "/teams"),
):
    _listing(_app, _kind, _path)


@customers.command("list", epilog=example("salesloop customer list --text acme --country DE"))
def customers_list(
    *,
    text: Annotated[str | None, typer.Option("--text", help="Any part of the name.")] = None,
    sector: Annotated[str | None, typer.Option("--sector", help="Of one sector alone.")] = None,
    country: Annotated[str | None, typer.Option("--country", help="Of one country alone.")] = None,
    parent: Annotated[
        str | None, typer.Option("--parent", help="That belong to this company: name or id.")
    ] = None,
    custom: CustomFilter = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """By name."""
    query = {
        "text": text,
        "sector": sector,
        "country": country,
        "custom": custom,
        "cursor": cursor,
        "limit": limit,
    }
    page = run(_customers(query, parent))
    if json:
        as_json(page)
        return
    show_listed(page.items)
    more(page)


async def _customers(query: dict[str, Any], parent: str | None) -> Any:
    from cli.engine.kinds import read
    from projections.customer.listed import ListedCustomer
    from projections.engine.paging import Page

    async with backend() as at:
        above = {"parent_id": await read(at, "customer", parent, "--parent")} if parent else {}
        return await at.read("/customers", Page[ListedCustomer], query | above)


@people.command("list", epilog=example("salesloop rep list --team East"))
def list_(*, team: TeamFilter = None, cursor: Cursor = None, limit: Limit = 50, json: Json = False) -> None:
    """By name."""
    _show("/reps", {"cursor": cursor, "limit": limit}, {"team": team}, json=json)


def _show(path: str, query: dict[str, Any], whose: dict[str, str | None], *, json: bool) -> None:
    page = run(_page(path, query, whose))
    if json:
        as_json(page)
        return
    show_listed(page.items)
    more(page)


async def _page(path: str, query: dict[str, Any], whose: dict[str, str | None]) -> Any:
    from cli.engine.kinds import ids
    from projections.engine.paging import Page
    from projections.people.directory import Listed

    async with backend() as at:
        return await at.read(path, Page[Listed], query | await ids(at, whose))


@customers.command(epilog=example("salesloop customer show 'Acme Tools'"))
def show(customer: Customer, *, json: Json = False) -> None:
    """A customer and its contacts."""
    found = run(_customer(customer))
    if json:
        as_json(found)
    else:
        show_customer(found)


Least = Annotated[
    int | None, typer.Option("--least", help="From so many per cent on; else what the policy tells of.")
]
Of = Annotated[str | None, typer.Option("--of", metavar="CUSTOMER", help="Only of this one: name or id.")]


@customers.command(epilog=example("salesloop customer duplicates --least 85"))
def duplicates(
    *, of: Of = None, least: Least = None, cursor: Cursor = None, limit: Limit = 20, json: Json = False
) -> None:
    """Pairs of customers that are likely one, the surest kinds of evidence first."""
    found = run(_duplicates(of, {"least": least, "cursor": cursor, "limit": limit}))
    if json:
        as_json(found)
    elif of is not None:
        show_likely(found["likely"])
    else:
        show_pairs(found.items)
        more(found)


async def _duplicates(of: str | None, query: dict[str, Any]) -> Any:
    from cli.engine.kinds import read
    from projections.customer.pairs import DuplicatePair
    from projections.engine.paging import Page

    async with backend() as at:
        if of is None:
            return await at.read("/customers/duplicates", Page[DuplicatePair], query)
        id = await read(at, "customer", of, "--of")
        return await at.read(f"/customers/{id}/duplicates", dict[str, Any])


@customers.command("duplicate-policies", epilog=example("salesloop customer duplicate-policies"))
def policies(*, json: Json = False) -> None:
    """From which score a likely duplicate is told of, asked about, refused: every version."""
    found = run(_policies())
    if json:
        as_json(found)
    else:
        show_duplicate_policy(found["versions"])


async def _policies() -> Any:
    async with backend() as at:
        return await at.read("/duplicate-policy", dict[str, Any])


@customers.command(epilog=example("salesloop customer timeline 'Acme Tools' --kind activity"))
def timeline(
    customer: Customer,
    *,
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind",
            help="Of one kind: activity, deal, stage, promise, quote, case, lead, contact, note, profile, feedback.",
        ),
    ] = None,
    known_at: KnownAt = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    json: Json = False,
    tz: Zone = None,
) -> None:
    """All that ever happened with a customer, the newest first."""
    query = {"lang": language(), "kind": kind, "known_at": known_at, "cursor": cursor, "limit": limit}
    page = run(_timeline(customer, query))
    if json:
        as_json(page)
        return
    show_timeline(page, str(query["lang"]), zone(tz))
    more(page)


async def _timeline(given: str, query: dict[str, Any]) -> Any:
    from cli.engine.kinds import read
    from projections.customer.timeline import CustomerEvent
    from projections.engine.paging import Page

    async with backend() as at:
        id = await read(at, "customer", given, "CUSTOMER")
        return await at.read(f"/customers/{id}/timeline", Page[CustomerEvent], query)


@customers.command("records", epilog=example("salesloop customer records 'Acme Tools'"))
def records(customer: Customer, *, json: Json = False) -> None:
    """The records that a customer is made of, and from which each value is."""
    found = run(_customer(customer, "/records"))
    (as_json if json else show_records)(found)


@customers.command("since-merge", epilog=example(f"salesloop customer since-merge {WHICH}"))
def since_merge(customer: Customer, *, json: Json = False) -> None:
    """What was said and made since a record was merged: what an unmerge has to answer for."""
    found = run(_customer(customer, "/since-merge"))
    (as_json if json else show_since)(found)


@customers.command("group", epilog=example("salesloop customer group 'Acme Tools'"))
def companies(customer: Customer, *, json: Json = False) -> None:
    """A customer with the companies below it: open deals and what was won."""
    found = run(_customer(customer, "/group"))
    (as_json if json else show_group)(found)


async def _customer(given: str, part: str = "") -> Any:
    from cli.engine.kinds import read

    async with backend() as at:
        id = await read(at, "customer", given, "CUSTOMER")
        return await at.read(f"/customers/{id}{part}", dict[str, Any])
