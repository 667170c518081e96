"""api: what a form begins with, beside what its address says — what is most often meant, and what is on record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from api.engine.acts import Act
from api.engine.errors import DOMAIN, Problem
from api.pages import custom_fields
from api.pages.engine import rows
from api.pages.engine.control import Control
from api.pages.engine.page import Page
from api.pages.engine.shown import now_of
from api.pages.offered import by_id
from domain.engine.errors import NotFound
from runtime.holiday_calendar import asked_of

Given = Mapping[str, str]
DEFAULT = "default"
"""The rule that a fresh installation has."""
USUAL = {"logActivity": {"activity.kind": "call"}, "openCase": {"severity": "normal"}}
"""What is most often meant, filled in from the start."""
PUBLISHED: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "publishPolicy": ("/policies/{}", lambda found: found["policies"][-1]),
    "publishProcess": ("/processes/{}", lambda found: found["processes"][-1]["process"]),
    "publishCyclePolicy": ("/cycle-policies/{}", lambda found: found["versions"][-1]),
    "publishServicePolicy": (
        "/service-policies",
        lambda found: next((one["policy"] for one in found["items"]), {}),
    ),
    "publishLifecyclePolicy": ("/lifecycle-policies", lambda found: _default(found["items"])),
    "publishRevisitPolicy": ("/revisit-policies", lambda found: _default(found["items"])),
    "publishSurvey": ("/surveys", lambda found: next((one["survey"] for one in found["items"]), {})),
    "defineScorecard": ("/scorecard-definitions/{}", lambda found: found["versions"][-1]),
}
"""Where the newest version is of what is published whole."""


def _default(items: Sequence[Any]) -> Any:
    return next((one["policy"] for one in items if one["name"] == DEFAULT), {})


async def known(page: Page, act: Act, controls: Sequence[Control], given: Given) -> dict[str, str]:
    """A deal is won today; of its needs, and of a rule, what was recorded before, as the whole is recorded again."""
    if act.operation == "winDeal":
        return {"closed_on": now_of(page).date().isoformat()}
    if act.operation in custom_fields.HELD_BY:
        return await custom_fields.begun(page, act, controls, given)
    if act.operation in ("declareField", "publishFields"):
        return await _declared(page, act.operation, controls, given)
    if act.operation in PUBLISHED:
        return await _published(page, act.operation, controls, given.get("name", ""))
    if act.operation == "recordNeeds" and given.get("deal_id"):
        return await _needs(page, given["deal_id"])
    if act.operation in OF_CUSTOMERS and given.get("customer_id"):
        return await _of_customer(page, act, controls, given)
    return USUAL.get(act.operation, {})


OF_CUSTOMERS = ("changeProfile", "correctContact", "setParent", "setBuyingRole", "addNote")


WHOLE = ("changeProfile", "correctContact")
"""What is left empty in these is emptied: one that does not show what is known is never shown."""


async def _of_customer(page: Page, act: Act, controls: Sequence[Control], given: Given) -> dict[str, str]:
    """What is known: a form shows the whole of it. Raises Problem."""
    found = await by_id(page, "/customers/{}", given["customer_id"])
    if not found:
        return _unknown(act, "customer", given["customer_id"])
    if act.operation == "changeProfile":
        return rows.typed_of(controls, found["profile"])
    if act.operation == "setParent":
        return {"parent_id": found["parent_id"] or ""}
    if act.operation == "addNote":
        note: Any = next((one for one in found["notes"] if one["note_id"] == given.get("note_id")), {})
        return rows.typed_of(controls, note)
    held = next((one for one in found["contacts"] if one["id"] == given.get("contact_id")), None)
    if held is None:
        return _unknown(act, "contact", given.get("contact_id", ""))
    if act.operation == "setBuyingRole":
        return {"role": held["buying_role"]}
    return rows.typed_of(controls, {**held, "role": held["note"]})


def _unknown(act: Act, kind: str, id: str) -> dict[str, str]:
    if act.operation in WHOLE:
        raise Problem(DOMAIN[NotFound], f"no {kind} has the id {id}")
    return {}


async def _published(page: Page, operation: str, controls: Sequence[Control], name: str) -> dict[str, str]:
    """Of the rule of that name, or of none yet: then as the default one is, under a name that is still to be given."""
    path, newest = PUBLISHED[operation]
    asked = {} if "{}" in path else {"name": name or DEFAULT}
    found = await page.find(path.format(name or DEFAULT), **asked)
    if not (rule := dict(newest(found)) if found else {}):
        return {}
    if calendar := rule.get("calendar"):
        rule["calendar"] = _asked_for(calendar)
    return rows.typed_of(controls, rule) | {"name": name}


def _asked_for(calendar: Mapping[str, Any]) -> dict[str, Any]:
    """A recorded calendar as it was asked for: its country's days are found anew, and people's own days stay theirs."""
    asked = asked_of(calendar["source"])
    return {
        **calendar,
        "holidays": calendar["own_holidays"],
        "extra_workdays": calendar["own_workdays"],
        "country": asked.country,
        "subdivision": asked.subdivision,
        "years": list(asked.years),
        "own_years": list(asked.own_years),
    }


async def _declared(page: Page, operation: str, controls: Sequence[Control], given: Given) -> dict[str, str]:
    """The field, or all fields of the kind of record, as they are declared now."""
    of = given.get("of") or given.get("name", "")
    sets = (await page.read("/custom-fields"))["sets"]
    found = next((one for one in sets if one["name"] == of), None)
    if found is None:
        return {}
    if operation == "declareField":
        fields = (one for one in found["fields"] if one["name"] == given.get("name"))
        return rows.typed_of(controls, {**next(fields, {}), "of": of})
    return rows.typed_of(controls, found)


async def _needs(page: Page, deal_id: str) -> dict[str, str]:
    found = await by_id(page, "/deals/{}/details", deal_id)
    needs = found["needs"] if found else {}
    budget = needs.get("budget") or {}
    return {
        "pain_points": needs.get("pain_points", ""),
        "decision_process": needs.get("decision_process", ""),
        "decision_makers": "\n".join(needs.get("decision_makers") or ()),
        "budget.amount": str(budget.get("amount") or ""),
        "budget.currency": str(budget.get("currency") or ""),
    }
