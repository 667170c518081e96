"""cli: what every command shares — options, settings, output as a table or as JSON, and errors told in one line.

Nothing heavy may be imported at the top of this or any command file: `salesloop --help` answers at once.
"""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from datetime import datetime, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer

from cli.engine.failure import INTERRUPTED, REFUSED, UNREACHABLE, USAGE, Failure, fail
from cli.engine.language import Commands, Language, asked, heard, language, sentence, speak, word
from cli.engine.tables import notes, say

if TYPE_CHECKING:
    from domain.engine.context import Context
    from runtime.ledger import Ledger
    from runtime.settings import Settings

T = TypeVar("T")

START_FIRST = "run 'salesloop dev' first or set DATABASE_URL"

Json = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
Zone = Annotated[
    str | None,
    typer.Option(
        "--tz", help="Time zone to show times in, such as Asia/Shanghai.", show_default="this machine's"
    ),
]
Reason = Annotated[str | None, typer.Option("--reason", help="Why; recorded with the event.")]
AsUser = Annotated[
    str | None,
    typer.Option(
        "--user",
        envvar="SALESLOOP_USER",
        help="Who acts, as recorded: a pseudonym, no name. Of the operator; a key says it itself.",
        show_default="cli",
    ),
]
Limit = Annotated[int, typer.Option("--limit", min=1, max=200, help="Rows at most.")]


def group(name: str, help: str) -> typer.Typer:
    return Commands(name=name, help=help, no_args_is_help=True, rich_markup_mode=None)


def example(text: str) -> str:
    """An epilog: one example a command."""
    return f"Example: {text}"


# --- what commands work with -----------------------------------------------------------------------------------------


def settings() -> Settings:
    from runtime.settings import NotConfigured, Settings

    try:
        return Settings.from_env()
    except NotConfigured as missing:
        raise Failure(f"salesloop is not running here: {START_FIRST} ({missing})", UNREACHABLE) from missing


@asynccontextmanager
async def ledger(*, operator: bool = False) -> AsyncIterator[Ledger]:
    """The database that is worked with. `operator`: signed in as whoever migrates it."""
    import domain.registry  # noqa: F401 - every fact and decision is registered by importing it
    from runtime.ledger import open_ledger

    found = settings()
    url = found.admin_database_url if operator else found.database_url
    async with open_ledger(url, min_size=1, max_size=4) as opened:
        yield opened


def context(user: str, reason: str | None = None, **more: Any) -> Context:
    from datetime import UTC

    from domain.engine.context import Actor, Channel, Context

    return Context(
        now=datetime.now(UTC), actor=Actor("user", user), channel=Channel.CLI, reason=reason, **more
    )


def run(work: Coroutine[Any, Any, T]) -> T:
    import asyncio

    from runtime.garbage import seldom_collected

    with seldom_collected():  # most of a short command is what it imports
        return asyncio.run(work)


# --- output ----------------------------------------------------------------------------------------------------------


def as_json(value: Any) -> None:
    """One JSON document on stdout, times in UTC, amounts as text."""
    import msgspec

    from runtime.codec import encode

    sys.stdout.write(msgspec.json.format(encode(value), indent=2).decode() + "\n")
    _shown.clear()  # a document ends where it ends


def zone(name: str | None) -> tzinfo | None:
    """The zone named, else this machine's own (None)."""
    if name is None:
        return None
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        fail(f"unknown time zone {name!r}; use an IANA name such as Asia/Shanghai", USAGE)


_shown: dict[str, None] = {}


def moment(at: datetime | str | None, to: tzinfo | None, *, seconds: bool = False) -> str:
    """A time in the user's zone, which is told below what is shown."""
    if at is None:
        return ""
    _shown[str(to) if to is not None else _machine()] = None
    known = datetime.fromisoformat(at) if isinstance(at, str) else at
    return known.astimezone(to).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def _machine() -> str:
    """The name of this machine's zone."""
    place = os.environ.get("TZ") or str(Path("/etc/localtime").resolve())
    return place.rpartition("zoneinfo/")[2].removeprefix(":").removeprefix("/etc/") or "UTC"


def tell_zone() -> None:
    """Which zone the times are of that were shown since it was told last."""
    if _shown:
        say(sentence("times of {zones}", zones=", ".join(_shown)))
        _shown.clear()


def money(amount: Decimal | str | None, currency: str | None = None) -> str:
    """Grouped digits, with the decimals of the currency and none that the amount has cut: 1,234,567.50 CNY, 1,200 JPY, 1.234 BHD."""
    if amount is None:
        return ""
    from domain.engine.currency import written

    return f"{written(Decimal(amount), currency or ''):,f} {currency or ''}".strip()


WARNED_OF = ("warnings", "likely", "looked")
"""Of an answer: what is said in sentences below it."""


