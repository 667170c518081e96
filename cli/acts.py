"""cli: what people do, as data — for each act its command, its route, and what may be said in it. Nothing else of ours may enter.

`fields` are written `option=place:kind`, apart by blanks. `<` before one: an argument, not an option. `place` is where it goes in the
body, `next_step.due_at`; the option's own name where left out. Kinds are in `cli/engine/kinds.py`; text where left out. Then `*`: may be
said several times, and `!`: must be said. What stands in braces in the path is an argument. A test holds all of it against the routes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

FIELD = re.compile(r"(<?)([a-z/-]+)(?:=([a-z_.]*))?(?::([a-z|/_-]+))?(\*?)(!?)")
PLACE = re.compile(r"{(\w+)}")
NAMED = ("deal", "cycle", "rep", "team", "customer", "product")
"""What can be named otherwise than by an id."""
WHICH = "0d9f6f0e-4d4e-4f0e-8a63-1f7b8a5b5c11"
WHO = "'Li Wei'"


SUPPLIED_BY = {
    "pain-points": "deals needs --pain-points",
    "budget": "deals needs --budget",
    "decision-process": "deals needs --decision-process",
    "decision-makers": "deals needs --decision-makers",
    "quote-or-demonstration": "deals quote",
    "amount": "deals amount",
    "close-date": "deals win --closed",
    "contract-reference": "deals win --contract",
    "loss-reason": "deals lose --why",
}
"""What a gate may want, and the command that records it."""


@dataclass(frozen=True)
class Field:
    """`place` is empty for what is no part of the body, but of the path."""

    name: str
    place: str
    kind: str
    argument: bool = False
    many: bool = False
    needed: bool = False

    @property
    def variable(self) -> str:
        return f"_{self.name.replace('-', '_').replace('/', '_')}"


@dataclass(frozen=True)
class Act:
    """`call` is the command after `salesloop`, `example` what follows it there; `path` is where it is posted."""

    call: str
    path: str
    fields: str
    help: str
    example: str = ""

    @property
    def group(self) -> str:
        return self.call.split(" ")[0]

    @property
    def name(self) -> str:
        return self.call.split(" ")[1]

    @cached_property
    def parts(self) -> tuple[Field, ...]:
        """Of the path, then of the body."""
        named = (_in_path(name.removesuffix("_id")) for name in PLACE.findall(self.path))
        return (*named, *map(_field, self.fields.split()))


def _in_path(name: str) -> Field:
    return Field(name, "", name if name in NAMED else "id", argument=True, needed=True)


def _field(text: str) -> Field:
    found = FIELD.fullmatch(text)
    assert found is not None, text
    argument, name, place, kind, many, needed = found.groups()
    place = name.replace("-", "_") if place is None else place
    return Field(name, place, kind or "text", bool(argument), bool(many), bool(needed))


NEXT = "next=next_step.what due=next_step.due_at:instant"
TOUCH = (
    "<kind=activity.kind:call|visit|mail|demonstration|meeting|task! outcome=activity.outcome summary=activity.summary "
    "minutes=activity.duration_minutes:whole inbound=activity.direction:is/inbound as=activity.name rep=activity.rep_id:rep "
    "contact=activity.contact_id:id"
)
DEAL = (
    "customer=customer_id:customer product=product_id:product amount:money close=expected_close:day process policy "
    + NEXT
)

DEALS = (
    Act("deals open", "/deals", f"<title! owner=owner_id:rep {DEAL}",
        "Open a deal. Without a next step, a promise is made by the policy's rule.",
        f"'MES licences' --owner {WHO} --amount '480000 CNY'"),
    Act("deals log", "/deals/{deal_id}/activities", f"{TOUCH} {NEXT}",
        "Log a touch. It ends the live promise, kept or late, and makes the next one.",
        "1C1I7A6R call --outcome reached --next 'send the offer' --due 2026-12-01T09:00"),
    Act("deals correct-touch", "/deals/{deal_id}/activities/{activity_id}/corrections", TOUCH,
        "Correct an activity: the whole of it, as it should have been logged.",
        f"1C1I7A6R {WHICH} visit --outcome reached"),
    Act("deals needs", "/deals/{deal_id}/needs",
        "pain-points budget:money decision-process decision-makers*",
        "Record what the customer needs: the whole of it, each time.",
        "1C1I7A6R --pain-points 'late offers' --budget '500000 CNY' --decision-process 'a tender' --decision-makers 'Ms Zhao'"),
    Act("deals quote", "/deals/{deal_id}/quotes", "<reference! amount:money! valid-until:day",
        "Record a quote.", "1C1I7A6R Q-2026-17 --amount '470000 CNY'"),
    Act("deals move", "/deals/{deal_id}/stage", "<stage=to!",
        "Move to another stage. A gate that is not passed lists everything that is missing.",
        "1C1I7A6R needs --reason 'they called back'"),
    Act("deals override", "/deals/{deal_id}/overrides", "<stage=to!",
        "Ask to pass a gate. --reason says why.", "1C1I7A6R solution --reason 'the tender closes on Friday'"),
    Act("deals decide-override", "/deals/{deal_id}/overrides/{override_id}/decision", "approve/refuse=approved:yes!",
        "Approve an override or refuse it; by somebody else than who asked.",
        f"1C1I7A6R {WHICH} --approve --reason 'the last time'"),
    Act("deals win", "/deals/{deal_id}/win", "contract=contract_reference amount:money closed=closed_on:today",
        "Win the deal.", "1C1I7A6R --contract C-2026-117 --amount '470000 CNY'"),
    Act("deals lose", "/deals/{deal_id}/lose", "why=loss_reason! competitor closed=closed_on:day",
        "Lose the deal.", "1C1I7A6R --why price --competitor Acme"),
    Act("deals reopen", "/deals/{deal_id}/reopen", "<stage!", "Reopen a closed deal.", "1C1I7A6R solution"),
    Act("deals amount", "/deals/{deal_id}/amount", "<amount:money!", "Change the amount.", "1C1I7A6R '450000 CNY'"),
    Act("deals expected-close", "/deals/{deal_id}/expected-close", "<day=expected_close:day!",
        "Move the expected close.", "1C1I7A6R 2026-12-31"),
    Act("deals correct", "/deals/{deal_id}/corrections", "title customer=customer_id:customer product=product_id:product",
        "Correct what was entered wrongly.", "1C1I7A6R --title 'MES licences, 40 seats'"),
    Act("deals correct-closing", "/deals/{deal_id}/closing-corrections",
        "closed=closed_on:day amount:money contract=contract_reference why=loss_reason competitor",
        "Correct what was entered wrongly at winning or losing. What is left out stays as it is.",
        "1C1I7A6R --closed 2026-11-20"),
    Act("deals handover", "/deals/{deal_id}/handover", "to:rep! note=handover_note!",
        "Hand over to another rep: the deal, its promise and the note go together.",
        f"1C1I7A6R --to {WHO} --note 'they wait for the offer'"),
    Act("deals process", "/deals/{deal_id}/process", "<version:whole!",
        "Move to another version of the process.", "1C1I7A6R 2"),
    Act("deals promise", "/deals/{deal_id}/promise",
        "<what=next_step.what! due=next_step.due_at:instant!",
        "Promise the next step, or put the live promise off: it is made anew.",
        "1C1I7A6R 'send the offer' --due 2026-12-01T09:00"),
    Act("deals excuse", "/deals/{deal_id}/promises/{promise_id}/excuse", NEXT,
        "Excuse the live promise: it need not be kept. --reason says why. Its id is in deals show.",
        f"1C1I7A6R {WHICH} --reason 'the buyer is ill'"),
    Act("lead capture", "/leads", "<name! mail phone interest source customer=customer_id:customer",
        "Somebody might buy.", "'Wang Wei' --source 'trade fair'"),
    Act("lead allocate", "/leads/{lead_id}/allocate", "to:rep!",
        "Give it to a rep, by hand; the receipt says so.", f"{WHICH} --to {WHO}"),
    Act("lead convert", "/leads/{lead_id}/convert", f"<title! {DEAL}",
        "It becomes a deal of its owner's, with a promise.", f"{WHICH} 'MES, 40 seats'"),
    Act("lead discard", "/leads/{lead_id}/discard", "why!", "Nothing will come of it.", f"{WHICH} --why 'a student'"),
)  # fmt: skip

DIRECTORY = (
    Act("customer register", "/customers", "<name! sector country employees:whole revenue:money founded:whole parent",
        "Register a customer.", "'Acme Tools' --sector machinery --country DE"),
    Act("customer contact", "/customers/{customer_id}/contacts", "<name! mail phone role",
        "Add a contact of a customer's.", "'Acme Tools' 'Ms Zhao' --role buyer"),
    Act("product add", "/products", "<name! series price:money", "List a product.", "'MES 40' --price '12000 CNY'"),
    Act("product archive", "/products/{product_id}/archive", "", "It is sold no longer.", "'MES 40'"),
    Act("team form", "/teams", "<name! region manager=manager_id:rep", "Form a team.", "'East' --region CN"),
    Act("team correct", "/teams/{team_id}/corrections", "name region", "Correct a team.", "East --region 'China, east'"),
    Act("team archive", "/teams/{team_id}/archive", "", "It is a team no longer.", "East"),
    Act("rep hire", "/reps", "<name! team=team_id:team! login=user_id", "A rep joins a team.", f"{WHO} --team East --login li.wei"),
    Act("rep correct", "/reps/{rep_id}/corrections", "name login=user_id", "Correct a rep.", f"{WHO} --login li.wei"),
    Act("rep away", "/reps/{rep_id}/away", "from=starts_at:instant! until=ends_at:instant!",
        "A rep is away: promises go to somebody else meanwhile.", f"{WHO} --from 2026-12-24T00:00 --until 2027-01-02T00:00"),
    Act("rep back", "/reps/{rep_id}/back", "", "A rep is back.", WHO),
    Act("rep leave", "/reps/{rep_id}/leave", "", "A rep leaves; deals and promises are handed over.", WHO),
    Act("policies publish", "/policies", "<file=:file!",
        "Publish a policy's next version; open deals that follow it are re-armed.", "./key-accounts.json --reason 'the new quarter'"),
    Act("process publish", "/processes", "<file=:file!", "Publish a process's next version: its stages and gates.", "./process.json"),
)  # fmt: skip
