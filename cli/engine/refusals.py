"""cli: what the API refuses, in the terminal's words: with the options of a command in place of fields, and with the commands that help."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from cli.engine.failure import REFUSED, UNREACHABLE, Failure
from cli.engine.language import sentence, word

OK = 300
CODES = {401: UNREACHABLE, 503: UNREACHABLE}
SUPPLIED_BY = {
    "pain-points": "deals needs --pain-points",
    "budget": "deals needs --budget",
    "decision-process": "deals needs --decision-process",
    "decision-makers": "deals needs --decision-makers",
    "quote-or-demonstration": "deals quote",
    "amount": "deals amount",
    "close-date": "deals win --closed",
    "contract-reference": "deals win --contract",
    "loss-reason": "deals lose --why",
}
"""What a gate may want, and the command that records it."""


def refuse(status: int, content: bytes, options: Mapping[str, str] | None = None) -> NoReturn:
    """A problem as the API tells it, with the options of the command in place of the body's fields."""
    import msgspec

    try:
        problem = msgspec.json.decode(content, type=dict[str, Any])
    except msgspec.MsgspecError:
        raise Failure(f"the server answered {status} without a reason", UNREACHABLE) from None
    refused = sentence("refused: {problem}", problem=_said(problem, options or {}))
    said = "\n".join([refused, *_supplied(problem)])
    raise Failure(said, CODES.get(status, REFUSED))


def _supplied(problem: Mapping[str, Any]) -> list[str]:
    """The commands that record what a gate wants, one a line, each with all of its options that are wanted."""
    commands: dict[str, list[str]] = {}
    for wanted in problem.get("missing") or ():
        command, blank, option = SUPPLIED_BY.get(wanted, "").partition(" --")
        commands.setdefault(command, []).extend([f"--{option}"] if blank else [])
    commands.pop("", None)
    typed = (" ".join([name, "DEAL", *options]) for name, options in commands.items())
    said = [sentence("record it with: salesloop {command}", command=one) for one in typed]
    asked = [word("or ask with: salesloop deals override DEAL STAGE --reason WHY")]
    return said + asked if said else said


def _said(problem: Mapping[str, Any], options: Mapping[str, str]) -> str:
    errors = problem.get("errors")
    if not isinstance(errors, list):
        return str(problem.get("detail") or problem.get("title") or word("no reason was given"))
    return word("; ").join(f"{_named(str(e['field']), options)}{word(': ')}{e['message']}" for e in errors)


def _named(field: str, options: Mapping[str, str]) -> str:
    """The option that fills the field, or the nearest thing it is a part of."""
    if field.startswith("query."):
        return f"--{field.removeprefix('query.').removesuffix('_id').replace('_', '-')}"
    place = field
    while place not in options and "." in place:
        place = place.rpartition(".")[0]
    return options.get(place, field)