def receipt(done: Mapping[str, Any], as_json_: bool) -> None:  # noqa: FBT001 - a flag straight from the command line
    """What a write did, as the API tells it."""
    if as_json_:
        as_json(done)
        return
    answer = _said({name: one for name, one in done["answer"].items() if name not in WARNED_OF}, ", ")
    say(f"{recorded(done)}: {answer}")
    notes(done["answer"].get("warnings", ()))


def recorded(done: Mapping[str, Any]) -> str:
    """How much of it is on record now, and where."""
    if not done["recorded"]:
        return word("nothing to change")
    counted = (
        "{n} event at position {position}" if done["recorded"] == 1 else "{n} events at position {position}"
    )
    return sentence(counted, n=done["recorded"], position=done["position"])


def _said(value: Any, between: str = " ") -> str:
    """An answer in a line: no brackets, no quotes, and nothing about what is not there."""
    if isinstance(value, dict):
        return between.join(
            f"{name} {_said(one)}" for name, one in value.items() if one is not None and one != []
        )
    if isinstance(value, list | tuple):
        return "; ".join(_said(one) for one in value)
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


# --- the end ---------------------------------------------------------------------------------------------------------


def main(app: typer.Typer) -> NoReturn:
    """Run the app; whatever is expected to go wrong is told in one line and an exit code."""
    speak(asked(sys.argv))
    _shown.clear()
    code = 0
    try:
        try:
            with _help():
                code = app(prog_name="salesloop", standalone_mode=False) or 0  # whatever started it
        finally:
            tell_zone()
    except KeyboardInterrupt:
        code = _say("stopped", INTERRUPTED)
    except BrokenPipeError:  # `salesloop events | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except Exception as error:
        told = explain(error)
        if told is None:
            raise
        code = _say(*told)
    sys.exit(code)


def _help() -> AbstractContextManager[None]:
    if language() == Language.EN:
        return nullcontext()
    from cli.engine.helping import said_help

    return said_help()


def note(message: str) -> None:
    """Beside the answer, to whoever looks."""
    sys.stderr.write(f"{heard(message)}\n")


def _say(message: str, code: int) -> int:
    note(message)
    return code


TYPED: dict[str, str] = {}
"""Ids that were worked out, and what was typed for them: nobody knows such an id."""


def _as_typed(message: str) -> str:
    for id, text in TYPED.items():
        message = message.replace(
            f"no cycle has the id {id}", f"no cycle is {text}: see salesloop cycle list"
        )
    return message


SAY_THEMSELVES = {
    **dict.fromkeys(("NotUsable", "ServerFailed", "NotReady"), UNREACHABLE),
    **dict.fromkeys(("NotConfigured", "AlreadyRunning", "PortTaken", "ImportProblem", "NotWritten"), REFUSED),
}
"""Errors whose own words are all there is to say."""


def explain(error: Exception) -> tuple[str, int] | None:
    """One line and an exit code for what is expected; None for a fault of ours. Imports nothing that is not loaded."""
    if isinstance(error, Failure):
        return _as_typed(str(error)), error.code
    names = {cls.__name__ for cls in type(error).__mro__}
    if names & {"ClickException", "Abort"}:
        return _typed_wrongly(error), USAGE if "ClickException" in names else REFUSED
    if "DomainError" in names:
        return sentence("refused: {problem}", problem=heard(str(error))), REFUSED
    if names & {"LockNotAvailable", "QueryCanceled"}:
        return (
            f"the database is kept busy by somebody else, nothing was recorded: try again ({_first_line(error)})",
            UNREACHABLE,
        )
    if expected := names & SAY_THEMSELVES.keys():
        return str(error), SAY_THEMSELVES[expected.pop()]
    if names & {"OperationalError", "TemporalUnreachable"}:
        return f"{_first_line(error)}\n{START_FIRST}", UNREACHABLE
    if names & {"UndefinedTable", "InvalidSchemaName", "LookupError"} and "psycopg" in type(error).__module__:
        return _not_made(_first_line(error)), UNREACHABLE
    return None


def _typed_wrongly(error: Any) -> str:
    """As the library tells it: how it is used, where help is, what is wrong. Where nothing was typed it is the help."""
    if not hasattr(error, "format_message"):
        return "Aborted!"
    at, wrong = getattr(error, "ctx", None), error.format_message()
    if at is None or type(error).__name__ == "NoArgsIsHelpError":
        return str(wrong)
    usage = str(at.get_usage()).replace("Usage: ", word("Usage: "), 1)
    help_ = sentence("Try '{command}' for help.", command=f"{at.command_path} {at.help_option_names[0]}")
    return f"{usage}\n{help_}\n\n{word('Error: ')}{heard(wrong)}"


def _not_made(missing: str) -> str:
    """What makes what the database lacks: its read models are not the migration's once they were made."""
    if '"read.' in missing:
        return (
            f"a read model is not this release's yet: run 'salesloop projections rebuild --all' ({missing})"
        )
    return f"the database is not migrated: run 'salesloop migrate' ({missing})"


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
