"""cli: `salesloop rehearse` — what a draft follow-up rule would have done with the history that is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.engine.backend import operators_only
from cli.engine.common import Json, Zone, as_json, example, ledger, moment, run, zone
from cli.engine.failure import fail
from cli.engine.language import sentence, word
from cli.engine.tables import say, table

if TYPE_CHECKING:
    from domain.policy.follow_up import FollowUpPolicy
    from domain.policy.rehearsal import Rehearsed
    from domain.time.duration import Duration
    from runtime.imports.rehearse import Rehearsal
    from runtime.ledger import Ledger

MOST_TOUCHES = 10
COUNTS = ("made", "kept", "late", "excused", "live", "overdue")
PolicyOption = Annotated[
    str, typer.Option("--policy", metavar="NAME", help="The published policy to start from.")
]
DraftOption = Annotated[
    Path | None,
    typer.Option(
        "--draft", help="Or a draft's file, as policies publish takes it.", exists=True, dir_okay=False
    ),
]
AfterOption = Annotated[
    list[str] | None,
    typer.Option(
        "--after", metavar="TOUCH=TIME", help="Due so long after a kind of touch, such as call:offer=3d."
    ),
]
DueOption = Annotated[
    str | None,
    typer.Option("--due", metavar="TIME", help="Due so long after anything else, such as 24bh, 3bd or 5d."),
]
AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", help="Where history ends.", show_default="the last recorded activity"),
]
ListLimit = Annotated[int, typer.Option("--limit", min=0, max=100, help="Overdue promises to list.")]


def add_to(app: typer.Typer) -> None:
    app.command(
        epilog=example("salesloop rehearse --after call:offer=3d"),
        help="Play recorded history through a draft follow-up rule, and list what it would have missed. "
        "Records nothing.",
    )(rehearse)


def rehearse(
    *,
    policy: PolicyOption = "default",
    draft: DraftOption = None,
    after: AfterOption = None,
    due: DueOption = None,
    as_of: AsOf = None,
    limit: ListLimit = 10,
    json: Json = False,
    tz: Zone = None,
) -> None:
    operators_only("rehearsing")
    wanted = Draft(policy, draft, tuple(after or ()), due)
    end = as_of.astimezone() if as_of else None
    played, titles = run(_rehearse(wanted, end, limit, quiet=json))
    if json:
        as_json(_as_answer(played, limit))
    else:
        _show(played, titles, tz)


@dataclass(frozen=True)
class Draft:
    """A policy as the options say it: a published one or a file's, with some of its times changed."""

    name: str
    file: Path | None
    after: tuple[str, ...]
    due: str | None

    async def policy(self, opened: Ledger) -> FollowUpPolicy:
        """Raises Invalid for a time that is none."""
        base = await self._base(opened)
        touches = {**base.due_after_by_activity, **dict(map(_touch, self.after))}
        due = _duration(self.due, "--due") if self.due else base.due_after
        return replace(base, due_after=due, due_after_by_activity=touches)

    async def _base(self, opened: Ledger) -> FollowUpPolicy:
        import asyncio

        from cli.policy import draft_of
        from domain.policy.policies import Policies, policy_stream

        if self.file is not None:
            return await asyncio.to_thread(draft_of(self.file.read_bytes()).value)
        held = (await opened.load({policy_stream(self.name): Policies}))[policy_stream(self.name)]
        if not isinstance(held, Policies) or not held.versions:
            fail(f"no policy is called {self.name!r}")
        return held.current


def _touch(text: str) -> tuple[str, Duration]:
    touch, _, time = text.rpartition("=")
    if not touch:
        fail(f"--after takes TOUCH=TIME, such as call:offer=3d, not {text!r}")
    return touch.strip(), _duration(time, "--after")


def _duration(text: str, option: str) -> Duration:
    from domain.time.duration import Duration

    return Duration.parse(text, option)


async def _rehearse(
    wanted: Draft, end: datetime | None, limit: int, *, quiet: bool
) -> tuple[Rehearsal, dict[str, str]]:
    from cli.imports import bars
    from runtime.imports.rehearse import rehearse as play

    async with ledger() as opened:
        policy = await wanted.policy(opened)
        with bars(quiet=quiet) as shown:
            task = shown.add_task(word("recorded history"), total=None, rate=word("events"))
            played = await play(
                opened.pool,
                [policy],
                end,
                lambda done, total: shown.update(task, completed=done, total=total),
            )
        if not played:
            fail("no activity is recorded that would tell where history ends: say it with --as-of")
        return played[0], {} if quiet else await _titles(opened, played[0].examples[:limit])


async def _titles(opened: Ledger, listed: Sequence[Rehearsed]) -> dict[str, str]:
    """The deals' names, of those to list, in their order."""
    from projections.deal import board as deal_board

    ids = list(dict.fromkeys(promise.deal_id for promise in listed))
    titles = await deal_board.titles(opened.pool, ids)
    return {str(id): titles.get(id, str(id)) for id in ids}


def _as_answer(played: Rehearsal, limit: int) -> dict[str, Any]:
    return {
        "policy": played.policy.name,
        "as_of": played.as_of,
        "deals": played.deals,
        "promises": played.promises,
        "overdue": played.overdue,
        "by_rule": played.by_rule,
        "unmatched": played.unmatched,
        "touches": dict(played.touches.most_common()),
        "examples": played.examples[:limit],
    }


def _show(played: Rehearsal, titles: dict[str, str], tz: str | None) -> None:
    to = zone(tz)
    rows = [(rule, *_counts(tally)) for rule, tally in sorted(played.by_rule.items())]
    title = sentence(
        "{deals:,} deals up to {at}: {promises:,} promises, {overdue:,} overdue",
        deals=played.deals,
        at=moment(played.as_of, to),
        promises=played.promises,
        overdue=played.overdue,
    )
    table(("due by", *COUNTS), rows, title=title, right=COUNTS, whole=("due by",))
    listed = [promise for promise in played.examples if str(promise.deal_id) in titles]
    if listed:
        _list_overdue(listed, titles, to)
    for rule in played.unmatched:
        say(sentence("no work matches {rule}: its time was never used", rule=rule))
    if played.unmatched:
        there = ", ".join(
            f"{touch.rstrip(':')} ({n:,})" for touch, n in played.touches.most_common(MOST_TOUCHES)
        )
        say(sentence("the work there is: {work}", work=there or word("none")))
    say(word("rehearsed only: nothing was recorded"))


def _counts(tally: object) -> list[str]:
    return [f"{getattr(tally, name):,}" for name in COUNTS]


def _list_overdue(listed: Sequence[Rehearsed], titles: dict[str, str], to: Any) -> None:
    times = ("promised", "due", "done")
    rows = [
        (titles[str(p.deal_id)], p.rule, moment(p.made_at, to), moment(p.due_at, to), moment(p.ended_at, to))
        for p in listed
    ]
    title = word("some that would have been overdue")
    table(("deal", "due by", *times), rows, title=title, whole=("due by", *times))
