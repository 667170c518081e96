"""Projections room: finding deals, customers, contacts and leads by any part of their names, Chinese or Latin.

One row a name, folded (no case, no accents), with every pair of neighbouring letters in it, and every letter that is not ASCII: a
part of a name is found by its pairs through one index, however short a word is and wherever it stands. How it is looked for is below.

Holds personal data: names, mail addresses and phone numbers of contacts and leads.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from itertools import chain
from typing import Any, Literal
from uuid import UUID

import msgspec
from psycopg import AsyncConnection

from domain.customer import facts as c
from domain.deal import facts as d
from domain.engine import currency
from domain.engine.facts import PersonName, PersonText
from domain.lead import facts as leads
from projections.customer import SEEN, merged, moved_contacts
from projections.engine.fold import Folded, is_mark, on
from projections.engine.paging import Source, fetch
from projections.engine.projection import Entry
from projections.engine.tables import Table


class Kind(StrEnum):
    DEAL = "deal"
    CUSTOMER = "customer"
    CONTACT = "contact"
    LEAD = "lead"


class NameRow(msgspec.Struct, gc=False):
    """`within` is a contact's customer, of all else nothing but its own id. `text` is what is looked through: the name, a deal's
    reference, a person's mail address and phone number. `position` is of when it was named, `team_id` whose a deal or lead is.
    """

    kind: str
    id: UUID
    within: UUID
    text: PersonText = ""
    pieces: PersonText = ""
    position: int = 0
    team_id: UUID | None = None


NAMES = Table(
    "search",
    NameRow,
    key=("kind", "id", "within"),
    indexes={
        "pieces": "USING gin (string_to_array(pieces, ' '))",
        "newest": "(kind, position)",
        "team": "(team_id, kind, position) WHERE team_id IS NOT NULL",
    },
)


def folded(text: str) -> str:
    """Without case, accents and widths, which people leave out when they look for something."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in apart if unicodedata.category(letter) != "Mn")
    return unicodedata.normalize("NFKC", bare).replace("\x00", "")


def pieces(text: str) -> list[str]:
    """Of folded text: each two neighbouring letters of a word, and each letter that is not ASCII. Each once, in order."""
    words = text.split()
    pairs = (word[at : at + 2] for word in words for at in range(len(word) - 1))
    return list(
        dict.fromkeys((*pairs, *(letter for word in words for letter in word if not letter.isascii())))
    )


class Search(Folded):
    name = "search"
    tables = (NAMES,)
    copies = {d.OwnerChanged: {"team_id": "team_after"}, leads.LeadAllocated: {"team_id": "team_id"}}

    def __init__(self, suffix: str = "") -> None:
        super().__init__(suffix)
        self.names = self.rows(NAMES)

    async def apply(self, connection: AsyncConnection[Any], after: int, upto: int) -> None:
        entries, undone = await self.settled(connection, await self.read(connection, after, upto))
        for entry in chain.from_iterable(undone.values()):
            self.names.remove(_key(entry))
        entries = [entry for entry in entries if not is_mark(entry)]
        moved = moved_contacts.keys(entries, _of_contact)
        await self.names.load(connection, [*(_key(entry) for entry in entries), *moved])
        for entry in entries:
            if isinstance(entry.fact, moved_contacts.OF_MERGES):
                moved_contacts.move(self.names, entry, _of_contact, NameRow, _fill)
            key = _key(entry)
            row = self.names.find(*key) or self.names.add(NameRow(*key))
            before = row.text
            self.handlers[type(entry.fact)](self, row, entry)
            if row.text != before:
                row.pieces, row.position = " ".join(pieces(row.text)), entry.position
        await self.save(connection)

    @on(d.DealOpened)
    def _deal_opened(self, row: NameRow, entry: Entry[d.DealOpened]) -> None:
        row.text, row.team_id = _text(entry.fact.title, entry.fact.reference), entry.fact.team_id

    @on(d.TitleCorrected)
    def _title_corrected(self, row: NameRow, entry: Entry[d.TitleCorrected]) -> None:
        reference = row.text.removeprefix(_text(entry.fact.before))
        row.text = _text(entry.fact.after, reference)

    @on(c.CustomerRegistered)
    def _customer_registered(self, row: NameRow, entry: Entry[c.CustomerRegistered]) -> None:
        row.text = _text(entry.fact.profile.name)

    @on(c.CustomerProfileChanged)
    def _customer_changed(self, row: NameRow, entry: Entry[c.CustomerProfileChanged]) -> None:
        row.text = _text(entry.fact.after.name)

    @on(c.CustomerAbsorbed, c.CustomerReleased)
    def _customer_merged(self, row: NameRow, entry: Entry[Any]) -> None:
        row.text = _text(entry.fact.after.name)

    @on(c.ContactAdded)
    def _contact_added(self, row: NameRow, entry: Entry[c.ContactAdded]) -> None:
        row.text = _text(entry.fact.name, entry.fact.mail, entry.fact.phone)

    @on(c.ContactCorrected)
    def _contact_corrected(self, row: NameRow, entry: Entry[c.ContactCorrected]) -> None:
        after = entry.fact.after
        row.text = _text(after.name, after.mail, after.phone)

    @on(leads.LeadCaptured)
    def _lead_captured(self, row: NameRow, entry: Entry[leads.LeadCaptured]) -> None:
        row.text = _text(entry.fact.name, entry.fact.mail, entry.fact.phone)

    @on(leads.LeadCorrected)
    def _lead_corrected(self, row: NameRow, entry: Entry[leads.LeadCorrected]) -> None:
        after = entry.fact.after
        row.text = _text(after.name, after.mail, after.phone)


