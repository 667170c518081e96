"""cli: `salesloop import` — files in, with a progress bar, a dry run, and reject files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.engine.backend import OPERATOR, remote
from cli.engine.common import AsUser, Json, as_json, example, ledger, run
from cli.engine.language import sentence, word, words
from cli.engine.tables import say, table

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

    from runtime.imports.results import ImportResult, Progress


def add_to(app: typer.Typer) -> None:
    app.command(
        "import",
        epilog=example("salesloop import ./crm_export --mapping crm_export --dry-run"),
        help="Import a folder or a file through a mapping. The same file again records nothing.",
    )(import_)


def import_(
    source: Annotated[Path, typer.Argument(help="The export's folder, or its one file.", exists=True)],
    *,
    mapping: Annotated[
        str, typer.Option("--mapping", help="A shipped mapping's name, or a mapping file.")
    ] = "crm_export",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Decide everything, record nothing.")] = False,
    rejects: Annotated[
        Path | None,
        typer.Option("--rejects", help="Folder for refused rows.", show_default="beside the source"),
    ] = None,
    user: AsUser = None,
    json: Json = False,
) -> None:
    if remote():
        from cli.engine.sending import send

        result = run(send(source, mapping, rejects or _rejects_beside(source), dry_run=dry_run))
    else:
        done = import_files(source, mapping, user or OPERATOR, dry_run=dry_run, rejects=rejects, quiet=json)
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
