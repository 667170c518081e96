"""cli: files of another system made ready for an import — looked at, told, asked about, and laid side by side with their mapping."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import typer

from cli.engine.common import as_json, run
from cli.engine.failure import REFUSED, USAGE, fail
from cli.engine.language import heard, sentence, word

if TYPE_CHECKING:
    from domain.custom_field.declaration import FieldSet
    from runtime.imports.vendors.prepare import Prepared
    from runtime.imports.vendors.report import Answers, Question, Report

USUAL = "crm_export"
"""The mapping of files that come under its names, where nobody says anything."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command was told of how to read the files. `save` is where the mapping that is made goes."""

    vendor: str = ""
    columns: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    yes: bool = False
    save: Path | None = None

    def answers(self) -> Answers:
        from runtime.imports.vendors.report import Answers

        return Answers(
            vendor=self.vendor,
            kinds=pairs("--kind", self.kinds),
            columns=pairs("--map", self.columns),
            stages=pairs("--stage", self.stages),
            settings=pairs("--set", self.settings),
            suggested=self.yes,
        )


def pairs(option: str, given: Sequence[str]) -> dict[str, str]:
    """`THEIRS=OURS`; the last sign of equality stands between them."""
    told = {}
    for one in given:
        theirs, sign, ours = one.rpartition("=")
        if not (theirs and sign):
            fail(f"{option}: {one!r}: " + sentence("write it as THEIRS=OURS"), USAGE)
        told[theirs.strip()] = ours.strip()
    return told


def reads_usual(sources: Sequence[Path]) -> bool:
    """Whether the files are called as those of the usual mapping."""
    from runtime.imports.mapping_file import shipped_mapping
    from runtime.imports.results import ImportProblem
    from runtime.imports.sources import locate

    try:
        return len(sources) == 1 and bool(locate(shipped_mapping(USUAL), sources[0]))
    except ImportProblem:
        return False


@contextmanager
def side_by_side(sources: Sequence[Path]) -> Iterator[Path]:
    """Several files as one folder for as long as the block runs; one alone as it is."""
    if len(sources) == 1:
        yield sources[0]
        return
    with TemporaryDirectory(prefix="salesloop-import-") as place:
        yield _linked(sources, Path(place))


def _linked(files: Sequence[Path], folder: Path) -> Path:
    for file in files:
        try:
            (folder / file.name).symlink_to(file.resolve())
        except FileExistsError:
            fail(sentence("{name}: two files are called so: rename one of them", name=file.name))
    return folder


@contextmanager
def understood(
    sources: Sequence[Path], asked: Asked, *, dry_run: bool, json: bool
) -> Iterator[tuple[Path, Path]]:
    """The folder to import and its mapping, once nothing is left to ask and it may be gone on."""
    with TemporaryDirectory(prefix="salesloop-import-") as place:
        made, data = Path(place) / "made", Path(place) / "data"
        made.mkdir()
        data.mkdir()
        ready = _settled(sources, asked, made, dry_run=dry_run, json=json)
        mapping = Path(place) / "mapping.toml"
        mapping.write_text(ready.report.mapping, encoding="utf-8")
        if asked.save is not None:
            asked.save.write_text(ready.report.mapping, encoding="utf-8")
        yield _linked(ready.files, data), mapping


def _settled(sources: Sequence[Path], asked: Asked, made: Path, *, dry_run: bool, json: bool) -> Prepared:
    from runtime.imports.results import ImportProblem
    from runtime.imports.vendors.prepare import prepare

    answers, people = asked.answers(), sys.stdin.isatty() and not (asked.yes or json)
    declared = run(_declared())
    ready = prepare(sources, answers, made, declared)
    _tell(ready.report, json=json)
    while ready.report.questions and people:
        said = replace(answers, **_answered(answers, ready.report.questions))  # type: ignore[arg-type]
        try:
            ready = prepare(sources, said, made, declared)
        except ImportProblem as wrong:
            for problem in wrong.problems:
                typer.echo(heard(problem), err=True)
            continue
        answers = said
        _tell(ready.report, json=json)
    if not ready.report.mapping:
        _nothing(ready.report)
    if people and not typer.confirm(word("import this?")):
        raise typer.Exit(REFUSED)
    if not (people or asked.yes or dry_run):
        fail(word("nothing is imported: --dry-run rehearses it, --yes imports it"), USAGE)
    return ready


async def _declared() -> dict[str, FieldSet]:
    """By kind of file the custom fields of its records."""
    import msgspec

    from cli.engine.backend import backend
    from domain.custom_field.declaration import FieldSet
    from runtime.imports.custom_fields import RECORDS

    async with backend() as at:
        sets = (await at.read("/custom-fields", dict[str, Any]))["sets"]
    found = {one["name"]: msgspec.convert(one, FieldSet) for one in sets}
    return {kind: found[record] for kind, record in RECORDS.items()}


def _tell(report: Report, *, json: bool) -> None:
    from cli.views.imports import show_understood

    if not json:
        show_understood(report)
    elif not report.mapping:
        as_json(report)


def _nothing(report: Report) -> None:
    if report.questions:
        fail(
            sentence(
                "{n} questions are open: answer each with the option that stands below it",
                n=len(report.questions),
            ),
            USAGE,
        )
    fail(word("nothing here can be imported"))


def _answered(answers: Answers, questions: Sequence[Question]) -> Mapping[str, object]:
    """What people say at the terminal to each question."""
    stages, settings, columns, vendor = (
        dict(answers.stages),
        dict(answers.settings),
        dict(answers.columns),
        answers.vendor,
    )
    for question in questions:
        said = typer.prompt(_prompt(question), default=question.suggestion or None).strip()
        if question.about == "vendor":
            vendor = said
        elif question.about in ("stage", "status"):
            stages[question.of] = said
        elif question.about == "column":
            kind, _, name = question.of.partition(": ")
            columns[f"{kind}: {said}"] = name
        elif question.about == "dates" and settings.get("dates"):
            settings["dates"] += f" | {said}"  # of another column than those before
        else:
            settings[question.about] = said
    return {"stages": stages, "settings": settings, "columns": columns, "vendor": vendor}


def _prompt(question: Question) -> str:
    options = f" ({', '.join(question.options)})" if len(question.options) <= 10 else ""
    return f"{word(question.about)} {question.of} — {heard(question.text)}{options}"