OF_CONTACTS = (c.ContactAdded, c.ContactCorrected)


def _key(entry: Entry[Any]) -> tuple[str, UUID, UUID]:
    """A contact's id may be anything, so its customer's is beside it."""
    id = entry.stream_id
    if isinstance(entry.fact, OF_CONTACTS):
        return "contact", entry.fact.contact_id, id
    return entry.fact.TOPIC.partition(".")[0], id, id


def _of_contact(customer_id: UUID, contact_id: UUID) -> tuple[str, UUID, UUID]:
    return "contact", contact_id, customer_id


def _fill(row: NameRow, contact: c.Contact) -> None:
    row.text = _text(contact.name, contact.mail, contact.phone)
    row.pieces = " ".join(pieces(row.text))


def _text(*parts: str) -> str:
    """Apart by a blank, which no word that is looked for has."""
    return " ".join(part.strip() for part in map(folded, parts) if part.strip())


# -- queries --------------------------------------------------------------------------------------

NEWEST_FIRST = 2_000
"""So many of the newest are looked through at first: what is in many names is found there, and an index would give all of them."""
MOST_WORDS = 8
SHOWN = 10


class Found(msgspec.Struct):
    """One hit with what tells it from others (personal data). `note` is a customer's sector, a contact's role, a lead's interest.
    What a kind does not have is None.
    """

    kind: Kind
    id: UUID
    name: PersonName
    note: str = ""
    customer_id: UUID | None = None
    customer_name: str | None = None
    owner_name: PersonName | None = None
    stage: str | None = None
    status: Literal["open", "won", "lost", "converted", "discarded"] | None = None
    amount: Decimal | None = None
    currency: str | None = None
    due_at: datetime | None = None
    closed_on: date | None = None
    mail: PersonText = ""
    phone: PersonText = ""


class Group(msgspec.Struct):
    """What was found of one kind, what begins like the text first, then the newest. `more`: there is more than is shown."""

    kind: Kind
    items: list[Found]
    more: bool


SHOW: dict[Kind, str] = {
    Kind.DEAL: """
SELECT s.kind, s.id, x.title, x.reference, COALESCE(m.survivor_id, x.customer_id), n.name, o.name, x.stage, x.status, x.amount,
       x.currency, x.due_at, x.closed_on, '', ''
  FROM {found} JOIN read.deal_board x ON x.deal_id = s.id
  LEFT JOIN read.merged m ON m.customer_id = x.customer_id AND m.until IS NULL
  LEFT JOIN read.directory n ON n.id = COALESCE(m.survivor_id, x.customer_id)
  LEFT JOIN read.directory o ON o.id = x.owner_id
""",
    Kind.CUSTOMER: """
SELECT s.kind, COALESCE(m.survivor_id, s.id), x.name, x.note, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '', ''
  FROM {found} LEFT JOIN read.merged m ON m.customer_id = s.id AND m.until IS NULL
  JOIN read.directory x ON x.id = COALESCE(m.survivor_id, s.id)
""",
    Kind.CONTACT: """
SELECT s.kind, s.id, x.name, x.role, x.customer_id, n.name, NULL, NULL, NULL, NULL, NULL, NULL, NULL, x.mail, x.phone
  FROM {found} JOIN read.contacts x ON (x.customer_id, x.id) = (s.within, s.id)
  LEFT JOIN read.directory n ON n.id = s.within
""",
    Kind.LEAD: """
SELECT s.kind, s.id, x.name, x.interest, COALESCE(m.survivor_id, x.customer_id), n.name, o.name, NULL, x.status, NULL, NULL, NULL, NULL,
       x.mail, x.phone
  FROM {found} JOIN read.leads x ON x.lead_id = s.id
  LEFT JOIN read.merged m ON m.customer_id = x.customer_id AND m.until IS NULL
  LEFT JOIN read.directory n ON n.id = COALESCE(m.survivor_id, x.customer_id)
  LEFT JOIN read.directory o ON o.id = x.owner_id
""",
}
STANDS_FOR = "COALESCE((SELECT survivor_id FROM read.merged m WHERE m.customer_id = s.within AND m.until IS NULL), s.within)"
OF_CUSTOMER = SEEN.replace("directory.id", STANDS_FOR)
ITS_OWN = merged.ITSELF.format(id="s.within")
"""Of a contact: its record stands for itself. Those of a record that was merged are the survivor's, too."""
SCOPE: dict[Kind, str] = {
    Kind.DEAL: "s.team_id = %(seen_by)s",
    Kind.CUSTOMER: OF_CUSTOMER,
    Kind.CONTACT: f"{ITS_OWN} AND {OF_CUSTOMER}",
    Kind.LEAD: "(s.team_id = %(seen_by)s OR (%(pool)s AND s.team_id IS NULL))",
}
"""What a team sees, of a row `s`; with `pool` also the leads that nobody has yet."""
RANKED = "strpos(s.text, %(word_0)s) <> 1, s.position DESC, s.id"
NEWEST = (
    "(SELECT * FROM read.search s WHERE kind = %(kind)s AND {whose} ORDER BY position DESC LIMIT %(newest)s)"
)
OWNED = (Kind.DEAL, Kind.LEAD)
"""Kinds whose rows say whose they are: a team's newest are looked through, not everybody's."""
HITS = """(
    SELECT * FROM (SELECT s.kind, s.id, s.within, s.text, s.position, s.team_id FROM {names} s
                    WHERE s.kind = %(kind)s AND {having} ORDER BY {ranked} OFFSET 0) s
     WHERE {scope} LIMIT %(limit)s) s
"""
"""In their order first: whose a customer is takes long to say, so it is asked of no more than needed."""
HAS_PIECES = "string_to_array(s.pieces, ' ') @> %(pieces)s::text[]"
CUSTOMERS = """id IN (SELECT COALESCE(m.survivor_id, s.id) FROM read.search s LEFT JOIN read.merged m ON m.customer_id = s.id AND m.until IS NULL
        WHERE s.kind = 'customer' AND {having})"""


