"""api: the rows of a form — as many as were typed, one more or one less as its buttons ask, and of them those that say something.

What is typed has flat names, `measures.1.curve.0.at`; the numbers count the rows of a list in their order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from api.pages.engine.control import ANY, Control, within
from api.pages.engine.forms import KEY, VALUE
from domain.time.duration import Duration

ROW = "row"
"""The name of the buttons. `+measures` is one more at the end, `-measures.1` takes that one away."""
MOST = 1_000
"""Of what has no limit of its own."""
DEEPEST = 20
"""Parts of a name; none of ours has so many, and whoever sends thousands is not walked after."""
HERE = "."
Node = dict[str, Any]
"""What is typed under the parts of its names; what was typed at one itself is under `HERE`."""
Typed = Mapping[str, str]


def grown(controls: Sequence[Control], typed: Typed, begins: str = "") -> tuple[Control, ...]:
    """With a row for each that was typed; a list that nobody typed into begins with one, and one within a row with none. `begins` is the name
    of the row to go on with.
    """
    return tuple(_grown(control, _node(typed), "", begins) for control in controls)


def _grown(control: Control, node: Node, above: str, begins: str) -> Control:
    here = _at(node, control, above)
    if control.kind == "group":
        inside = tuple(_grown(one, here, control.name, begins) for one in control.inside)
        return replace(control, inside=inside)
    if not control.holds_rows:
        return control
    numbers = _numbers(here)[: control.longest or MOST] or (
        [] if ANY in above or _is_within_row(above) else [0]
    )
    made = []
    for number in numbers:
        name = f"{control.name}.{number}"
        row = _row(control, name)
        if begins == name:
            row = (replace(row[0], begins=True), *row[1:])
        made.append(tuple(_grown(one, here.get(str(number), {}), name, begins) for one in row))
    return replace(control, rows=tuple(made))


def _is_within_row(above: str) -> bool:
    return any(part.isdigit() for part in above.split("."))


def _row(control: Control, name: str) -> tuple[Control, ...]:
    return tuple(_named(one, f"{control.name}.{ANY}", name) for one in control.inside)


def _named(control: Control, old: str, new: str) -> Control:
    inside = tuple(_named(one, old, new) for one in control.inside)
    return replace(control, name=new + control.name.removeprefix(old), inside=inside)


# --- what is typed, as a tree ----------------------------------------------------------------------------------------


def _node(typed: Typed) -> Node:
    top: Node = {}
    for name, value in typed.items():
        here = top
        for part in name.split(".") if name.count(".") < DEEPEST else [name]:
            here = here.setdefault(part, {})
        here[HERE] = value
    return top


def _flat(node: Node, above: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    for part, inner in node.items():
        if part == HERE:
            yield ".".join(above), inner
        else:
            yield from _flat(inner, (*above, part))


def _at(node: Node, control: Control, above: str) -> Node:
    """What was typed into a control, of the node of what it is in."""
    for part in control.name.removeprefix(f"{above}.").split("."):
        node = node.get(part, {})
    return node


def _numbers(node: Node) -> list[int]:
    """Of the rows of a list that were typed, in their order."""
    return sorted(int(part) for part in node if part.isascii() and part.isdigit() and len(part) < 5)


# --- one more, one less ----------------------------------------------------------------------------------------------


def changed(controls: Sequence[Control], typed: Typed) -> tuple[dict[str, str], str] | None:
    """What is typed after a button of the form was pressed that adds or takes away a row, and the row to go on with. None: no such button
    was pressed. What no button of ours says changes nothing.
    """
    kept = dict(typed)
    asked = kept.pop(ROW, "")
    if not asked:
        return None
    top = _node(kept)
    _settle(controls, top, "", all_rows=True)
    name, _, number = asked[1:].rpartition(".") if asked[0] == "-" else (asked[1:], "", "")
    control = _list_of(controls, name)
    if control is None:
        return kept, ""
    rows = top
    for part in name.split("."):
        rows = rows.setdefault(part, {})
    if asked[0] == "-":
        rows.pop(number, None)
        begins = (
            f"{name}.{min(int(number or 0), max(len(_numbers(rows)) - 1, 0))}" if number.isdigit() else ""
        )
    else:
        begins = f"{name}.{len(_numbers(rows))}"
        rows.setdefault(str(len(_numbers(rows))), {HERE: ""})
    _settle(controls, top, "", all_rows=True)
    return dict(_flat(top)), begins


def _list_of(controls: Iterable[Control], name: str) -> Control | None:
    place = ".".join(part for part in name.split(".") if not part.isdigit())
    return next((one for one in within(controls) if one.holds_rows and one.place == place), None)


# --- those that say something ----------------------------------------------------------------------------------------


def settled(controls: Sequence[Control], typed: Typed) -> dict[str, str]:
    """What is typed without the rows that say nothing, and the others counted from 0: a refusal's numbers are then those of the form."""
    top = _node(typed)
    _settle(controls, top, "", all_rows=False)
    return dict(_flat(top))


