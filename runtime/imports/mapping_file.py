"""Runtime room, file import: the mapping file read and checked. Everything wrong with it is named at once."""

from __future__ import annotations

import codecs
import hashlib
import re
import tomllib
from collections.abc import Iterable
from collections.abc import Mapping as Map
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from domain.process import LOST, WON
from domain.values import ActivityKind
from runtime.imports.mapping import (
    CUSTOMERS,
    DEALS,
    EVENTS,
    FIELDS,
    KINDS,
    PRODUCTS,
    REPS,
    ActivityRule,
    Column,
    EventRules,
    Mapping,
    Override,
    Sheet,
)
from runtime.imports.results import ImportProblem
from runtime.imports.suggest import did_you_mean

FORMAT = 1
REFERRED = (CUSTOMERS, PRODUCTS, REPS)
TITLE_PARTS = ("product", "customer", "reference", "owner")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
Table = dict[str, Any]


class Reading:
    """A table being read: takes typed values out of it and gathers what is wrong."""

    def __init__(self, table: Table, at: str, problems: list[str]) -> None:
        self.left, self.at, self.problems = dict(table), at, problems

    def wrong(self, key: str, message: str) -> None:
        self.problems.append(f"{self.at}{key}: {message}")

    def text(self, key: str, default: str = "", *, needed: bool = False) -> str:
        value = self.left.pop(key, default)
        if not isinstance(value, str):
            self.wrong(key, f"must be a text, not {value!r}")
            return default
        if needed and not value.strip():
            self.wrong(key, "is missing")
        return value

    def flag(self, key: str) -> bool:
        value = self.left.pop(key, False)
        if not isinstance(value, bool):
            self.wrong(key, f"must be true or false, not {value!r}")
        return value is True

    def texts(self, key: str, default: Iterable[str] = ()) -> tuple[str, ...]:
        value = self.left.pop(key, list(default))
        value = [value] if isinstance(value, str) else value
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            self.wrong(key, "must be a list of texts")
            return tuple(default)
        return tuple(value)

    def one_of(self, key: str, allowed: Iterable[str], default: str) -> str:
        value, known = self.text(key, default), tuple(allowed)
        if value not in known:
            self.wrong(key, f"{value!r} is not one of {', '.join(known)}{did_you_mean(value, known)}")
        return value

    def table(self, key: str) -> Table:
        value = self.left.pop(key, {})
        if not isinstance(value, dict):
            self.wrong(key, "must be a table")
            return {}
        return value

    def words(self, key: str) -> dict[str, str]:
        """A table of texts to texts."""
        words = self.table(key)
        for word, meaning in words.items():
            if not isinstance(meaning, str):
                self.wrong(f"{key}.{word}", f"must be a text, not {meaning!r}")
        return {word.strip(): meaning for word, meaning in words.items() if isinstance(meaning, str)}

    def inside(self, key: str) -> Reading:
        return Reading(self.table(key), f"{self.at}{key}.", self.problems)

    def done(self, known: Iterable[str]) -> None:
        """Whatever was not taken out is not known here."""
        for key in self.left:
            self.wrong(key, f"is not a setting here{did_you_mean(key, tuple(known))}")


