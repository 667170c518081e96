"""api: an example for every body and every answer, put together from what the schemas and this page say of each field."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
REF = "#/components/schemas/"
NAMED: Json = {
    "about": "deal",
    "achievable": "the team won 1.1 million last quarter with one rep less",
    "at": "2026-11-26T09:00:00Z",
    "estimated_year": 2027,
    "head": 90211,
    "known_at": 90211,
    "next": 90211,
    "basis": "attainment",
    "cadence": "weekly",
    "choice": "yes, from Monday on",
    "code": "invalid",
    "competitor": "Northwind",
    "contract_reference": "C-2026-041",
    "created_by": "ops",
    "currency": "CNY",
    "customer_name": "Garnet Controls",
    "decide_by": "2026-11-26T09:00:00Z",
    "definition": "default",
    "digest": "50d9c7809b60de50",
    "en": "Revenue won",
    "field": "amount",
    "handover_note": "they want two variants by Friday",
    "hypothesis": "a demo in the first week wins one deal in ten more",
    "interest": "forty boilers",
    "key": "promise-keeping",
    "kind": "call",
    "label": "laptop",
    "loss_reason": "price",
    "mail": "wei@example.com",
    "measure": "promise-keeping",
    "method": "sum",
    "metric": "revenue-won",
    "name": "Garnet Controls",
    "next_cursor": "WyJuYW1lIl0=",
    "outcome": "kept",
    "owner": "salesloop agenda 4711",
    "phone": "+86 21 5550 0100",
    "policy": "default",
    "position": 90211,
    "process": "default",
    "product_name": "Atlas Max",
    "promised": "send the offer",
    "question": "Do we follow up within one day from now on?",
    "problem": "deals.csv: nothing names this file",
    "reason": "agreed on the phone",
    "reject": "deals.csv",
    "result": "{}",
    "reference": "Q-2026-118",
    "region": "East",
    "relevant": "a third of the year's plan",
    "role": "rep",
    "section": "promises",
    "segment": "key accounts",
    "sentence": "logged: call, outbound, reached",
    "source": "trade fair",
    "stage": "needs",
    "state": "done",
    "status": "open",
    "team_name": "North",
    "timezone": "Asia/Shanghai",
    "title": "Forty boilers",
    "to": "negotiation",
    "token": "sl_d94b456194e82053_(43 more characters)",
    "topic": "deal.opened",
    "unit": "CNY",
    "user_id": "wang",
    "text": "five visits a week brought more than ten calls",
    "warning": "no days off are known for 2028",
    "what": "send the offer",
    "why": "the customer moved it to spring",
    "who": "wang",
    "who_kind": "user",
    "zh": "\u6210\u4ea4\u989d",
}
"""By field. What a schema says of itself goes first."""
FORMATS: Json = {
    "uuid": "6c2d8c1e-52a7-4d4c-9d0a-0a4f0b6c7d11",
    "date-time": "2026-11-26T09:00:00Z",
    "date": "2026-11-26",
    "decimal": "120000.00",
}
PLACED: Json = {
    "customers.kind": "customer",
    "imports.error": "row 7: amount: must be a number",
    "imports.state": "done",
    "keys.id": "d94b456194e82053",
    "leads.name": "Wang Wei",
    "policies.name": "default",
    "processes.name": "default",
    "products.kind": "product",
    "products.name": "Atlas Max",
    "projections.name": "deal_board",
    "reps.kind": "rep",
    "reps.name": "Wang Wei",
    "scorecard-definitions.name": "field-sales",
    "teams.kind": "team",
    "teams.name": "North",
    "FieldProblem.field": "amount",
    "HealthAnswer.status": "ok",
    "HistoryEntryAnswer.data": {"kind": "call", "outcome": "reached"},
    "ChangeAnswer.before": "needs",
    "ChangeAnswer.after": "solution",
    "ListedAnswer.active": True,
    "NewContact.name": "Wang Wei",
    "MeasureAnswer.name": "revenue",
    "PeriodAnswer.name": "2026-11",
    "PeriodAnswer.start": "2026-11-01",
    "PeriodAnswer.end": "2026-11-30",
    "ProfileAnswer.employees": 120,
    "ProfileAnswer.founded": 1987,
    "ProfileAnswer.country": "CN",
    "ProfileAnswer.name": "Garnet Controls",
    "ProfileAnswer.sector": "manufacturing",
    "ReceiptAnswer.answer": {"deal_id": "6c2d8c1e-52a7-4d4c-9d0a-0a4f0b6c7d11", "stage": "needs"},
    "ReceiptAnswer.replayed": False,
    "ReceiptAnswer.version": 14,
    "StageAnswer.name": "needs",
    "StageAnswer.probability": "0.25",
}
"""By where it stands and its field: the first part of the path, or the shape. These go before what the schema says."""
ENDINGS: Json = {
    "_at": "2026-11-26T09:00:00Z",
    "_until": "2026-11-26T09:00:00Z",
    "_on": "2026-11-26",
    "_name": "Wang Wei",
    "_after": "24bh",
    "_before": "4bh",
    "_within": "2bd",
}
"""Of field names, for answers that are sent as text."""
ITS_OWN = 3
"""How deep a field may stand to be of the thing that the path names, or of one in a list of it."""
DEEPEST = 5
"""Lists below this are shown empty: a tree's example ends somewhere."""


