"""Runtime room, file import: the mapping file read and checked. Everything wrong with it is named at once."""

from __future__ import annotations

import hashlib
import re
import tomllib
from importlib.resources import files
from pathlib import Path

from domain.engine.fields import MAX_NAME
from runtime.imports.cells import clean
from runtime.imports.custom_fields import PREFIX, RECORDS, is_custom
from runtime.imports.kinds.listed import FIELDS, KINDS, MADE, REFERRED
from runtime.imports.mapping import Column, Field, Mapping, Sheet
from runtime.imports.mapping_signs import check_signs, dates_of, zone_of
from runtime.imports.mapping_table import Reading
from runtime.imports.numbers import GROUPINGS, WESTERN
from runtime.imports.results import ImportProblem
from runtime.imports.suggest import did_you_mean

FORMAT = 1
MAX_BYTES = 1 << 20
_NEWLINES = re.compile("[/\\\\\r\n]")


def mapping_of(name: str) -> Mapping:
    """A mapping file where there is one by that path, else the shipped one of that name. Raises ImportProblem."""
    return load_mapping(Path(name)) if Path(name).is_file() else shipped_mapping(name)


def load_mapping(path: Path) -> Mapping:
    """Read and check a TOML mapping file. Raises ImportProblem naming everything that is wrong."""
    try:
        content = Path(path).read_bytes()
    except OSError as problem:
        raise ImportProblem(f"the mapping file {path} cannot be read: {problem.strerror}") from problem
    return read_mapping(content, Path(path).name)


def shipped_mapping(name: str) -> Mapping:
    """A mapping that comes with salesloop: `crm_export` or `event_log`. Raises ImportProblem for another name."""
    if name not in shipped_names():
        known = ", ".join(shipped_names())
        raise ImportProblem(
            f"no mapping {name!r} comes with salesloop; there are: {known}; or give a file's path"
        )
    resource = files("runtime.imports").joinpath("mappings", f"{name}.toml")
    return read_mapping(resource.read_bytes(), f"{name}.toml")


