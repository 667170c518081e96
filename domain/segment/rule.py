"""Domain room: the language of segments' rules — fields compared with constants, joined by `and`, `or`, `not`.

    purchases.count >= 3 and (country in ['CN', 'SG'] or sector == 'machinery') and activity.days_since_last > 60

Text becomes a tree of four values, and nothing else does: no code runs, nothing is called, no attribute is read, and there are no
patterns. Python's own parser reads the text, since the language is a part of its expressions; what it finds beside that part is refused. How
a tree is asked of customers is for the read models to say (docs/adr/0039-segments.md).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Literal

from domain.custom_field.declaration import near
from domain.engine.errors import FieldError, Invalid
from domain.segment.fields import Kind, RuleField, field, nearest

MAX_RULE = 2_000
"""Characters."""
MAX_COMPARISONS, MAX_DEPTH, MAX_PARTS, MAX_CHOICES, MAX_WORD = 50, 20, 5, 200, 300
MAX_DAY_CHOICES = 10
"""In a list for a field that counts days: each is an instant of its own at which a customer may turn."""
MAX_NUMBER = Decimal("1e15")
MAX_DAYS = 36_500
"""For fields that count days: none is asked for more than a hundred years."""
DAY = re.compile(r"\d{4}-\d\d-\d\d")

Constant = str | Decimal | bool | date | None
Operator = Literal["==", "!=", "<", "<=", ">", ">=", "in", "outside", "has", "lacks"]
"""`has`: a text that the field contains, whatever its case."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """With nothing known it is false, whatever the operator; `== null` asks whether anything is."""

    field: RuleField
    operator: Operator
    value: Constant | tuple[Constant, ...]


@dataclass(frozen=True, slots=True)
class Always:
    """Everybody, or nobody."""

    holds: bool


@dataclass(frozen=True, slots=True)
class Not:
    part: Rule


@dataclass(frozen=True, slots=True)
class Joined:
    """By `and` (`every`), or by `or`."""

    every: bool
    parts: tuple[Rule, ...]


Rule = Comparison | Always | Not | Joined


def comparisons(rule: Rule) -> Iterator[Comparison]:
    """All of a rule, from left to right."""
    match rule:
        case Comparison():
            yield rule
        case Not(part):
            yield from comparisons(part)
        case Joined(_, parts):
            for part in parts:
                yield from comparisons(part)


@lru_cache(maxsize=512)
def parse(text: str) -> Rule:
    """Raises Invalid, which says what is wrong with the field `rule`."""
    if len(text) > MAX_RULE:
        raise wrong(f"is longer than {MAX_RULE} characters")
    try:
        tree = ast.parse(re.sub(r"[\t\r\n]", " ", text).strip(), mode="eval").body
    except SyntaxError as error:
        raise wrong(f"cannot be read at character {error.offset or 1}") from None
    except (ValueError, MemoryError, RecursionError):
        raise wrong("cannot be read") from None
    rule = _rule(tree, 0)
    if sum(1 for _ in comparisons(rule)) > MAX_COMPARISONS:
        raise wrong(f"compares more than {MAX_COMPARISONS} times")
    return rule


def wrong(message: str) -> Invalid:
    return Invalid([FieldError("rule", message)])


def _rule(node: ast.expr, depth: int) -> Rule:
    if depth > MAX_DEPTH:
        raise wrong(f"is nested more than {MAX_DEPTH} deep")
    match node:
        case ast.BoolOp(op, values):
            return Joined(isinstance(op, ast.And), tuple(_rule(value, depth + 1) for value in values))
        case ast.UnaryOp(ast.Not(), operand):
            return Not(_rule(operand, depth + 1))
        case ast.Compare(left, ops, rights):
            return _compared(left, ops, rights)
        case ast.Constant(bool() as holds):
            return Always(holds)
        case ast.Name("true" | "false" as word):
            return Always(word == "true")
    raise wrong(f"must compare fields with values; this does not: {_written(node)}")


def _compared(left: ast.expr, ops: Sequence[ast.cmpop], rights: Sequence[ast.expr]) -> Rule:
    """A chain such as `3 <= purchases.count < 10` is its parts, joined."""
    pairs = zip([left, *rights[:-1]], ops, rights, strict=True)
    parts = tuple(_comparison(a, op, b) for a, op, b in pairs)
    return parts[0] if len(parts) == 1 else Joined(True, parts)


SIGNS: dict[type[ast.cmpop], Operator] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "outside",
}
ORDERING = frozenset({"<", "<=", ">", ">="})
TURNED: dict[Operator, Operator] = {
    "<": ">",
    "<=": ">=",
    ">": "<",
    ">=": "<=",
    "==": "==",
    "!=": "!=",
    "in": "has",
    "outside": "lacks",
}
"""With the field on the right."""


def _comparison(left: ast.expr, op: ast.cmpop, right: ast.expr) -> Comparison:
    operator = SIGNS.get(type(op))
    if operator is None:
        raise wrong("knows the operators == != < <= > >= in and not in")
    named = _path(left) is not None
    asked, given = (left, right) if named else (right, left)
    path = _path(asked)
    if path is None or _path(given) is not None:
        raise wrong(f"must compare a field with a value: {_written(left)}, {_written(right)}")
    if not named:
        operator = TURNED[operator]
    return _checked(_field(path), operator, _value(given))


def _path(node: ast.expr) -> str | None:
    """`purchases.count`, as it is written; None: no field's name."""
    parts = list[str]()
    while isinstance(node, ast.Attribute) and len(parts) < MAX_PARTS:
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or (not parts and node.id in WORDS):
        return None
    return ".".join([node.id, *reversed(parts)])


