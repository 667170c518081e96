"""cli: deals for people. Each function takes what was read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from cli.engine.common import moment, money
from cli.engine.language import sentence, word
from cli.engine.tables import facts, say, table

if TYPE_CHECKING:
    from projections.customer.timeline import CustomerEvent
    from projections.deal.board import DealView
    from projections.deal.events import DealEvent
    from projections.engine.paging import Page
    from projections.search import Found, Group

NAMED_BY = {"deal.activity-logged": "activity_id", "deal.override-requested": "override_id"}
SHORT = 8
"""Digits of an id that are enough to name a deal by."""


def reference(deal: Any) -> str:
    """What a deal can be named by: its reference, else the beginning of its id."""
    return str(deal.reference or deal.deal_id.hex[:SHORT])


def show_deals(deals: Iterable[DealView], to: tzinfo | None) -> None:
    columns = ("deal", "title", "customer", "stage", "amount", "owner", "due")
    rows = [
        (
            reference(deal),
            deal.title,
            deal.customer_name,
            deal.stage,
            money(deal.amount, deal.currency),
            deal.owner_name,
            f"{moment(deal.due_at, to)}{' !' if deal.missed_at else ''}",
        )
        for deal in deals
    ]
    table(columns, rows, right=("amount",), whole=("deal", "due"), spare=("owner", "customer"))


def show_deal(deal: DealView, to: tzinfo | None) -> None:
    also_open = deal.also_open or {}
    rows = [
        ("deal", deal.deal_id),
        ("reference", f"{deal.reference} ({deal.source})" if deal.reference else None),
        ("title", deal.title),
        ("customer", deal.customer_name),
        ("product", deal.product_name),
        ("owner", f"{deal.owner_name}, {deal.team_name}"),
        (
            "stage",
            sentence(
                "{stage} ({status}), since {at}",
                stage=word(deal.stage, "stage"),
                status=word(deal.status),
                at=moment(deal.stage_entered_at, to),
            ),
        ),
        ("amount", money(deal.amount, deal.currency)),
        ("expected close", deal.expected_close),
        ("opened", moment(deal.opened_at, to)),
        (
            "activities",
            sentence(
                "{count}, the last {at}",
                count=deal.activity_count,
                at=moment(deal.last_activity_at, to) or word("never"),
            ),
        ),
        (
            "promise",
            sentence("{what}, by {who}", what=deal.promised, who=deal.promised_by_name)
            if deal.promise_id
            else None,
        ),
        ("its id", deal.promise_id),
        ("due", moment(deal.due_at, to)),
        ("also open", ", ".join(f"{number} {word(kind)}" for kind, number in also_open.items())),
        ("override asked for", moment(deal.override_asked_at, to)),
        ("policy, process", f"{deal.policy}, {deal.process} {deal.process_version}"),
        ("version", deal.version),
    ]
    facts(deal.title, rows)


def show_details(details: Mapping[str, Any]) -> None:
    """What `GET /deals/{id}/details` answers; what is not there is left out, and all of it as known at an earlier time."""
    if not details:
        return
    needs, gates = details["needs"], details["gates"]
    rows = [
        ("pain points", needs["pain_points"]),
        ("budget", money(**needs["budget"]) if needs["budget"] else None),
        ("decision process", needs["decision_process"]),
        ("decision makers", ", ".join(needs["decision_makers"])),
        ("quotes", "\n".join(f"{q['reference']}: {money(**q['amount'])}" for q in details["quotes"])),
        *(
            (sentence("missing for {stage}", stage=word(g["stage"], "stage")), _words(g["missing"]))
            for g in gates
        ),
        *(
            (sentence("override to {stage}", stage=word(o["to"], "stage")), _override(o))
            for o in details["overrides"]
            if not o["spent"]
        ),
    ]
    if told := [(name, value) for name, value in rows if value]:
        facts("", told)


def _words(codes: Iterable[str]) -> str:
    return ", ".join(map(word, codes))


def _override(override: Mapping[str, Any]) -> str:
    said = {None: "asked for", True: "approved", False: "refused"}[override["approved"]]
    return sentence("{said}, id {id}", said=word(said), id=override["override_id"])


# --- search ----------------------------------------------------------------------------------------------------------


def show_found(groups: Sequence[Group]) -> None:
    if not groups:
        say(word("nothing has that in its name"))
    rows = [_found(found) for group in groups for found in group.items]
    columns = ("kind", "name", "customer", "stage", "amount", "owner", "id")
    table(columns, rows, right=("amount",), whole=("id",), spare=("owner", "amount", "customer"))
    for group in groups:
        if group.more:
            say(sentence("there are more of the kind {kind}", kind=word(str(group.kind))))


def _found(found: Found) -> tuple[Any, ...]:
    amount = money(found.amount, found.currency)
    return (
        str(found.kind),
        found.name,
        found.customer_name,
        found.stage or found.status,
        amount,
        found.owner_name,
        found.id,
    )


# --- history ---------------------------------------------------------------------------------------------------------


def show_history(page: Page[DealEvent], lang: str, to: tzinfo | None, title: str = "") -> None:
    rows = [
        (h.version, moment(h.occurred_at, to, seconds=True), _who(h), h.channel, _said(h, lang))
        for h in page.items
    ]
    columns = ("", "when", "who", "door", "what")
    table(columns, rows, title=title, right=("",), whole=("when", "door"), spare=("door", "who"))


def show_timeline(page: Page[CustomerEvent], lang: str, to: tzinfo | None) -> None:
    """With the record that each event came from, where several were merged."""
    rows = [
        (moment(h.occurred_at, to), word(h.kind), _who(h), _said(h, lang), h.record_name or "")
        for h in page.items
    ]
    columns = ("when", "kind", "who", "what", "record")
    shown = len(columns) if any(row[-1] for row in rows) else len(columns) - 1
    table(columns[:shown], [row[:shown] for row in rows], whole=("when", "kind"), spare=("who",))


def _who(event: DealEvent) -> str:
    """A rep by name, a workflow as what it is: its id only repeats the deal's."""
    return word("workflow") if event.who_kind == "workflow" else event.who_name or event.who


def _said(event: DealEvent, lang: str) -> str:
    why = f" ({event.reason})" if event.reason else ""
    said: Any = event.sentence
    return (said if isinstance(said, str) else str(said[lang])) + why + _id(event)


def _id(event: DealEvent) -> str:
    """What a correction or a decision has to name, and nothing else shows."""
    import msgspec

    if event.topic not in NAMED_BY:
        return ""
    of = msgspec.json.decode(event.data, type=dict[str, Any])[NAMED_BY[event.topic]]
    return sentence(", id {id}", id=of)