def shipped_names() -> tuple[str, ...]:
    folder = files("runtime.imports").joinpath("mappings")
    return tuple(sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")))


def read_mapping(content: bytes, file: str) -> Mapping:
    """Raises ImportProblem naming everything that is wrong."""
    if len(content) > MAX_BYTES:
        raise ImportProblem(f"{file}: is longer than {MAX_BYTES:,} bytes: is it a mapping?")
    try:
        table = tomllib.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as problem:
        raise ImportProblem(f"{file} is not TOML in UTF-8: {problem}") from problem
    problems: list[str] = []
    mapping = _mapping(Reading(table, "", problems), hashlib.sha256(content).hexdigest())
    if problems:
        raise ImportProblem(*(f"{file}: {problem}" for problem in problems))
    return mapping


SETTINGS = (
    "format", "name", "source", "timezone", "dates", "currency", "encoding", "delimiter", "decimal", "thousands",
    "grouping", "blank", "process", "policy", "create", "aliases", *KINDS,
)  # fmt: skip


def _mapping(top: Reading, digest: str) -> Mapping:
    version = top.left.pop("format", FORMAT)
    if version != FORMAT or isinstance(version, bool):
        top.wrong("format", f"this release reads format {FORMAT}, not {version!r}")
    blank = frozenset({"", *top.texts("blank")})
    sheets = {kind: _sheet(kind, top, blank) for kind in KINDS if kind in top.left}
    if not sheets:
        top.wrong("deals", f"the mapping names no file: it needs at least one of {', '.join(KINDS)}")
    mapping = Mapping(
        name=top.text("name", needed=True, most=MAX_NAME),
        source=top.text("source", needed=True, most=MAX_NAME),
        digest=digest,
        sheets={kind: sheet for kind, (sheet, _) in sheets.items()},
        timezone=top.text("timezone", ""),
        dates=dates_of(top, ["iso"]),
        currency=top.text("currency", "USD"),
        encoding=top.text("encoding", "utf-8"),
        delimiter=top.sign("delimiter", ","),
        decimal=top.sign("decimal", "."),
        thousands=top.sign("thousands"),
        grouping=top.one_of("grouping", GROUPINGS, WESTERN),
        process=top.text("process", "default"),
        policy=top.text("policy", "default"),
        aliases=_aliases(top.inside("aliases")),
        create=frozenset(top.texts("create")),
    )
    check_signs(mapping, top)
    _check_names(mapping, top)
    top.done(SETTINGS)
    for name, (_, rest) in sheets.items():
        kind = KINDS[name]
        mapping = kind.read(mapping, rest)
        rest.done(("file", "optional", "sheet", "columns", "skip", *kind.settings))
    return mapping


def _check_names(mapping: Mapping, top: Reading) -> None:
    for kind in sorted(mapping.create - set(MADE)):
        top.wrong("create", f"{kind!r} is not one of {', '.join(MADE)}{did_you_mean(kind, MADE)}")
    for kind, sheet in mapping.sheets.items():
        for file in sheet.files:
            if _NEWLINES.search(file) or file in (".", "..") or (sheet.more and not file):
                top.wrong(f"{kind}.file", f"{file!r} must be a file's name, without a folder")


def _sheet(kind: str, top: Reading, blank: frozenset[str]) -> tuple[Sheet, Reading]:
    """The sheet, and what is left of its table for settings of its own."""
    here = top.inside(kind)
    columns = _columns(kind, here.inside("columns"), blank)
    file, *more = here.texts("file", [""]) or ("",)
    optional, page = here.flag("optional"), here.text("sheet")
    return Sheet(kind, file, optional, columns, page, tuple(more), _skipped(here.inside("skip"))), here


def _skipped(here: Reading) -> dict[str, frozenset[str]]:
    """By a column's header the words of rows that are passed over."""
    return {clean(header): frozenset(here.texts(header)) for header in list(here.left)}


def _columns(kind: str, here: Reading, blank: frozenset[str]) -> dict[str, Column]:
    fields = {**FIELDS[kind], **_custom(kind, here)}
    columns = {}
    for name in [name for name in fields if name in here.left]:
        columns[name] = _column(fields[name], here, blank)
    for field in fields.values():
        if field.name not in columns and field.needed:
            here.wrong(field.name, "is needed: name its column")
    here.done(fields)
    return columns


OF_A_COLUMN = (
    "column", "optional", "default", "missing", "values", "blank", "scale", "dates", "joined", "timezone", "day", "without",
    "first",
)  # fmt: skip


def _custom(kind: str, here: Reading) -> dict[str, Field]:
    """Those that are named: which there are is asked where they are declared. TOML takes `custom.seats` for a table within the table."""
    if kind not in RECORDS:
        return {}
    here.left |= {f"{PREFIX}{name}": told for name, told in here.table("custom").items()}
    return {name: Field(name) for name in here.left if is_custom(name)}


def _column(field: Field, here: Reading, blank: frozenset[str]) -> Column:
    name = field.name
    allowed = field.missing
    if isinstance(here.left[name], str):
        return Column(field, here.text(name, needed=True), missing=allowed[0], blank=blank)
    spec = here.inside(name)
    header, *others = spec.texts("column") or ("",)
    column = Column(
        of=field,
        header=header,
        others=tuple(others),
        without=spec.text("without"),
        first=spec.sign("first"),
        optional=spec.flag("optional"),
        default=spec.text("default"),
        missing=spec.one_of("missing", allowed, allowed[0]),
        values=spec.words("values"),
        blank=frozenset(spec.texts("blank")) | blank,
        scale=spec.number("scale", 1),
        dates=dates_of(spec, ()),
        joined=spec.sign("joined") if "joined" in spec.left else None,
        timezone=zone_of(spec),
        day=spec.flag("day"),
    )
    if not column.header and not column.default and column.missing in ("keep", "reject"):
        spec.wrong("column", "is missing: name a column, or give a default")
    spec.done(OF_A_COLUMN)
    return column


def _aliases(here: Reading) -> dict[str, dict[str, str]]:
    aliases = {kind: here.words(kind) for kind in REFERRED}
    here.done(REFERRED)
    return aliases
