"""cli: what was understood of files of another system, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.engine.language import heard, sentence, word
from cli.engine.tables import notes, say, table

if TYPE_CHECKING:
    from runtime.imports.vendors.report import FileReport, Question, Report

OPTIONS = {
    "vendor": "--from {answer}",
    "column": '--map "{of}={answer}"',
    "stage": '--stage "{of}={answer}"',
    "status": '--stage "{of}={answer}"',
}
"""How a question is answered where it is typed; the others are settings."""
MOST_LEFT_OUT = 12


def show_understood(report: Report) -> None:
    """File by file what its columns are to us and what is left out; then what has to be known besides, and what is asked."""
    if report.vendor:
        say(sentence("these are files of {vendor}", vendor=report.vendor_name))
    for file in report.files:
        show_file(file)
    notes(report.notes)
    for question in report.questions:
        show_question(question)


def show_file(file: FileReport) -> None:
    title = f"{file.name}: {file.called}" if file.called else file.name
    if file.kind:
        title = f"{title} → {word(file.kind, 'kind of file')}"
    rows = [(found.field, " / ".join(found.headers), heard(found.note)) for found in file.fields]
    table(
        ("field", "column", "note"),
        rows,
        title=sentence("{title}, {n} rows", title=title, n=f"{file.rows:,}"),
    )
    if file.left_out:
        shown = [f"{one.header} ({one.filled:,})" for one in file.left_out[:MOST_LEFT_OUT]]
        more = len(file.left_out) - len(shown)
        say(sentence("left out: {columns}", columns=", ".join(shown)))
        if more:
            say(sentence("… and {n} more", n=more))
    notes(file.notes)


def show_question(question: Question) -> None:
    about = f"{word(question.about)} {question.of!r}" if question.of else word(question.about)
    say(sentence("asked: {about}: {text}", about=about, text=heard(question.text)))
    if question.options:
        say(f"  {', '.join(question.options[:40])}")
    say(f"  {typed(question)}")


def typed(question: Question) -> str:
    """What answers it on the command line."""
    way = OPTIONS.get(question.about, "--set {about}={answer}")
    kind, _, name = question.of.partition(": ")
    if question.about == "column":
        return f'--map "{kind}: …={name}"'
    return way.format(about=question.about, of=question.of, answer=question.suggestion or "…")
