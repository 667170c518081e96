"""cli: a command for every act in the tables — its options, the body it sends, the answer it tells."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer
from typer.core import TyperGroup
from typer.main import get_command

from cli.engine.common import AsUser, Json, Reason, example, note, receipt, run
from cli.engine.failure import fail
from cli.engine.kinds import HELP
from cli.engine.language import Commands

if TYPE_CHECKING:
    from cli.engine.acts import Command, Option

WORDS = {
    "why": "Why; recorded.",
    "by": "Who says it, where the key does not tell: name or id.",
    "stage": "A stage of the process.",
    "period": "2027, 2027-Q1, 2027-03, 2027-W05.",
    "next": "What is promised next.",
    "outcome": "A short code: reached, no-answer, offer-sent.",
    "inbound": "They called us.",
    "manager": "Who is told when it is late: name or id.",
    "above": "Who is told of silence: name or id.",
    "of": "Who decides: name or id.",
    "contract": "The contract's reference.",
    "as": "What a log calls this work.",
    "competitor": "Who else offered.",
    "process": "The process it goes through; default where left out.",
    "policy": "The name of the policy it is under; default where left out.",
    "at": "Time of day, in the company's time zone.",
}
AS_OPERATOR = "done as the operator, past all keys; SALESLOOP_URL and SALESLOOP_KEY go through the API"
OVERRIDES = {
    "field declare": {"of": "Whose fields: customer, contact, deal or lead."},
    "deals lose": {"why": "The loss reason."},
    "deals correct-closing": {"why": "The loss reason."},
    "meeting schedule": {"day": "Weekly: 1 (Monday) to 7; monthly: 1 to 28. No business day: the next one."},
}
METAVARS = {"instant": "TIME", "whole": "N"}
"""Of kinds that are called otherwise where their value stands."""
Happened = Annotated[
    str | None,
    typer.Option("--happened", metavar="TIME", help="When it was, in your time zone, if not now."),
]
Key = Annotated[
    str | None,
    typer.Option("--key", help="The same key again records nothing twice: for scripts that repeat."),
]
COMMON: Mapping[str, tuple[Any, Any]] = {
    "happened": (Happened, None),
    "reason": (Reason, None),
    "key": (Key, None),
    "user": (AsUser, None),
    "json": (Json, False),
}


class Derived(TyperGroup):
    """A group whose commands are those of a table of acts beside its own. The table is read when they are asked for: it imports the
    capability's commands, which `salesloop --help` does not need.
    """

    table = ""

    def list_commands(self, ctx: Any) -> list[str]:
        self._derive()
        return super().list_commands(ctx)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.commands:
            self._derive()
        return super().get_command(ctx, cmd_name)

    def _derive(self) -> None:
        if not self.table:
            return
        from cli.engine.acts import commands
        from cli.engine.shown import add_reads

        made = Commands(rich_markup_mode=None, add_completion=False)
        for act in commands(self.table, self.name or ""):
            told = example(f"salesloop {act.call} {act.example}".strip())
            made.command(act.name, help=act.help, epilog=told)(_command(act))
        add_reads(made, self.table, self.name or "")
        derived: Any = get_command(made)
        self.commands.update(getattr(derived, "commands", {derived.name: derived}))
        self.table = ""


def group(name: str, help: str, acts: str) -> typer.Typer:
    """A group with a command for every act of the table in that module."""
    cls = type("Group", (Derived,), {"table": acts})
    return Commands(name=name, help=help, cls=cls, no_args_is_help=True, rich_markup_mode=None)


def _command(act: Command) -> Callable[..., None]:
    def command(**given: Any) -> None:
        receipt(run(perform(act, given)), given["json"])

    shown = [_parameter(act, part) for part in sorted(act.parts, key=lambda part: not part.argument)]
    shown += [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
        for name, (kind, default) in COMMON.items()
    ]
    command.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
    command.__annotations__ = {one.name: one.annotation for one in shown}
    return command


def _parameter(act: Command, part: Option) -> inspect.Parameter:
    said = OVERRIDES.get(act.call, {}).get(part.name) or WORDS.get(part.name) or _help(part)
    if part.many and not part.argument and "nce for each" not in said:
        said = f"{said} Once for each.".strip()
    kind, info = _typed(part, said)
    flag = part.kind.startswith("is/")
    default = inspect.Parameter.empty if part.needed else False if flag else None
    optional = kind if part.needed or flag else kind | None
    return inspect.Parameter(
        part.variable,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[optional, info],
    )


def _help(part: Option) -> str:
    return part.kind.replace("|", ", ") + "." if "|" in part.kind else HELP.get(part.kind, "")


def _typed(part: Option, said: str) -> tuple[Any, Any]:
    if part.kind == "yes":
        yes, no = part.name.split("/")
        return bool, typer.Option(f"--{yes}/--{no}", help=said)
    if part.kind.startswith("is/"):
        return bool, typer.Option(f"--{part.name}", help=said)
    metavar = part.name.upper() if part.argument else _metavar(part)
    kind = list[str] if part.many else str
    if part.argument:
        return kind, typer.Argument(metavar=metavar, help=said, show_default=False)
    return kind, typer.Option(f"--{part.name}", metavar=metavar, help=said, show_default=False)


def _metavar(part: Option) -> str:
    kind = part.kind.partition("_")[0]
    return part.kind if "|" in part.kind else METAVARS.get(kind, kind.upper())


# --- doing it --------------------------------------------------------------------------------------------------------


async def perform(act: Command, given: Mapping[str, Any]) -> dict[str, Any]:
    """The receipt as the API tells it. Raises Failure."""
    from cli.engine.backend import OPERATOR, answered, backend

    async with backend() as at:
        if at.remote and given["user"]:
            fail(
                "--user is the operator's, who reaches the database: through an address the key says who it is"
            )
        path, body = await request(act, given, at)
        key = given["key"] or (str(uuid4()) if at.remote else "")
        user = given["user"] or OPERATOR
        content = await at.act("POST", path, body, key=key, user=user, options=options_of(act))
    if not at.remote and not given["json"]:
        note(AS_OPERATOR)
    done: dict[str, Any] = answered(content, dict[str, Any])
    return done


async def request(act: Command, given: Mapping[str, Any], at: Any) -> tuple[str, dict[str, Any]]:
    """The path and the body of what was typed."""
    from cli.engine import kinds
    from cli.engine.options import today

    body: dict[str, Any] = {}
    path = act.path
    for part in act.parts:
        value = given[part.variable]
        if value is None and part.kind == "today":
            value = await today(at)
        if value is None or (value is False and part.kind.startswith("is/")):
            continue
        read = await _value(part, value, at)
        if not part.place and part.kind not in ("file", "minutes"):
            path = path.replace(f"{{{_in_path(act, part)}}}", str(read), 1)
        else:
            _put(body, part.place, read)
    if given["reason"] is not None:
        body["reason"] = given["reason"]
    if given["happened"] is not None:
        body["occurred_at"] = await kinds.read(at, "instant", given["happened"], "--happened")
    _shares(body)
    return path, body


def _in_path(act: Command, part: Option) -> str:
    return f"{part.name}_id" if f"{{{part.name}_id}}" in act.path else part.name


async def _value(part: Option, value: Any, at: Any) -> Any:
    from cli.engine import kinds

    name = part.name.upper() if part.argument else f"--{part.name}"
    if part.kind == "yes":
        return value
    if part.kind.startswith("is/"):
        return part.kind.partition("/")[2]
    if "|" in part.kind and value not in part.kind.split("|"):
        fail(f"{name}: {value!r} is none of {part.kind.replace('|', ', ')}", 2)
    if part.kind == "field":
        read = [await kinds.read(at, part.kind, one, name) for one in value]
        return {field: said for one in read for field, said in one.items()}
    if part.many:
        return [await kinds.read(at, part.kind, one, name) for one in value]
    return await kinds.read(at, part.kind, value, name)


def _put(body: dict[str, Any], place: str, value: Any) -> None:
    """At its place; without one it is the body itself."""
    if not place:
        body |= value
        return
    *above, last = place.split(".")
    for step in above:
        body = body.setdefault(step, {})
    body[last] = value


def _shares(body: dict[str, Any]) -> None:
    """A part's share is its number where they are divided by hand, else its weight."""
    name = "number" if body.get("method") == "manual" else "weight"
    for child in body.get("children", []):
        if "share" in child:
            child[name] = child.pop("share")


def options_of(act: Command) -> dict[str, str]:
    """What fills each place of the body."""
    return {
        part.place: part.name.upper() if part.argument else f"--{part.name.partition('/')[0]}"
        for part in act.parts
        if part.place
    } | {"occurred_at": "--happened", "reason": "--reason", "header.Idempotency-Key": "--key"}
