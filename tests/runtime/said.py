"""What the code says to people in English: every text of it that is a sentence, or a part of one, as the catalogue has it.

A text is a constant, a formatted one (a template then, with the names of what is put into it), or several added up; where one of
them is chosen by a condition, each choice makes a text of its own.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from itertools import product
from pathlib import Path

ROOT = Path(__file__).parents[2]
SENTENCE = re.compile(r"[A-Za-z]{2,},? [a-z]{2,}|[a-z]{2,}:? \{|\} [a-z]{2,}")
NO_SENTENCE = re.compile(
    r"\b(SELECT|FROM|INSERT|UPDATE|WHERE|CREATE|ORDER BY|DELETE|GRANT|REVOKE|ALTER|WHEN|CASE|BETWEEN|AND|IS|ON)\b"
    r"|%\(|::|\n.*\n|realm=|^\(.*\)$|^[a-z_]+(, [a-z_:]+){3,}$|^(?=.*_)([a-z_]+ )+[a-z_]+$|^salesloop |^revision |^(private|public), |^retry: |^(Basic|Bearer) |^{\w+} [a-z]+_[a-z]+$|^NOT |^SET |^USING "
)
"""SQL, headers and lists of columns."""
CHINESE = re.compile("[一-鿿]")
NOT_SAID = re.compile(
    r"log\.\w+|ProviderAway|NotVouched|TypeError|AssertionError|NotImplementedError|RuntimeError|group|example|add_\w+|\w*Gauge|\w*Counter"
    r"|(\w+\.)?(Act|Reads|Tag|Query|Field|Path|Header|Body|Option|Argument|Histogram|Shown|APIRouter|FastAPI)"
    r"|re\.compile|told|needed|\w+\.(get|post|read|command|execute|split)|auth\.router|_?says|\w*Answer|_answer"
)
"""Calls whose texts are for logs, for programmers, or for the documentation of API and terminal."""
TABLES = re.compile(
    r"TAGS|READS|ACTS|INDEXES|indexes|narrowing|DESCRIPTION|EXAMPLES|RECEIPTS|_?COLUMNS|LABEL|LISTED|FIELDS"
)
DOCUMENTS = frozenset({"summary", "description", "help", "more", "title", "responses", "docs", "example"})
"""Keyword arguments that OpenAPI is made of."""
FOR_PROGRAMS = frozenset(
    {
        "examples.py",
        "feed_answers.py",
        "feeding.py",
        "metrics.py",
        "openapi.py",
        "acts.py",
        "generate.py",
        "generated_words.py",
    }
)
Texts = list[str]


def texts(room: str, *, refused: bool = False) -> Iterator[tuple[str, str]]:
    """File with line, and text, of everything that a room's code says in sentences; or of what it refuses alone."""
    for file in sorted((ROOT / room).rglob("*.py")):
        if file.name not in FOR_PROGRAMS or file.parent.name == "figures":
            tree = ast.parse(file.read_text())
            for node in _refused(tree) if refused else _said(tree):
                for text in filter(None, map(_sentences, _texts(node))):
                    yield from ((f"{file.relative_to(ROOT)}:{node.lineno}", line) for line in text)


def _said(node: ast.AST) -> Iterator[ast.expr]:
    """The outermost expressions that are texts."""
    if _is_passed(node):
        return
    if isinstance(node, ast.JoinedStr | ast.BinOp | ast.Constant) and _is_text(node):
        yield node
        for inner in ast.walk(node):
            if isinstance(inner, ast.FormattedValue):
                yield from _said(inner.value)
        return
    for child in ast.iter_child_nodes(node):
        yield from _said(child)


def _sentences(text: str) -> Texts:
    """Line by line."""
    return [] if NO_SENTENCE.search(text) else [line for line in text.split("\n") if SENTENCE.search(line)]


def _refused(tree: ast.AST) -> Iterator[ast.expr]:
    """What ends a command."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Name(id="fail" | "Failure" | "ValueError" | "note" | "BadParameter"),
                args=[first, *_],
            ):
                yield from _said(first)
            case ast.FunctionDef(name="explain" | "_not_made" | "_supplied" | "_meant"):
                for one in ast.walk(node):
                    if isinstance(one, ast.Return) and one.value is not None:
                        yield from _said(one.value)


def _is_text(node: ast.AST) -> bool:
    match node:
        case ast.Constant(value=value):
            return isinstance(value, str)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _is_text(left) or _is_text(right)
    return isinstance(node, ast.JoinedStr)


def _is_passed(node: ast.AST) -> bool:
    """What is documentation, for programs, or said in both languages side by side."""
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Assert():
            return True
        case ast.Call(func=func) if NOT_SAID.fullmatch(ast.unparse(func)):
            return True
        case ast.keyword(arg=str(name)) if name in DOCUMENTS:
            return True
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)) if (
            TABLES.fullmatch(name)
        ):
            return True
        case ast.Tuple(elts=parts):
            return _in_chinese(parts)
        case ast.Call(args=parts, keywords=named):
            return _in_chinese([*parts, *(one.value for one in named)])
    return False


def _in_chinese(parts: list[ast.expr]) -> bool:
    return any(
        isinstance(part, ast.Constant | ast.JoinedStr) and CHINESE.search(ast.unparse(part)) for part in parts
    )


def _texts(node: ast.expr) -> Texts:
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values=values):
            return _joined([_part(one) for one in values])
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _joined([_texts(left), _texts(right)])
        case ast.IfExp(body=body, orelse=orelse):
            return [*_texts(body), *_texts(orelse)]
    return ["{" + _name(node) + "}"]


def _part(node: ast.expr) -> Texts:
    if isinstance(node, ast.Constant):
        return [str(node.value).replace("{", "{{").replace("}", "}}")]
    assert isinstance(node, ast.FormattedValue)
    if isinstance(node.value, ast.IfExp) and node.conversion < 0:
        return _texts(node.value)
    how = "!r" if node.conversion == ord("r") else ""
    form = ":," if node.format_spec is not None and "," in ast.unparse(node.format_spec) else ""
    return ["{" + _name(node.value) + how + form + "}"]


def _joined(parts: list[Texts]) -> Texts:
    return [_named_once("".join(choice)) for choice in product(*parts)]


def _named_once(text: str) -> str:
    """Places of the same name are told apart by a number."""
    seen: Counter[str] = Counter()

    def numbered(place: re.Match[str]) -> str:
        seen[place[1]] += 1
        return place[0] + (str(seen[place[1]]) if seen[place[1]] > 1 else "")

    return re.sub(r"(?<!{)(?:{{)*{(\w+)", numbered, text)


def _name(node: ast.AST) -> str:
    """What a place is called: by the variable, or the attribute, that fills it."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.lower().strip("_")
        case ast.Call(func=func, args=args):
            return _name_of_call(func, args)
        case ast.GeneratorExp(generators=[one, *_]) | ast.ListComp(generators=[one, *_]):
            return _name(one.iter)
        case (
            ast.Subscript(value=value)
            | ast.BinOp(left=value)
            | ast.Starred(value=value)
            | ast.BoolOp(values=[value, *_])
        ):
            return _name(value)
        case ast.NamedExpr(target=target):
            return _name(target)
    return "value"


def _name_of_call(func: ast.expr, args: list[ast.expr]) -> str:
    """By what is given to the function, or what it is a method of."""
    if args and not isinstance(args[0], ast.Constant):
        return _name(args[0])
    return _name(func.value) if isinstance(func, ast.Attribute) and not args else _name(func)
