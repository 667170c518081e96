"""api: templates are compiled once a language, with the fixed texts in them. Checks what is kept (`kept.py`) while it is at it."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment, StrictUndefined, nodes
from jinja2.exceptions import TemplateAssertionError
from jinja2.meta import find_undeclared_variables
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from runtime.language import Catalogue

KEPT = "kept"
EVERYWHERE = {KEPT, "parts", "controls", "page", "_", "ngettext"}
"""What a kept part may use without naming it: what is the same for readers of the same kind, and what says that it is not."""

METHODS = frozenset(dir(dict))
"""Of JSON: `.items()` is one, whatever keys there are."""


class Compiled(Environment):
    """The templates in one language. JSON is looked up by its keys first: nine in ten names are one."""

    def __init__(self, words: Catalogue, **options: Any) -> None:
        super().__init__(
            autoescape=True,
            undefined=StrictUndefined,
            extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
            **options,
        )
        self.words = words
        self.install_gettext_callables(words.gettext, words.ngettext, newstyle=True)  # type: ignore[attr-defined]

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) is dict and attribute in obj and attribute not in METHODS:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        if KEPT in source:
            for call, block in _kept(super()._parse(source, name, filename)):
                self._check(call, block, name)
            places = _kept(tree)
            if len([one for one in tree.find_all(nodes.Name) if one.name == KEPT]) != len(places):
                raise TemplateAssertionError("kept is called with a block, and nothing else", 1, name)
            for number, (call, _) in enumerate(places, 1):
                call.args.insert(0, nodes.Const(f"{name}:{number}", lineno=call.lineno))
        said: nodes.Template = _Saying(self.words).visit(tree)
        said.set_environment(self)
        return said

    def _check(self, call: nodes.Call, block: nodes.CallBlock, name: str | None) -> None:
        """Raises TemplateAssertionError where it is made of anything that it does not name."""
        named = {one.name for one in call.args if isinstance(one, nodes.Name)}
        if len(named) < len(call.args) or call.kwargs or call.dyn_args or call.dyn_kwargs:
            raise TemplateAssertionError("kept takes names, each once", call.lineno, name)
        if unnamed := self._used(nodes.Template(block.body, lineno=call.lineno), name) - named - EVERYWHERE:
            said = ", ".join(sorted(unnamed))
            raise TemplateAssertionError(f"kept is made of {said}, which it does not name", call.lineno, name)

    def _used(self, tree: nodes.Template, name: str | None) -> set[str]:
        """The names that are used there and in what is included. Raises TemplateAssertionError for what cannot be looked into."""
        tree.set_environment(self)
        used = find_undeclared_variables(tree)
        for other in tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
            if not isinstance(other, nodes.Include) or not isinstance(other.template, nodes.Const):
                raise TemplateAssertionError(
                    "what is kept may include templates by their names, and import none", other.lineno, name
                )
            assert self.loader is not None
            source, filename, _ = self.loader.get_source(self, included := str(other.template.value))
            used |= self._used(super()._parse(source, included, filename), included)
        return used


def _kept(tree: nodes.Template) -> list[tuple[nodes.Call, nodes.CallBlock]]:
    return [
        (block.call, block)
        for block in tree.find_all(nodes.CallBlock)
        if isinstance(block.call.node, nodes.Name) and block.call.node.name == KEPT
    ]


class _Saying(NodeTransformer):
    """Puts the text of the language in place of each `_("…")`."""

    def __init__(self, words: Catalogue) -> None:
        self.words = words

    def visit_Call(self, node: nodes.Call) -> nodes.Expr:  # noqa: N802 - the visitor's name for it
        self.generic_visit(node)
        match node:
            case nodes.Call(
                node=nodes.Name(name="_"), args=[nodes.Const(value=str(text))], dyn_args=None, dyn_kwargs=None
            ):
                said, line = Markup(self.words.gettext(text)), node.lineno  # noqa: S704 - our own texts, as jinja takes them
                if not node.kwargs:
                    return nodes.Const(said % {}, lineno=line)
                given = [nodes.Pair(nodes.Const(one.key), one.value, lineno=line) for one in node.kwargs]
                return nodes.Mod(nodes.Const(said, lineno=line), nodes.Dict(given, lineno=line), lineno=line)
        return node
