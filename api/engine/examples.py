"""api: an example for every body and every answer, put together from what the schemas and the capabilities say of each field.

A module with routes says in `EXAMPLES` what its fields hold, beside them: by a field's name, where that means the same everywhere; or by where
it stands, too, `leads.name` by the first part of the path and `StageAnswer.name` by the shape. The latter go before what the schema says.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
REF = "#/components/schemas/"
EXAMPLES: Json = {
    "at": "2026-11-26T09:00:00Z",
    "known_at": 90211,
    "code": "invalid",
    "currency": "CNY",
    "digest": "50d9c7809b60de50",
    "field": "amount",
    "name": "Garnet Controls",
    "next_cursor": "WyJuYW1lIl0=",
    "outcome": "kept",
    "position": 90211,
    "reason": "agreed on the phone",
    "status": "open",
    "timezone": "Asia/Shanghai",
    "title": "Forty boilers",
    "warning": "no days off are known for 2028",
    "what": "send the offer",
    "why": "the customer moved it to spring",
    "who": "wang",
    "who_kind": "user",
    "ReceiptAnswer.answer": {"deal_id": "6c2d8c1e-52a7-4d4c-9d0a-0a4f0b6c7d11", "stage": "needs"},
    "ReceiptAnswer.replayed": False,
    "ReceiptAnswer.version": 14,
}
"""Of what no capability brings; theirs stand beside their routes."""
FORMATS: Json = {
    "uuid": "6c2d8c1e-52a7-4d4c-9d0a-0a4f0b6c7d11",
    "date-time": "2026-11-26T09:00:00Z",
    "date": "2026-11-26",
    "decimal": "120000.00",
}
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


def add_examples(schema: Json, examples: Json) -> None:
    """An example beside every JSON body and every answer that has none."""
    said = EXAMPLES | examples
    shapes = schema["components"]["schemas"]
    for path, operations in schema["paths"].items():
        place = path.split("/")[1]
        for operation in operations.values():
            for content in _bodies(operation):
                if "example" not in content and "examples" not in content:
                    content["example"] = Example(shapes, place, said, sent=True).of(content["schema"])
            for content in _answers(operation):
                if "example" not in content and "examples" not in content:
                    content["example"] = Example(shapes, place, said, sent=False).of(content["schema"])


def _bodies(operation: Json) -> list[Json]:
    content = operation.get("requestBody", {}).get("content", {})
    return [said for kind, said in content.items() if kind == "application/json"]


def _answers(operation: Json) -> list[Json]:
    good = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
    contents = [answer.get("content", {}).get("application/json") for answer in good]
    return [content for content in contents if content and "schema" in content]


class Example:
    """`sent`: of a body, with what must be said; else of an answer, with all it says."""

    def __init__(self, shapes: Json, place: str, said: Json, *, sent: bool) -> None:
        self._shapes = shapes
        self._known = said
        self._place = place
        self._sent = sent

    def of(self, schema: Json, name: str = "", depth: int = 0, shape: str = "") -> Any:
        for place in (shape, self._place):
            if f"{place}.{name}" in self._known and (place == shape or depth <= ITS_OWN):
                return self._known[f"{place}.{name}"]
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
        return FORMATS.get(schema.get("format", "")) or self._known.get(name) or ending

    def _number(self, schema: Json, name: str) -> Any:
        lowest: int = schema.get("minimum", 0)
        given = self._known.get(name)
        return max(given if isinstance(given, int) else 1, lowest)
