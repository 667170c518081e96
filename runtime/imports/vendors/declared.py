"""Runtime room, file import: what is known of a vendor's exports, read out of its TOML file here and checked.

    name = "Zoho CRM"                  # as people call it
    source = "zoho"                    # of the mapping: part of every id, so it never changes
    team = "sales"                     # of reps who come without one
    dates = ["iso", "%b %d, %Y"]       # every form its exports are known to write; those that fit the values are taken
    encodings = ["utf-8", "gb18030"]   # tried in this order
    notes = ["…"]                      # said of every import from it
    currency = "CNY"                   # supposed where nothing tells one; it is asked for then

    [pages]                            # of an open API, saved as JSON: where in a page is what (`pages.py`)
    rows = ["data.dataList"]           # of several places the first where anything stands
    total = ["data.total"]             # left out: the pages do not tell it
    code = "errorCode"                 # and the value of it that is no error
    fine = "0"
    said = "errorMessage"
    id = "_id"                         # of a record
    object = "object_describe_api_name"# of a record: whose table it is in; else the file's name without its number

    [[files]]                          # one kind of its files; several may be one of our kinds, for editions or languages
    kind = "deals"                     # ours; one that no import reads yet is recognised and named as left out
    called = "Deals"                   # theirs
    named = ["deals*", "potentials*"]  # patterns of file, sheet or object names, in small letters: a sign, never a condition
    needs = ["title", "Stage|阶段"]    # fields of [files.columns], or headers, without which it is not this kind
    marks = ["Deal Owner.id"]          # headers that others do not have
    never = ["Lead Source Id"]         # headers it does not have
    beside = "crm.lead"                # other rows (by `skip`) of the tables that are of the kind called so, whatever is in `never`
    ignore = ["Tag"]                   # known, and of no use to anybody who leaves
    skip = { "Record Status" = ["Trash"] }

    [files.columns]                    # our field = the headers that it goes by, in any version and language, the best first
    title = ["Deal Name", "Potential Name"]
    owner = { id = ["Deal Owner.id"], name = ["Deal Owner"] }     # a reference: its id and what it is called
    reference = { headers = ["Record Id"], weak = ["Deal Name"] } # weak: where there is no better one; said in the report
    closed_on = { headers = ["Won at"], then = [["Lost at"]], says = "…" }
    amount = { headers = ["Amount"], blank = ["0"] }              # what a mapping's column may say besides: default, values,
                                                                  # blank, scale, missing, dates, joined, timezone, day, without, first
    [files.stages]                     # of its pipeline as it comes, to stages of our default process, won or lost
    Qualification = "contact"

Headers are compared without case, blanks and signs. `key` of customers, products and reps is a reference, too: where every
file that names one has the id, they go by it, else by the name.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from runtime.imports.mapping_table import Reading
from runtime.imports.results import ImportProblem
from runtime.imports.suggest import did_you_mean

ENDING = ".toml"
OF_A_COLUMN = (
    "default", "values", "blank", "scale", "missing", "dates", "joined", "timezone", "day", "without",
    "first",
)  # fmt: skip
"""What a declared column hands on to the mapping as it stands."""
OF_A_FILE = (
    "kind", "called", "named", "needs", "marks", "never", "beside", "ignore", "skip", "columns", "stages",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where a field may come from. `id` and `name` are of references, else `headers`; each is a list of names of one column."""

    headers: tuple[str, ...] = ()
    id: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    then: tuple[tuple[str, ...], ...] = ()
    says: str = ""
    more: Map[str, Any] = field(default_factory=dict)

    @property
    def is_reference(self) -> bool:
        return bool(self.id or self.name)

    def all(self) -> tuple[str, ...]:
        """Every header it goes by."""
        return (
            *self.headers,
            *self.id,
            *self.name,
            *self.weak,
            *(one for names in self.then for one in names),
        )


@dataclass(frozen=True, slots=True)
class FileKind:
    kind: str
    called: str
    named: tuple[str, ...]
    needs: tuple[str, ...]
    marks: tuple[str, ...]
    never: tuple[str, ...]
    ignore: tuple[str, ...]
    skip: Map[str, tuple[str, ...]]
    columns: Map[str, Wanted]
    stages: Map[str, str]
    beside: str = ""

    def headers_of(self, need: str) -> tuple[str, ...]:
        """What one of its needs may stand under."""
        return self.columns[need].all() if need in self.columns else tuple(need.split("|"))


