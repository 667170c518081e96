"""Runtime room, file import: deals, a row each. What a row becomes is in `plan_deals.py`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from domain.deal.commands import ImportDeal
from domain.deal.deal import Deal
from domain.deal.row import digest_of
from domain.policy.closed import WON
from runtime.imports.kinds.customers import CUSTOMERS
from runtime.imports.kinds.kind import Kind, Noted
from runtime.imports.kinds.products import PRODUCTS
from runtime.imports.kinds.reps import REPS
from runtime.imports.mapping import (
    AT_IMPORT,
    HISTORY,
    KEEP,
    ONE_ROW,
    PRODUCT_PRICE,
    REJECT,
    Field,
    Mapping,
    Override,
    needed,
    told,
)
from runtime.imports.mapping_table import Reading
from runtime.imports.plan_deals import DEAL, DealPlanner
from runtime.imports.plan_history import HistoryPlanner

DEALS = "deals"
CALLED = ("owner_name", "customer_name", "product_name")
"""What the key beside it is called: whom or what nobody listed is made with that name."""
TITLE_PARTS = ("product", "customer", "reference", "owner")
LATER = (
    "{stage} in {source} after it was imported; the mapping {mapping!r} approves what the file does not tell"
)
PATHS = {
    "closed_at": "closed_on",
    "to": "stage",
    "standing": "stage",
    "next_step.what": "next_step",
    "next_step.due_at": "next_step_due",
    "quote": "quote_reference",
    "quote.reference": "quote_reference",
    "quote.amount": "quote_amount",
    "needs": "pain_points",
}


def _settings(mapping: Mapping, here: Reading) -> Mapping:
    stages = here.words("stages")
    if not stages:
        here.wrong("stages", f"is missing: say what the file's stages are to us, such as Closed = {WON!r}")
    override = here.inside("override")
    approved = Override(frozenset(override.texts("stages")), override.text("reason").strip())
    if bool(approved.stages) != bool(approved.reason):
        override.wrong("reason", "an override needs `stages` and a `reason`, both")
    for stage in sorted(approved.stages - set(stages.values())):
        override.wrong("stages", f"{stage!r} is not a stage that [deals.stages] leads to")
    override.done(("stages", "reason"))
    titles = here.texts("titles", mapping.titles)
    for title in titles:
        here.check_template("titles", title, TITLE_PARTS)
    rows = here.one_of("rows", (ONE_ROW, HISTORY), ONE_ROW)
    return replace(mapping, stages=stages, override=approved, titles=titles, rows=rows)


def _stages(mapping: Mapping) -> Iterable[tuple[str, str]]:
    return mapping.stages.items()


def _instants(row: ImportDeal) -> tuple[datetime | None, ...]:
    activities, stages = row.activities[-1:], row.stage_history[-1:]
    at = (row.opened_at, row.stage_at, row.closed_at)
    return (*at, *(past.at for past in activities), *(past.at for past in stages))


def _reason(row: ImportDeal) -> str:
    return row.override_reason


def _told_again(row: ImportDeal, mapping: Mapping) -> ImportDeal:
    """The mapping gives its reason for deals that come with their past; of one that is known, something else is true."""
    if not row.override_reason:
        return row
    approved = [past.stage for past in row.stage_history if past.approved]
    stage = approved[-1] if approved else row.stage
    return replace(row, override_reason=LATER.format(stage=stage, source=row.source, mapping=mapping.name))


NOTED = Noted(
    topic="deal.import-noted", digest=digest_of, instants=_instants, reason=_reason, told_again=_told_again
)
KIND = Kind(
    name=DEALS,
    one="deal",
    fields=(
        *needed("reference", "stage"),
        Field("owner", of_all=True),
        *told(
            "customer",
            "product",
            "stage_at",
            "closed_on",
            "expected_close",
            "currency",
            "contract_reference",
            "loss_reason",
            "competitor",
            "next_step",
            "next_step_due",
            "pain_points",
            "budget",
            "decision_process",
            "decision_makers",
            "quote_reference",
            "quote_amount",
            "title",
            "id",
        ),
        *told(*CALLED),
        Field("opened_at", (REJECT, AT_IMPORT), judged_later=True),
        Field("amount", (KEEP, REJECT, PRODUCT_PRICE)),
        Field("opening_amount", (KEEP, REJECT, PRODUCT_PRICE)),
    ),
    planner=DealPlanner,
    history_planner=HistoryPlanner,
    refers={"owner": REPS, "customer": CUSTOMERS, "product": PRODUCTS},
    aggregate=Deal,
    ids=DEAL,
    settings=("stages", "titles", "override", "rows"),
    read=_settings,
    stages=_stages,
    noted=NOTED,
    paths=PATHS,
)
