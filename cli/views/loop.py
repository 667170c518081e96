"""cli: the loop for people — a cycle and what it waits for, targets and attainment. Each takes what was read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any
from uuid import UUID

from cli.engine.common import moment
from cli.engine.language import sentence, word
from cli.engine.options import measured, metric_name, percent, who, whose
from cli.engine.tables import facts, say, table

if TYPE_CHECKING:
    from projections.cycle.board import CycleSeen, Owed, Said
    from projections.target.attainment import Attainment
    from projections.target.tree import Branch, Targeted

Names = Mapping[UUID, str]


def title_of(about: Any, names: Names) -> str:
    """Of a cycle, a pack, a target: whose, and when."""
    return f"{whose(about.scope, names)}, {about.period.name}"


# --- a cycle ---------------------------------------------------------------------------------------------------------


def show_cycle(cycle: CycleSeen, lines: Sequence[Attainment], names: Names, to: tzinfo | None) -> None:
    """Where it stands, what it waits for, of whom, until when; then its targets as they stand."""
    period = cycle.period
    rows = [
        ("cycle", cycle.cycle_id),
        ("phase", _phase(cycle, to)),
        ("waits for", "\n".join(waits(cycle, names, to))),
        ("period", sentence("{start} to {end}", start=period.start, end=period.end)),
        ("owner", who(cycle.owner_id, names)),
        (
            "manager",
            sentence(
                "{who}, above: {above}", who=who(cycle.manager_id, names), above=who(cycle.above_id, names)
            ),
        ),
        ("check-ins", _check_ins(cycle, to)),
        ("behind", _behind(cycle)),
        ("review", _review(cycle, to)),
        ("feedback", _feedback(cycle)),
        ("next target", _next(cycle)),
        ("policy", f"{cycle.policy} {cycle.policy_version}"),
    ]
    facts(title_of(cycle, names), rows)
    if lines:
        show_attainment(lines, names, word("today, also what no check-in has told yet"))


def _behind(cycle: CycleSeen) -> str:
    """As the board has it: what was told at the last check-in."""
    if cycle.last_on is None:
        return ""
    found = [metric_name(line.metric) for line in cycle.lines if line.target_id in cycle.behind]
    named = ", ".join(found) or word("nothing")
    return sentence("{names}, on {day} as told at the last check-in", names=named, day=cycle.last_on)


def waits(cycle: CycleSeen, names: Names, to: tzinfo | None, now: datetime | None = None) -> list[str]:
    """A line for each thing that is owed, the most urgent first; or for what happens by itself."""
    if cycle.waits:
        return [_owed(owed, names, to, now or datetime.now(UTC)) for owed in cycle.waits]
    if cycle.waits_until is not None:
        return [sentence("nobody: it goes on by itself at {at}", at=moment(cycle.waits_until, to))]
    return [word("to be resumed")] if cycle.paused_at else []


def _owed(owed: Owed, names: Names, to: tzinfo | None, now: datetime) -> str:
    steps = (("overdue", owed.due_at < now), ("reminded", owed.reminded), ("escalated", owed.escalated))
    passed = [word(step) for step, is_so in steps if is_so]
    notes = f" ({', '.join(passed)})" if passed else ""
    owes = sentence(
        "{step}, of {who}, until {at}",
        step=word(owed.step),
        who=who(owed.of, names),
        at=moment(owed.due_at, to),
    )
    return owes + notes


def _phase(cycle: CycleSeen, to: tzinfo | None) -> str:
    if cycle.paused_at:
        return sentence("{phase}, paused since {at}", phase=word(cycle.phase), at=moment(cycle.paused_at, to))
    return word(cycle.phase)


def _check_ins(cycle: CycleSeen, to: tzinfo | None) -> str:
    template = "{count} ({cadence}), next at {at}" if cycle.next_check_in_at else "{count} ({cadence})"
    at = moment(cycle.next_check_in_at, to)
    return sentence(template, count=cycle.check_ins, cadence=word(cycle.cadence), at=at)


def _review(cycle: CycleSeen, to: tzinfo | None) -> str:
    if cycle.review is None:
        return sentence("opens at {at}", at=moment(cycle.schedule.review_at, to))
    points = _many(len(cycle.review.agenda), "point")
    return sentence(
        "opened at {at}, {points} on the agenda", at=moment(cycle.review.opened_at, to), points=points
    )


def _feedback(cycle: CycleSeen) -> str:
    if not any(said.kind == "cycle.feedback-given" for said in cycle.said):
        return ""
    acknowledged = word("acknowledged" if cycle.acknowledged else "not acknowledged")
    appeals = f", {_many(cycle.appeals, 'appeal')}" if cycle.appeals else ""
    return f"{_many(len(cycle.action_items), 'action item')}, {acknowledged}{appeals}"


def _many(count: int, thing: str) -> str:
    return word(f"1 {thing}") if count == 1 else sentence(f"{{n}} {thing}s", n=count)


def _next(cycle: CycleSeen) -> str:
    return "\n".join(
        f"{metric_name(one.metric)} {measured(one.number, one.metric, one.currency)}"
        for one in cycle.proposal
    )


def show_board(cycles: Sequence[CycleSeen], names: Names, to: tzinfo | None) -> None:
    rows = [
        (
            title_of(one, names),
            one.phase,
            one.waits_for or ("paused" if one.paused_at else "the clock" if one.waits_until else ""),
            who(one.waits_of, names) if one.waits_for else "",
            moment(one.waits_until, to),
            one.furthest_behind or "",
            one.cycle_id,
        )
        for one in cycles
    ]
    table(
        ("cycle", "phase", "waits for", "of", "until", "behind", "id"),
        rows,
        whole=("cycle", "until", "id"),
        spare=("id", "of"),
    )


def show_said(cycle: CycleSeen, names: Names, to: tzinfo | None) -> None:
    rows = [
        (moment(one.at, to), _kind(one), who(one.by, names), one.text, one.subject_id) for one in cycle.said
    ]
    table(("when", "what", "who", "said", "about"), rows, whole=("when", "what", "about"), spare=("about",))


def _kind(said: Said) -> str:
    """What it was, and of an appeal how it ended."""
    kind = said.kind.partition(".")[2]
    if said.upheld is None:
        return word(kind)
    return sentence("{kind}: upheld" if said.upheld else "{kind}: turned down", kind=word(kind))


def show_proposal(cycle: CycleSeen, names: Names, lang: str = "en") -> None:
    """Each number that was proposed for the next period, and the argument that led to it."""
    from domain.target.proposal_sentences import argued

    for one in cycle.proposal:
        number = measured(one.number, one.metric, one.currency)
        period = cycle.next_proposed.period.name if cycle.next_proposed else ""
        language: Any = lang
        steps = argued(one.reasons, one.metric, one.currency, language)
        title = f"{whose(cycle.scope, names)}, {period}: {metric_name(one.metric, lang)} {number}"
        table(("", "why"), list(enumerate(steps, 1)), title=title, right=("",))
    if not cycle.proposal:
        say(word("nothing is proposed for the next period yet"))


# --- targets ---------------------------------------------------------------------------------------------------------


def show_attainment(lines: Iterable[Attainment], names: Names, title: str = "") -> None:
    """Days of one target have it in the title, so that its figures have the width."""
    lines = list(lines)
    about = {(metric_name(one.metric), whose(one.scope, names), one.period.name) for one in lines}
    columns = ("day", "target", "actual", "attained", "expected", "pace")
    right, whole = ("target", "actual", "attained", "expected"), ("metric", "period", "day")
    if len(lines) > 1 and len(about) == 1:
        title = title or ", ".join(*about)
        table(
            columns,
            map(_attained, lines),
            title=title,
            right=right,
            whole=whole,
            spare=("expected", "target"),
        )
        return
    rows = [
        (metric_name(one.metric), whose(one.scope, names), one.period.name, *_attained(one)) for one in lines
    ]
    table(
        ("metric", "whose", "period", *columns),
        rows,
        title=title,
        right=right,
        whole=whole,
        spare=("day", "expected", "target"),
    )


def _attained(one: Attainment) -> tuple[Any, ...]:
    return (
        one.day,
        measured(one.number, one.metric, one.currency),
        measured(one.actual, one.metric, one.currency),
        percent(one.attained),
        measured(one.expected, one.metric, one.currency),
        f"{word(one.status)}{f' ({one.step})' if one.step else ''}",
    )


def show_targets(targets: Iterable[Targeted], names: Names) -> None:
    rows = [
        (
            metric_name(one.metric),
            whose(one.scope, names),
            one.period.name,
            measured(one.number, one.metric, one.currency),
            one.status,
            who(one.owner_id, names),
            one.target_id,
        )
        for one in targets
    ]
    columns = ("metric", "whose", "period", "target", "status", "owner", "id")
    table(columns, rows, right=("target",), whole=("id",), spare=("owner", "status"))


def show_target(target: Targeted, names: Names) -> None:
    number = measured(target.number, target.metric, target.currency)
    rows = [
        ("target", f"{number}, {word(target.status)}"),
        ("owner", who(target.owner_id, names)),
        ("achievable", target.achievable),
        ("relevant", target.relevant),
        ("a part of", target.parent_id),
        (
            "divided",
            sentence("{method}, into {n}", method=word(str(target.method)), n=len(target.shares))
            if target.shares
            else None,
        ),
        ("shares from", target.basis),
    ]
    rows += [
        (
            sentence("from {day}", day=version.from_day),
            sentence(
                "{number} (position {position:,})",
                number=measured(version.number, target.metric, target.currency),
                position=version.position,
            ),
        )
        for version in target.versions
    ]
    title = f"{metric_name(target.metric)}: {title_of(target, names)}"
    facts(title, rows)


def show_tree(branch: Branch, names: Names) -> None:
    """A target and its parts, each generation further in."""
    table(
        ("period", "whose", "target", "status", "id"), list(_twigs(branch, names, 0)), right=("target",),
        title=metric_name(branch.target.metric), whole=("period", "id"), spare=("status", "id"),
    )  # fmt: skip


def _twigs(branch: Branch, names: Names, depth: int) -> Iterator[tuple[Any, ...]]:
    of = branch.target
    number = measured(of.number, of.metric, of.currency)
    yield f"{'  ' * depth}{of.period.name}", whose(of.scope, names), number, of.status, of.target_id
    for child in branch.children:
        yield from _twigs(child, names, depth + 1)