def add_examples(schema: Json) -> None:
    """An example beside every JSON body and every answer that has none."""
    shapes = schema["components"]["schemas"]
    for path, operations in schema["paths"].items():
        place = path.split("/")[1]
        for operation in operations.values():
            for content in _bodies(operation):
                if "example" not in content and "examples" not in content:
                    content["example"] = Example(shapes, place, sent=True).of(content["schema"])
            for content in _answers(operation):
                if "example" not in content and "examples" not in content:
                    content["example"] = Example(shapes, place, sent=False).of(content["schema"])


def _bodies(operation: Json) -> list[Json]:
    content = operation.get("requestBody", {}).get("content", {})
    return [said for kind, said in content.items() if kind == "application/json"]


def _answers(operation: Json) -> list[Json]:
    good = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
    contents = [answer.get("content", {}).get("application/json") for answer in good]
    return [content for content in contents if content and "schema" in content]


class Example:
    """`sent`: of a body, with what must be said; else of an answer, with all it says."""

    def __init__(self, shapes: Json, place: str, *, sent: bool) -> None:
        self._shapes = shapes
        self._place = place
        self._sent = sent

    def of(self, schema: Json, name: str = "", depth: int = 0, shape: str = "") -> Any:
        for place in (shape, self._place):
            if f"{place}.{name}" in PLACED and (place == shape or depth <= ITS_OWN):
                return PLACED[f"{place}.{name}"]
        if "$ref" in schema:
            to = schema["$ref"].removeprefix(REF)
            return self.of(self._shapes[to], name, depth, to)
        for known in ("example", "const", "default"):
            if schema.get(known) is not None:
                return schema[known]
        for listed in ("examples", "enum"):
            if schema.get(listed):
                return schema[listed][0]
        if choices := schema.get("anyOf") or schema.get("oneOf"):
            return self.of(next((c for c in choices if c.get("type") != "null"), choices[0]), name, depth)
        return self._made(schema, name, depth, shape)

    def _made(self, schema: Json, name: str, depth: int, shape: str) -> Any:
        kind = schema.get("type")
        if kind == "object":
            return self._object(schema, depth, shape)
        if kind == "array":
            return self._list(schema, name, depth)
        return self._plain(schema, name)

    def _object(self, schema: Json, depth: int, shape: str) -> Json:
        fields: Json = schema.get("properties", {})
        needed = schema.get("required", ())
        shown = [n for n in fields if n in needed] or [
            n for n in fields if n not in ("occurred_at", "reason")
        ]
        return {n: self.of(fields[n], n, depth + 1, shape) for n in (shown if self._sent else fields)}

    def _list(self, schema: Json, name: str, depth: int) -> list[Any]:
        if depth > DEEPEST:
            return []
        items = schema.get("prefixItems") or [schema.get("items", {})]
        return [self.of(item, name.removesuffix("s"), depth + 1) for item in items]

    def _plain(self, schema: Json, name: str) -> Any:
        if schema.get("type") == "boolean":
            return True
        if schema.get("type") in ("integer", "number"):
            return self._number(schema, name)
        if schema.get("type") != "string":
            return {} if not schema else None
        ending = next((text for end, text in ENDINGS.items() if name.endswith(end)), "agreed on the phone")
        return FORMATS.get(schema.get("format", "")) or NAMED.get(name) or ending

    @staticmethod
    def _number(schema: Json, name: str) -> Any:
        lowest: int = schema.get("minimum", 0)
        given = NAMED.get(name)
        return max(given if isinstance(given, int) else 1, lowest)