WORDS: dict[str, Constant] = {"null": None, "true": True, "false": False}


def _field(path: str) -> RuleField:
    found = field(path)
    if found is not None:
        return found
    meant = nearest(path)
    raise wrong(
        f"no field is called {path}; did you mean {meant}?" if meant else f"no field is called {path}"
    )


def _value(node: ast.expr) -> Constant | tuple[Constant, ...]:
    match node:
        case ast.List(elements) | ast.Tuple(elements):
            if not 1 <= len(elements) <= MAX_CHOICES:
                raise wrong(f"must choose among 1 to {MAX_CHOICES} values")
            return tuple(_constant(element) for element in elements)
    return _constant(node)


def _constant(node: ast.expr) -> Constant:
    match node:
        case ast.Name(name) if name in WORDS:
            return WORDS[name]
        case ast.Constant(bool() | None as value):
            return value
        case ast.Constant(str() as value) if (
            len(value) <= MAX_WORD and "\x00" not in value and value.isprintable()
        ):
            return value
        case ast.Constant(int() | float() as value):
            return _number(value)
        case ast.UnaryOp(ast.USub(), ast.Constant(int() | float() as value)) if not isinstance(value, bool):
            return -_number(value)
    raise wrong(f"is compared with what is no value: {_written(node)}")


def _number(value: float) -> Decimal:
    """As it is written: 0.1 is a tenth."""
    try:
        number = Decimal(repr(value))
    except (InvalidOperation, ValueError):
        number = MAX_NUMBER
    if not number.is_finite() or abs(number) >= MAX_NUMBER:
        raise wrong("has a number that is too large")
    return number


def _checked(of: RuleField, operator: Operator, value: Constant | tuple[Constant, ...]) -> Comparison:
    """Values of the field's kind, days as days."""
    many = isinstance(value, tuple)
    if many != (operator in ("in", "outside")):
        raise wrong(f"{of.name}: in and not in take a list of values, and nothing else does")
    if value is None:
        if operator not in ("==", "!="):
            raise wrong(f"{of.name}: only == and != ask for null")
        return Comparison(of, operator, None)
    if of.choices and operator in ORDERING:
        raise wrong(f"{of.name} has no order: compare it by == != or in")
    is_text = of.kind in (Kind.TEXT, Kind.CUSTOM) and not of.choices
    if operator in ("has", "lacks") and not (is_text and isinstance(value, str)):
        raise wrong(f"{of.name}: only a text can contain another")
    if isinstance(value, bool) and operator not in ("==", "!="):
        raise wrong(f"{of.name}: only == and != ask for true or false")
    if not isinstance(value, tuple):
        return Comparison(of, operator, _of_kind(of, value))
    if len({type(one) for one in value}) > 1 or isinstance(value[0], bool | None):
        raise wrong(f"{of.name}: values of a list must be of one kind")
    if of.kind is Kind.DAYS and len(value) > MAX_DAY_CHOICES:
        raise wrong(f"{of.name} counts days: a list for it has at most {MAX_DAY_CHOICES} values")
    return Comparison(of, operator, tuple(_of_kind(of, one) for one in value))


def _of_kind(of: RuleField, value: Constant) -> Constant:
    match of.kind:
        case Kind.TEXT if isinstance(value, str):
            return _choice(of, value)
        case Kind.DATE if isinstance(value, str) and DAY.fullmatch(value):
            if (day := day_of(value)) is None:
                raise wrong(f"{of.name} is compared with a day that there is not")
            return day
        case Kind.DAYS | Kind.RECENT if isinstance(value, Decimal) and abs(value) <= MAX_DAYS:
            return value
        case Kind.NUMBER if isinstance(value, Decimal):
            return value
        case Kind.CUSTOM if value is not None:
            return value
    raise wrong(f"{of.name} is compared with a value that is not {NEEDS[of.kind]}")


def _choice(of: RuleField, value: str) -> str:
    if of.choices and value not in of.choices:
        known, meant = ", ".join(of.choices), near(value, [*of.choices])
        raise wrong(f"{of.name}: {value!r} is not one of {known}{meant}")
    return value


NEEDS = {
    Kind.TEXT: "a text",
    Kind.NUMBER: "a number",
    Kind.DATE: "a day such as '2026-11-30'",
    Kind.DAYS: f"a number up to {MAX_DAYS}",
    Kind.RECENT: f"a number up to {MAX_DAYS}",
    Kind.CUSTOM: "a text, a number, true or false",
}


def day_of(text: str) -> date | None:
    """None: there is no such day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _written(node: ast.expr) -> str:
    """A piece of the rule, shortened."""
    try:
        return ast.unparse(node)[:60]
    except (RecursionError, ValueError):
        return "…"