@dataclass(frozen=True, slots=True)
class Pages:
    """Where in a saved page of an open API is what, as `data.total`; `id` and `object` are names in a record."""

    rows: tuple[str, ...]
    total: tuple[str, ...]
    code: str
    fine: str
    said: str
    id: str
    object: str


@dataclass(frozen=True, slots=True)
class Vendor:
    id: str
    name: str
    source: str
    team: str
    dates: tuple[str, ...]
    encodings: tuple[str, ...]
    notes: tuple[str, ...]
    files: tuple[FileKind, ...]
    currency: str = ""
    pages: Pages | None = None


def vendor_ids() -> tuple[str, ...]:
    """Those that are declared, in the order of the alphabet."""
    folder = files("runtime.imports.vendors").iterdir()
    return tuple(sorted(f.name.removesuffix(ENDING) for f in folder if f.name.endswith(ENDING)))


def vendor_of(id: str) -> Vendor:
    """Raises ImportProblem for one that nobody declared."""
    known = vendor_ids()
    if id not in known:
        raise ImportProblem(
            f"no exports of {id!r} are known{did_you_mean(id, known)} (there are: {', '.join(known)})"
        )
    return _read(id)


@cache
def _read(id: str) -> Vendor:
    text = files("runtime.imports.vendors").joinpath(f"{id}{ENDING}").read_text(encoding="utf-8")
    return read_vendor(id, tomllib.loads(text))


def read_vendor(id: str, table: dict[str, Any]) -> Vendor:
    """Raises ImportProblem naming everything that is wrong."""
    problems: list[str] = []
    top = Reading(table, "", problems)
    each = [Reading(one, f"files[{n}].", problems) for n, one in enumerate(top.left.pop("files", []))]
    vendor = Vendor(
        id=id,
        name=top.text("name", needed=True),
        source=top.text("source", needed=True),
        team=top.text("team", "sales"),
        dates=top.texts("dates", ["iso"]),
        encodings=top.texts("encodings", ["utf-8"]),
        notes=top.texts("notes"),
        files=tuple(map(_file, each)),
        currency=top.text("currency"),
        pages=_pages(top.inside("pages")) if "pages" in top.left else None,
    )
    top.done(("name", "source", "team", "dates", "encodings", "notes", "currency", "pages", "files"))
    if problems:
        raise ImportProblem(*(f"{id}{ENDING}: {problem}" for problem in problems))
    return vendor


def _pages(here: Reading) -> Pages:
    made = Pages(
        rows=here.texts("rows"),
        total=here.texts("total"),
        code=here.text("code"),
        fine=here.text("fine", "0"),
        said=here.text("said"),
        id=here.text("id", "id"),
        object=here.text("object"),
    )
    here.done(("rows", "total", "code", "fine", "said", "id", "object"))
    return made


def _file(here: Reading) -> FileKind:
    columns, skip = here.inside("columns"), here.inside("skip")
    made = FileKind(
        kind=here.text("kind", needed=True),
        called=here.text("called", needed=True),
        named=here.texts("named"),
        needs=here.texts("needs"),
        marks=here.texts("marks"),
        never=here.texts("never"),
        ignore=here.texts("ignore"),
        skip={header: skip.texts(header) for header in list(skip.left)},
        columns={name: _wanted(name, columns) for name in list(columns.left)},
        stages=here.words("stages"),
        beside=here.text("beside"),
    )
    here.done(OF_A_FILE)
    return made


def _wanted(name: str, here: Reading) -> Wanted:
    if not isinstance(here.left[name], dict):
        return Wanted(headers=here.texts(name))
    spec = here.inside(name)
    then = spec.left.pop("then", [])
    if not isinstance(then, list) or not all(isinstance(names, list) for names in then):
        spec.wrong("then", "must be lists of headers, one list a column")
        then = []
    wanted = Wanted(
        headers=spec.texts("headers"),
        id=spec.texts("id"),
        name=spec.texts("name"),
        weak=spec.texts("weak"),
        then=tuple(tuple(map(str, names)) for names in then),
        says=spec.text("says"),
        more={one: spec.left.pop(one) for one in OF_A_COLUMN if one in spec.left},
    )
    spec.done(("headers", "id", "name", "weak", "then", "says", *OF_A_COLUMN))
    return wanted