def _settle(controls: Iterable[Control], node: Node, above: str, *, all_rows: bool) -> None:
    for control in controls:
        here = _at(node, control, above)
        if control.kind == "group":
            _settle(control.inside, here, control.name, all_rows=all_rows)
        elif control.holds_rows:
            rows = [here.pop(str(number)) for number in _numbers(here)]
            for row in rows:
                _settle(control.inside, row, f"{control.name}.{ANY}", all_rows=all_rows)
            kept = [row for row in rows if all_rows or _says(control.inside, row, f"{control.name}.{ANY}")]
            here.update({str(n): row for n, row in enumerate(kept)})


def _says(controls: Iterable[Control], node: Node, above: str) -> bool:
    """More than what stands there from the start; a currency alone is no amount."""
    return any(_one_says(control, _at(node, control, above)) for control in controls)


def _one_says(control: Control, here: Node) -> bool:
    if control.kind == "group":
        return _says(control.inside, here, control.name)
    if control.holds_rows:
        return bool(_numbers(here))
    if control.kind == "yes":
        return (HERE in here) != (control.value is True)
    part = {"money": "amount", "scope": "kind"}.get(control.kind, "shown")
    typed = (here.get(HERE, ""), here.get(part, {}).get(HERE, ""))
    return any(text.strip() not in ("", str(control.value)) for text in typed)


# --- what is there already ------------------------------------------------------------------------------------------


def typed_of(controls: Iterable[Control], value: Mapping[str, Any], above: str = "") -> dict[str, str]:
    """What would have been typed for the JSON of a value, as far as the form asks for it. Times are left out: they stand on somebody's clock."""
    typed: dict[str, str] = {}
    for control in controls:
        found: Any = value
        for part in control.name.removeprefix(above).split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        if found is not None and control.kind != "moment":
            typed |= _typed_of(control, found)
    return typed


def _typed_of(control: Control, found: Any) -> dict[str, str]:
    name = control.name
    if control.kind == "group":
        return typed_of(control.inside, found, f"{name}.")
    if control.holds_rows:
        entries = (
            [{KEY: one, VALUE: then} for one, then in found.items()] if control.kind == "entries" else found
        )
        made: dict[str, str] = {}
        for n, one in enumerate(entries):
            made |= typed_of(_row(control, f"{name}.{n}"), one, f"{name}.{n}.")
        return made
    if isinstance(found, Mapping) and control.kind == "text":  # a length of time, as it is recorded
        return {name: str(Duration(Decimal(found["amount"]), found["unit"]))}
    if isinstance(found, Mapping):
        return {f"{name}.{part}": str(one) for part, one in found.items() if one is not None}
    if control.kind == "yes":
        return {name: "on"} if found else {}
    return {name: "\n".join(map(str, found)) if isinstance(found, list) else str(found)}
