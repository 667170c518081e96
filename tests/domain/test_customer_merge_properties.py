"""Merging and taking apart in whatever order: as if there had been no merge, but that what was named went with the record,
and that whoever withdrew or objected did so of each record that has them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any
from uuid import UUID

from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.custom_field.commands import PublishFields
from domain.custom_field.declaration import CustomField, FieldSet, RecordKind
from domain.custom_field.value import FieldType, said_text
from domain.customer.buying_roles import SetBuyingRole
from domain.customer.commands import AddContact, CorrectContact, RegisterCustomer
from domain.customer.consents import BARS, GiveConsent, WithdrawConsent
from domain.customer.customer import Customer
from domain.customer.facts import BuyingRole, NoteKind, Profile, Purpose
from domain.customer.fields import SetContactFields, SetCustomerFields
from domain.customer.known import Consent
from domain.customer.layers import NOTHING, File, Key
from domain.customer.merge import Kept, MergeCustomers, UnmergeCustomer
from domain.customer.merging import OF_CONTACTS, GivenBack
from domain.customer.notes import AddNote
from domain.customer.parent import SetParent
from domain.engine.command import Command
from domain.engine.errors import Refused
from tests.domain.given_when_then import History, context_of

IDS = tuple(UUID(int=n) for n in range(1, 6))
ENTRIES = (UUID(int=0x2A), UUID(int=0x2B))
FIELDS = ("name", "sector", "country")
PARTS = ("fields", "contacts", "notes", "consents", "roles", "custom", "contact_custom", "parent")
PART_OF = {"fields": "profile", "parent": "parent_id"}
TIERS = tuple(CustomField(name=name, label=name, type=FieldType.TEXT) for name in ("one", "two"))
record, entry = st.sampled_from(IDS), st.sampled_from(ENTRIES)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("merge"), record, record, st.sets(st.sampled_from(FIELDS))),
        st.tuples(st.just("unmerge"), record, st.sets(st.sampled_from(PARTS))),
        st.tuples(st.just("say"), record, st.sampled_from(FIELDS)),
        *(st.tuples(st.just(what), record, entry) for what in ("contact", "note", "role", "describe")),
        *(
            st.tuples(st.just(what), record, entry, st.sampled_from(Purpose))
            for what in ("consent", "withdraw", "object")
        ),
        st.tuples(st.just("fill"), record, st.sampled_from(("one", "two"))),
        st.tuples(st.just("belong"), record, record),
    ),
    max_size=24,
)


class Said:
    """Beside the customers themselves: of each record what was said of it and when, by key. An unmerge moves what it gives back; a merge
    moves nothing. Every value is said once, so that nothing that was said looks like what was there before.
    """

    def __init__(self) -> None:
        self.history, self.clock = History(), count(1)
        self.of: dict[UUID, list[tuple[int, Key, Any]]] = {}
        self.merged: dict[UUID, int] = {}
        self.roles = list(BuyingRole)
        self.history.decide(
            PublishFields(declared=FieldSet(name=RecordKind.CUSTOMER, fields=TIERS)), context_of()
        )
        self.history.decide(
            PublishFields(declared=FieldSet(name=RecordKind.CONTACT, fields=TIERS)), context_of()
        )
        for n, id in enumerate(IDS):
            odd = bool(n % 2)
            profile = Profile(name=f"n{n}", sector=f"s{n}" if odd else "", country="" if odd else f"c{n}")
            self.history.decide(RegisterCustomer(customer_id=id, profile=profile), context_of())
            self.of[id] = [(0, key, value) for key, value in self.load(id).file.items()]

    def load(self, id: UUID) -> Customer:
        return self.history.load(Customer, id)

    def customer(self, id: UUID) -> Customer:
        found = self.load(id)
        return found if found.stands_for is None else self.customer(found.stands_for)

    def file(self, id: UUID) -> File:
        """What it is by what was said of it alone."""
        return {
            key: value for key, value in {k: v for _, k, v in self.of[id]}.items() if value is not NOTHING
        }

    def do(self, command: Command) -> None:
        id: UUID = command.customer_id  # type: ignore[attr-defined]
        before = self.load(id).file
        self.history.decide(command, context_of())
        after, now = self.load(id).file, next(self.clock)
        self.of[id] += [
            (now, key, after.get(key, NOTHING))
            for key in {**before, **after}
            if before.get(key, NOTHING) != after.get(key, NOTHING)
        ]

    def merge(self, survivor: UUID, gone: UUID, taken: set[str]) -> None:
        one, other = self.customer(survivor), self.customer(gone)
        if one.id == other.id:
            return
        keep = tuple(Kept(field=name, customer_id=other.id) for name in sorted(taken))
        try:
            self.history.decide(MergeCustomers(customer_id=one.id, gone_id=other.id, keep=keep), context_of())
        except Refused:  # one belongs to the other
            return
        self.merged[other.id] = next(self.clock)

    def unmerge(self, gone: UUID, parts: set[str]) -> None:
        held = self.load(gone)
        if held.stands_for is None or self.load(held.stands_for).stands_for is not None:
            return
        survivor = self.load(held.stands_for)
        said = survivor.said_since(gone)
        named = {key for key in said if key[0] in {PART_OF.get(part, part) for part in parts}}
        theirs = {*held.contacts, *(of for part, of in named if part == "contacts")}
        named = {key for key in named if key[0] not in OF_CONTACTS or key[1][0] in theirs}
        given = GivenBack(
            fields=tuple(of for part, of in named if part == "profile"),
            contacts=tuple(of for part, of in named if part == "contacts"),
            notes=tuple(of for part, of in named if part == "notes"),
            consents=tuple({of[0] for part, of in named if part == "consents"}),
            roles=tuple({of[0] for part, of in named if part == "roles"}),
            custom=tuple(of for part, of in named if part == "custom"),
            contact_custom=tuple({of[0] for part, of in named if part == "contact_custom"}),
            parent=any(part == "parent_id" for part, _ in named),
        )
        back = {name: getattr(given, name) for name in PARTS}
        try:
            self.history.decide(UnmergeCustomer(customer_id=gone, rest_stays=True, **back), context_of())
        except Refused:  # it would belong to itself
            return
        self.move(survivor.id, gone, {key: said[key] for key in named})
        contacts = {key[1] for key in self.load(survivor.id).file if key[0] == "contacts"}
        follow = {key: said[key] for key in said if key[0] in OF_CONTACTS and key[1][0] not in contacts}
        self.move(survivor.id, gone, follow)
        for id in (survivor.id, gone):
            self.withhold(id, said)
        del self.merged[gone]

    def withhold(self, id: UUID, said: File) -> None:
        """Whoever withdrew or objected since did so of this record, too, where it has them."""
        for (part, of), value in said.items():
            if part == "consents" and value is not NOTHING and not value.given:
                self.withheld(id, of, value)
        for (part, contact_id), value in said.items():
            for purpose, flag in BARS.items() if part == "contacts" and value is not NOTHING else ():
                held = self.file(id).get(("consents", (contact_id, purpose)))
                if getattr(value, flag) or (held is not None and not held.given):
                    ended = Consent(given=False, source=flag.replace("_", "-"))
                    self.withheld(id, (contact_id, purpose), ended if held else None)

    def withheld(self, id: UUID, of: tuple[UUID, Purpose], consent: Consent | None) -> None:
        (contact_id, purpose), file, now = of, self.file(id), next(self.clock)
        contact, held = file.get(("contacts", contact_id)), file.get(("consents", of))
        if contact is None:
            return
        if consent is not None and (held is None or held.given):
            self.of[id].append((now, ("consents", of), consent))
        barred: Any = {BARS[purpose]: True} if purpose in BARS else {}
        self.of[id].append((now, ("contacts", contact_id), replace(contact, **barred)))

    def move(self, survivor: UUID, gone: UUID, given: File) -> None:
        since = self.merged[gone]
        self.of[survivor] = [one for one in self.of[survivor] if one[0] < since or one[1] not in given]
        now = next(self.clock)
        self.of[gone] += [(now, key, value) for key, value in given.items()]

    def say(self, id: UUID, name: str) -> None:
        held, value = self.customer(id), str(next(self.clock))
        changes: Any = {name: value}
        self.do(RegisterCustomer(customer_id=held.id, profile=replace(held.profile, **changes)))

    def contact(self, id: UUID, contact_id: UUID) -> None:
        held, name = self.customer(id), str(next(self.clock))
        if contact_id in held.contacts:
            self.do(CorrectContact(customer_id=held.id, contact_id=contact_id, name=name))
        else:
            self.do(AddContact(customer_id=held.id, contact_id=contact_id, name=name))

    def note(self, id: UUID, note_id: UUID) -> None:
        text = str(next(self.clock))
        self.do(AddNote(customer_id=self.customer(id).id, note_id=note_id, kind=NoteKind.NEED, text=text))

    def consent(self, id: UUID, contact_id: UUID, purpose: Purpose) -> None:
        self.about(id, contact_id, GiveConsent, purpose=purpose, source=str(next(self.clock)))

    def withdraw(self, id: UUID, contact_id: UUID, purpose: Purpose) -> None:
        self.about(id, contact_id, WithdrawConsent, purpose=purpose, source=str(next(self.clock)))

    def object(self, id: UUID, contact_id: UUID, purpose: Purpose) -> None:
        """Without a word of consents."""
        if purpose in BARS:
            self.about(id, contact_id, CorrectContact, **{BARS[purpose]: True})

    def about(self, id: UUID, contact_id: UUID, command: Callable[..., Command], **said: Any) -> None:
        held = self.customer(id)
        if contact_id in held.contacts:
            self.do(command(customer_id=held.id, contact_id=contact_id, **said))

    def role(self, id: UUID, contact_id: UUID) -> None:
        """While there is one that was not said yet."""
        held = self.customer(id)
        if contact_id in held.contacts and self.roles:
            self.do(SetBuyingRole(customer_id=held.id, contact_id=contact_id, role=self.roles.pop()))

    def describe(self, id: UUID, contact_id: UUID) -> None:
        held = self.customer(id)
        if contact_id in held.contacts:
            custom = {"one": said_text(str(next(self.clock)))}
            self.do(SetContactFields(customer_id=held.id, contact_id=contact_id, custom=custom))

    def fill(self, id: UUID, name: str) -> None:
        value = said_text(str(next(self.clock)))
        self.do(SetCustomerFields(customer_id=self.customer(id).id, custom={name: value}))

    def belong(self, id: UUID, parent_id: UUID) -> None:
        """Once for each pair."""
        held, above = self.customer(id), self.customer(parent_id)
        said = {value for logged in self.of.values() for _, key, value in logged if key[0] == "parent_id"}
        if held.parent_id is None and above.id not in said:
            try:
                self.do(SetParent(customer_id=held.id, parent_id=above.id))
            except Refused:  # a circle
                return

    def take_apart(self) -> None:
        for _ in IDS:
            for id in IDS:
                self.unmerge(id, set())


@given(STEPS)
@example(
    [
        ("contact", IDS[1], ENTRIES[0]),
        ("consent", IDS[1], ENTRIES[0], Purpose.MAIL),
        ("merge", IDS[0], IDS[1], set()),
        ("withdraw", IDS[0], ENTRIES[0], Purpose.MAIL),
        ("object", IDS[0], ENTRIES[0], Purpose.CALL),
    ]
)
@settings(max_examples=150, deadline=None)
def test_taken_apart_they_are_what_was_said_of_each(steps: list[Any]) -> None:
    said = Said()
    for what, *about in steps:
        getattr(said, what)(*about)
    said.take_apart()
    for id in IDS:
        held = said.load(id)
        if held.stands_for is None and not held.layers:
            assert held.file == said.file(id)
