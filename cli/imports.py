"""cli: `salesloop import` — files in, with a progress bar, a dry run, and reject files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.engine.backend import OPERATOR, remote
from cli.engine.common import AsUser, Json, as_json, example, ledger, run
from cli.engine.failure import USAGE, fail
from cli.engine.language import language, sentence, word, words
from cli.engine.tables import say, table

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

    from runtime.imports.results import ImportResult, Progress


def add_to(app: typer.Typer) -> None:
    app.command(
        "import",
        epilog=example("salesloop import ./crm_export --mapping crm_export --dry-run"),
        help="Import files, or folders of them, through a mapping, or as another system exports them. Without either, whose they are is"
        " guessed by their headers. The same files again record nothing.",
    )(import_)


def import_(
    source: Annotated[
        list[Path], typer.Argument(help="The export's files, or the folder that holds them.", exists=True)
    ],
    *,
    mapping: Annotated[
        str | None, typer.Option("--mapping", help="A shipped mapping's name, or a mapping file.")
    ] = None,
    vendor: Annotated[
        str | None, typer.Option("--from", help="Whose export it is, such as zoho.", show_default="guessed")
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option("--map", help="Which field a column is, THEIRS=OURS; THEIRS=- leaves it out."),
    ] = None,
    stages: Annotated[
        list[str] | None, typer.Option("--stage", help="Which stage a word means, THEIRS=OURS.")
    ] = None,
    kinds: Annotated[
        list[str] | None,
        typer.Option("--kind", help="Which kind a file is, FILE=KIND; FILE=- leaves it out."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="What else must be known, NAME=VALUE: timezone, currency, dates, numbers, owner, source, gates.",
        ),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Ask nothing: take what is suggested, and import.")
    ] = False,
    save: Annotated[
        Path | None, typer.Option("--save", help="Keep the mapping that was made of another system's files.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Decide everything, record nothing.")] = False,
    rejects: Annotated[
        Path | None,
        typer.Option("--rejects", help="Folder for refused rows.", show_default="beside the source"),
    ] = None,
    user: AsUser = None,
    json: Json = False,
) -> None:
    from cli import importing

    folder = rejects or _rejects_beside(source[0])
    asked = importing.Asked(
        vendor or "",
        tuple(columns or ()),
        tuple(stages or ()),
        tuple(kinds or ()),
        tuple(settings or ()),
        yes,
        save,
    )
    if mapping and (asked.vendor or asked.columns or asked.stages or asked.kinds or asked.settings):
        fail(word("--mapping says all of it: leave out --from, --map, --stage, --kind and --set"), USAGE)
    if mapping is None and not vendor and importing.reads_usual(source):
        mapping = importing.USUAL
    if mapping is not None:
        with importing.side_by_side(source) as data:
            _import(data, mapping, folder, user, dry_run=dry_run, json=json)
    else:
        with importing.understood(source, asked, dry_run=dry_run, json=json) as (data, made):
            _import(data, str(made), folder, user, dry_run=dry_run, json=json)


def _import(data: Path, mapping: str, rejects: Path, user: str | None, *, dry_run: bool, json: bool) -> None:
    if remote():
        from cli.engine.sending import send

        result = run(send(data, mapping, rejects, dry_run=dry_run))
    else:
        done = import_files(data, mapping, user or OPERATOR, dry_run=dry_run, rejects=rejects, quiet=json)
        result = run(done)
    if json:
        as_json(result.as_dict())
    else:
        show(result)
    if result.refused:
        raise typer.Exit(1)


async def import_files(
    source: Path,
    mapping: str,
    user: str,
    *,
    dry_run: bool = False,
    rejects: Path | None = None,
    quiet: bool = False,
) -> ImportResult:
    from domain.engine.context import Actor
    from projections.customer.entering import EnteringCustomers
    from projections.engine.throttle import throttled
    from runtime.imports.mapping_file import mapping_of
    from runtime.imports.run import run_import

    chosen = mapping_of(mapping)
    folder = rejects or _rejects_beside(source)
    with bars(quiet=quiet) as shown:
        async with ledger() as opened, throttled(opened.pool) as pace:
            return await run_import(
                opened.pool,
                chosen,
                source,
                Actor("user", user),
                dry_run=dry_run,
                rejects=folder,
                on_progress=Follow(shown, source.name),
                pace=pace,
                language=language(),
                find_likely=EnteringCustomers(opened.pool),
            )


def _rejects_beside(source: Path) -> Path:
    place = source if source.is_dir() else source.parent
    return (
        place.parent / f"{place.resolve().name}.rejects"
        if source.is_dir()
        else place / f"{source.stem}.rejects"
    )


def bars(*, quiet: bool) -> Bars:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("{task.description}", table_column=None),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        console=Console(stderr=True, quiet=quiet),
    )


class Follow:
    """Turns an import's progress into bars, one a file. A large log is read once before there is any: that is shown too."""

    def __init__(self, shown: Bars, source: str) -> None:
        self._shown = shown
        self._reading: Any = shown.add_task(sentence("reading {source}", source=source), total=None, rate="")
        self._tasks: dict[str, object] = {}

    def __call__(self, at: Progress) -> None:
        self._shown.update(self._reading, visible=False)
        if at.file not in self._tasks:
            self._tasks[at.file] = self._shown.add_task(at.file, total=at.total, rate="")
        task = self._tasks[at.file]
        rate = sentence("{n} rows a minute", n=f"{at.rate * 60:,.0f}")
        if at.refused:
            rate = sentence("{rate}, {n} refused", rate=rate, n=at.refused)
        self._shown.update(task, completed=at.done, total=max(at.total, at.done), rate=rate)  # type: ignore[arg-type]


def show(result: ImportResult) -> None:
    rows = [(t.file, t.rows, t.accepted, t.unchanged, t.refused, t.events) for t in result.tallies]
    columns = ("file", "rows", "accepted", "unchanged", "refused", "events")
    title = word("dry run: nothing was recorded") if result.dry_run else ""
    table(columns, rows, title=title, right=columns[1:])
    for refusal in result.refusals[:20]:
        say(sentence("refused: {why}", why=refusal.told(words())))
    if result.refused > 20:
        say(sentence("… and {n} more", n=result.refused - 20))
    for notice in result.notices:
        say(sentence("note: {text}", text=notice.told(words())))
    for written in result.rejects:
        say(sentence("refused rows with reasons: {file}", file=written))
    if result.events and not result.dry_run:
        say(sentence("undo it with: salesloop import undo {id}", id=result.job_id))