def read_mapping(content: bytes, file: str) -> Mapping:
    """Raises ImportProblem naming everything that is wrong."""
    try:
        table = tomllib.loads(content.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise ImportProblem(f"{file} is not TOML in UTF-8: {problem}") from problem
    problems: list[str] = []
    mapping = _mapping(Reading(table, "", problems), hashlib.sha256(content).hexdigest())
    if problems:
        raise ImportProblem(*(f"{file}: {problem}" for problem in problems))
    return mapping


SETTINGS = (
    "format", "name", "source", "timezone", "dates", "currency", "encoding", "delimiter", "decimal", "thousands",
    "blank", "process", "policy", "create", "aliases", *KINDS,
)  # fmt: skip


def _mapping(top: Reading, digest: str) -> Mapping:
    if (version := top.left.pop("format", FORMAT)) != FORMAT:
        top.wrong("format", f"this release reads format {FORMAT}, not {version!r}")
    blank = frozenset({"", *top.texts("blank")})
    sheets = {kind: _sheet(kind, top, blank) for kind in KINDS if kind in top.left}
    if not sheets:
        top.wrong("deals", f"the mapping names no file: it needs at least one of {', '.join(KINDS)}")
    mapping = Mapping(
        name=top.text("name", needed=True),
        source=top.text("source", needed=True),
        digest=digest,
        sheets={kind: sheet for kind, (sheet, _) in sheets.items()},
        timezone=top.text("timezone", "UTC"),
        dates=top.texts("dates", ["iso"]),
        currency=top.text("currency", "USD"),
        encoding=top.text("encoding", "utf-8"),
        delimiter=top.text("delimiter", ","),
        decimal=top.text("decimal", "."),
        thousands=top.text("thousands"),
        process=top.text("process", "default"),
        policy=top.text("policy", "default"),
        aliases=_aliases(top.inside("aliases")),
        create=frozenset(top.texts("create")),
    )
    _check(mapping, top)
    top.done(SETTINGS)
    if DEALS in sheets:
        mapping = _with_deals(mapping, sheets[DEALS][1])
    if EVENTS in sheets:
        mapping = replace(mapping, events=_events(sheets[EVENTS][1]))
    for kind, (_, rest) in sheets.items():
        rest.done(("file", "optional", "columns", *_OWN_SETTINGS.get(kind, ())))
    return mapping


_OWN_SETTINGS: Map[str, tuple[str, ...]] = {
    DEALS: ("stages", "titles", "override"),
    EVENTS: ("activities", "lifecycle", "systems", "team", "desk", "owner", "stage", "title", "grouped"),
}


def _check(mapping: Mapping, top: Reading) -> None:
    try:
        ZoneInfo(mapping.timezone)
    except (KeyError, ValueError, OSError):
        top.wrong("timezone", f"unknown time zone {mapping.timezone!r}; use a name such as 'Asia/Shanghai'")
    try:
        codecs.lookup(mapping.encoding)
    except LookupError:
        top.wrong("encoding", f"unknown encoding {mapping.encoding!r}; use one such as 'utf-8' or 'gb18030'")
    if not re.fullmatch("[A-Z]{3}", mapping.currency):
        top.wrong("currency", f"{mapping.currency!r} is not a three-letter ISO 4217 code such as CNY")
    if len(mapping.delimiter) != 1 or mapping.delimiter in '"\r\n':
        top.wrong("delimiter", f"{mapping.delimiter!r} must be one character")
    if mapping.decimal not in (".", ",") or mapping.thousands == mapping.decimal:
        top.wrong("decimal", "must be '.' or ',', and another sign than `thousands`")
    if not mapping.dates:
        top.wrong("dates", "names no form; use \"iso\" or forms such as '%d.%m.%Y'")
    for form in mapping.dates:
        if form != "iso" and "%" not in form:
            top.wrong("dates", f"{form!r} is neither \"iso\" nor a form such as '%d.%m.%Y'")
    for kind in sorted(mapping.create - set(REFERRED)):
        top.wrong("create", f"{kind!r} is not one of {', '.join(REFERRED)}{did_you_mean(kind, REFERRED)}")


def _sheet(kind: str, top: Reading, blank: frozenset[str]) -> tuple[Sheet, Reading]:
    """The sheet, and what is left of its table for settings of its own."""
    here = top.inside(kind)
    columns = _columns(kind, here.inside("columns"), blank)
    return Sheet(kind, here.text("file"), here.flag("optional"), columns), here


def _columns(kind: str, here: Reading, blank: frozenset[str]) -> dict[str, Column]:
    fields = FIELDS[kind]
    columns = {}
    for name in [name for name in fields if name in here.left]:
        columns[name] = _column(kind, name, here, blank)
    for field in fields.values():
        if field.name not in columns and field.missing == ("reject",):
            here.wrong(field.name, "is needed: name its column")
    here.done(fields)
    return columns


def _column(kind: str, name: str, here: Reading, blank: frozenset[str]) -> Column:
    allowed = FIELDS[kind][name].missing
    if isinstance(here.left[name], str):
        return Column(name, here.text(name, needed=True), missing=allowed[0], blank=blank)
    spec = here.inside(name)
    column = Column(
        name=name,
        header=spec.text("column"),
        optional=spec.flag("optional"),
        default=spec.text("default"),
        missing=spec.one_of("missing", allowed, allowed[0]),
        values=spec.words("values"),
        blank=frozenset(spec.texts("blank")) | blank,
        scale=_scale(spec),
    )
    if not column.header and not column.default and column.missing in ("keep", "reject"):
        spec.wrong("column", "is missing: name a column, or give a default")
    spec.done(("column", "optional", "default", "missing", "values", "blank", "scale"))
    return column


def _scale(spec: Reading) -> Decimal:
    value = spec.left.pop("scale", 1)
    try:
        scale = Decimal(str(value))
    except InvalidOperation:
        scale = Decimal(0)
    if not scale.is_finite() or scale <= 0:
        spec.wrong("scale", f"{value!r} must be a number above zero")
    return scale


def _aliases(here: Reading) -> dict[str, dict[str, str]]:
    aliases = {kind: here.words(kind) for kind in REFERRED}
    here.done(REFERRED)
    return aliases


def _with_deals(mapping: Mapping, here: Reading) -> Mapping:
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
        _check_template(here, "titles", title, TITLE_PARTS)
    return replace(mapping, stages=stages, override=approved, titles=titles)


def _check_template(here: Reading, key: str, template: str, parts: tuple[str, ...]) -> None:
    for part in _PLACEHOLDER.findall(template):
        if part not in parts:
            here.wrong(key, f"{{{part}}} is not one of {', '.join(parts)}{did_you_mean(part, parts)}")


def _events(here: Reading) -> EventRules:
    usual = EventRules()
    lifecycle = here.inside("lifecycle")
    rules = EventRules(
        activities=_activities(here),
        start=frozenset(lifecycle.texts("start", usual.start)),
        complete=frozenset(lifecycle.texts("complete", usual.complete)) | {""},
        ignore=frozenset(lifecycle.texts("ignore")),
        systems=frozenset(here.texts("systems")),
        team=here.text("team", usual.team, needed=True),
        desk=here.text("desk", usual.desk, needed=True),
        owner=here.one_of("owner", ("first", "last"), usual.owner),
        stage=here.text("stage", usual.stage, needed=True),
        title=here.text("title", usual.title, needed=True),
        grouped=here.flag("grouped"),
    )
    lifecycle.done(("start", "complete", "ignore"))
    if rules.stage in (WON, LOST):
        here.wrong("stage", "an event log does not tell how a case was closed: choose an open stage")
    _check_template(here, "title", rules.title, ("case",))
    return rules


def _activities(here: Reading) -> tuple[ActivityRule, ...]:
    given = here.left.pop("activities", [])
    if not isinstance(given, list) or not all(isinstance(rule, dict) for rule in given):
        here.wrong("activities", "must be tables: [[events.activities]]")
        return ()
    rules = []
    for n, table in enumerate(given):
        rule = Reading(table, f"{here.at}activities[{n}].", here.problems)
        kind = rule.one_of("kind", list(ActivityKind), "")
        rules.append(ActivityRule(rule.text("match", needed=True), kind, rule.text("outcome")))
        rule.done(("match", "kind", "outcome"))
    return tuple(rules)
