"""Domain room: who may give which command: what it is about, whom and what it names, what it makes. Asked on the same
state that the decision is made on.
"""

from __future__ import annotations

from domain.engine.aggregate import KINDS, Aggregate, kind_of
from domain.engine.command import Call
from domain.engine.context import Reach
from domain.engine.errors import Conflict, Forbidden, NotFound
from domain.engine.references import PERSON, Named
from domain.engine.unit_of_work import StandFor, UnitOfWork


def admit(call: Call, work: UnitOfWork) -> None:
    """Refuse before anything is decided: a stream out of the actor's reach, a version that is not
    the one the caller saw.
    """
    chief, context = call.chief, call.context
    if chief is None or (context.expected_version is None and context.reach is None):
        return
    work.want(chief)
    held = work.base(*chief)
    assert held is not None
    if held.exists and context.reach is not None and not call.command.concerns(held):
        _check_reach(held, context.reach)
    if context.expected_version not in (None, held.version):
        raise Conflict(
            f"you saw version {context.expected_version}, it is at {held.version} now: read it again and retry",
            expected=context.expected_version,
            actual=held.version,
        )


def refer_on(call: Call, work: UnitOfWork) -> None:
    """Raises StandFor where what the command is about, or names, was merged into another: then it is about that. What it names must
    stand as it was found when its facts are recorded.
    """
    for stream in call.through:
        work.hold(*stream)
    if len(call.mergeable) > 1:
        work.want(*call.mergeable)
    held = [work.hold(*stream) for stream in call.mergeable]
    ids = {one.id: one.stands_for for one in held if one.stands_for is not None}
    if ids:
        raise StandFor(ids)


def check_named(call: Call, work: UnitOfWork) -> None:
    """Refuse a command that names what is not there, is something else, or is not the actor's to name."""
    own = call.context.reach.rep_id if call.context.reach is not None else None
    named = [one for one in call.named if one.id != own] if call.named else ()
    if len(named) > 1:  # else it is asked for where it is looked at
        work.want(*[(kind_of(one.refers), one.id) for one in named])
    for one in named:
        if one.refers.kind == PERSON:
            _check_person(one, call, work)
        else:
            _check_thing(one, call, work)


def _check_thing(named: Named, call: Call, work: UnitOfWork) -> None:
    kind, reach = kind_of(named.refers), call.context.reach
    held = work.known(kind, named.id)
    if not isinstance(held, kind) or not held.exists:
        raise _nothing(named)
    if reach is None or named.refers.whose == "anybody" or _stands(named, call, work):
        return
    if not held.within(reach):
        raise _nothing(named) if named.refers.whose == "seen" else _others(named)
    if named.refers.whose == "own" and reach.rep_id is not None:
        raise Forbidden("you say this for yourself only", field=named.field)


def _check_person(named: Named, call: Call, work: UnitOfWork) -> None:
    """Persons who are no reps stand in the ledger as managers only. Who sees all may name others, such as the
    company's head; who sees one team may name its manager, and who has a part already.
    """
    kind, reach = kind_of(named.refers), call.context.reach
    held = work.known(kind, named.id)
    if isinstance(held, kind) and held.exists:
        return
    if held.version > 0:
        raise _nothing(named)
    if reach is None or reach.team_id is None or _stands(named, call, work):
        return
    if named.id not in work.find(KINDS["team"], reach.team_id).parts():
        raise _nothing(named)


def _stands(named: Named, call: Call, work: UnitOfWork) -> bool:
    held = work.base(*call.chief) if call.chief is not None else None
    return held is not None and (named.id in held.parts() or call.command.stands(named, held))


def check_made(call: Call, work: UnitOfWork) -> None:
    """What did not exist before must be within the actor's reach as it was made."""
    chief, reach = call.chief, call.context.reach
    made = work.made(chief[1]) if chief is not None and reach is not None else None
    if made is not None and reach is not None and not made.makeable(reach):
        raise Forbidden(f"you may not make a {made.KIND} that belongs to others", kind=made.KIND)


def _nothing(named: Named) -> NotFound:
    kind, id = named.refers.kind, str(named.id)
    return NotFound(f"{named.field}: no {kind} has the id {id}", kind=kind, id=id, field=named.field)


def _others(named: Named) -> Forbidden:
    kind = named.refers.kind
    return Forbidden(f"{named.field}: this {kind} is another team's", kind=kind, field=named.field)


def _check_reach(aggregate: Aggregate, reach: Reach) -> None:
    """What belongs to another team is not there; what belongs to a colleague may not be changed."""
    kind, id = aggregate.KIND, aggregate.id
    if aggregate.changeable(reach):
        return
    if aggregate.within(reach):
        raise Forbidden(f"this {kind} belongs to somebody else", kind=kind, id=str(id))
    raise NotFound(f"no {kind} has the id {id}", kind=kind, id=str(id))