def words_of(text: str) -> list[str]:
    """Each must be in a name, in any order; the longest are the surest, so those are asked for where there are many."""
    words = dict.fromkeys(folded(text).split())
    surest = sorted(words, key=len, reverse=True)[:MOST_WORDS]
    return [word for word in words if word in surest]


def _having(words: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """That a row `s` has all the words, without the index."""
    named = {f"word_{n}": word for n, word in enumerate(words)}
    return " AND ".join(f"strpos(s.text, %({name})s) > 0" for name in named), named


def _indexed(words: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """The same with it; a single ASCII letter has no piece, and is looked for in all names."""
    condition, named = _having(words)
    wanted = pieces(" ".join(words))
    return (f"{HAS_PIECES} AND {condition}", {**named, "pieces": wanted}) if wanted else (condition, named)


def customers_named(text: str) -> tuple[str, dict[str, Any]]:
    """For a list of customers, whose column is `id`: those with the text in their name."""
    words = words_of(text)
    condition, params = _indexed(words) if words else ("false", {})
    return CUSTOMERS.format(having=condition), params


async def search(
    source: Source,
    text: str,
    kinds: Sequence[Kind] = tuple(Kind),
    limit: int = SHOWN,
    *,
    seen_by: UUID | None = None,
    pool: bool = True,
) -> list[Group]:
    """What has every word of the text in its name, by kind. `seen_by` is a team: only what it sees."""
    words = words_of(text)
    if not words:
        return []
    given = {"seen_by": seen_by, "pool": pool, "newest": NEWEST_FIRST, "limit": limit + 1}
    found = [(kind, await _hits(source, kind, words, given, limit)) for kind in kinds]
    return [Group(kind, hits[:limit], len(hits) > limit) for kind, hits in found if hits]


async def _hits(
    source: Source, kind: Kind, words: Sequence[str], given: dict[str, Any], limit: int
) -> list[Found]:
    """Of common words enough are among the newest; of rare ones the index gives few."""
    among = {**given, "kind": str(kind)}
    newest = NEWEST.format(whose=_scope(kind, given) if kind in OWNED else "true")
    hits = await _asked(source, kind, newest, _having(words), among)
    return hits if len(hits) > limit else await _asked(source, kind, "read.search", _indexed(words), among)


async def _asked(
    source: Source, kind: Kind, names: str, having: tuple[str, dict[str, Any]], given: dict[str, Any]
) -> list[Found]:
    condition, params = having
    hits = HITS.format(names=names, having=condition, ranked=RANKED, scope=_scope(kind, given))
    query = f"{SHOW[kind].format(found=hits)} ORDER BY {RANKED}"
    found = [_found(*row) for row in await fetch(source, query, {**given, **params}, planned_anew=True)]
    return found if kind == Kind.CONTACT else list({hit.id: hit for hit in found}.values())


def _scope(kind: Kind, given: Mapping[str, Any]) -> str:
    if given["seen_by"] is None:
        return ITS_OWN if kind == Kind.CONTACT else "true"
    return SCOPE[kind]


def _found(*row: Any) -> Found:
    """An amount has its currency's decimals."""
    made = Found(*row)
    if made.amount is not None and made.currency is not None:
        made.amount = currency.written(made.amount, made.currency)
    return made
