"""api: a contact's id is one customer's — what is kept by it alone, such as when they were asked, would be the other's as well."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from api.engine.customer_reach import SOON
from api.engine.errors import Problem
from api.engine.reading import reached
from api.engine.writing import Writer
from domain.engine.errors import AlreadyExists
from projections.customer import merged
from projections.people import directory


async def of_new_contact(writer: Writer, body: Any, given: dict[str, Any]) -> None:
    """Raises AlreadyExists for an id that a contact of another customer has, as far as that is known soon. Records that were merged are one
    customer, and what it has of its own is said anew.
    """
    if body.contact_id is None:
        return
    services, id = writer.services, given["contact_id"]
    with suppress(Problem):
        await reached(services, ("directory", "merged"), await services.ledger.head(), SOON)
    holders = await directory.customers_with(services.pool, id)
    if holders and holders.isdisjoint(await merged.records(services.pool, given["customer_id"])):
        raise AlreadyExists(f"the id {id} is taken", kind="contact", id=str(id))
