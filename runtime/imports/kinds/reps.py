"""Runtime room, file import: reps, a row each, and the teams that they are in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from uuid import UUID

from domain.imports import AsImported
from domain.people.people import FormTeam, HireRep, Rep
from runtime.imports.kinds.kind import Kind, Planning
from runtime.imports.lines import Row
from runtime.imports.mapping import Mapping, needed, told
from runtime.imports.plan import IdOf, Planned, named_row
from runtime.imports.results import Reason
from runtime.imports.rows import Cells, Once, Reasons

REPS, TEAM, MANAGERS = "reps", "team", "Managers"
OF_A_TEAM = ("manager", "region", "team_name")


@dataclass(frozen=True, slots=True)
class Forming:
    """How a team is formed, by the first row that is in it."""

    line: int
    cells: Cells
    commands: tuple[FormTeam | HireRep, ...]

    def told(self) -> tuple[tuple[str, AsImported], ...]:
        """Those that make a place for the manager make it once; the team itself is what the row says of it."""
        assumed = frozenset() if "team_name" in self.cells else frozenset({"name"})
        team = AsImported(said=self.commands[-1], assumed=assumed)
        return (*self.missing(self.commands[:-1]), ("team", team))

    def missing(
        self, commands: tuple[FormTeam | HireRep, ...] | None = None
    ) -> tuple[tuple[str, AsImported], ...]:
        """For the team's other rows: the first one may have been refused, or be known of old."""
        making = self.commands if commands is None else commands
        return tuple(
            ("manager" if isinstance(c, HireRep) else "team", AsImported(said=c, if_missing=True))
            for c in making
        )


class RepPlanner:
    """A row is a rep in a team; the first row of a team forms it. Managers who are nobody's rep in the file are put into a
    team of their own: in the team they lead they would be the ones with the fewest deals, and get those of others.
    """

    def __init__(self, at_hand: Planning) -> None:
        self._sheet, self._id_of, self._listed = at_hand.sheet, at_hand.id_of, at_hand.listed()
        self._forming: dict[str, Forming] = {}
        self._in_region: dict[str, int] = {}
        self._once = Once("key")

    def plan(self, row: Row, cells: Cells) -> Planned:
        reasons, key, team = Reasons(self._sheet, cells), cells["key"], cells["team"]
        self._once.check(row, reasons)
        id, team_id = self._id_of(REPS, key), self._id_of(TEAM, team)
        hire = HireRep(rep_id=id, name=cells.get("name", key), team_id=team_id)
        first = team not in self._forming
        if first:
            self._forming[team] = Forming(row.line, cells, self._form(cells, team_id))
        forming = self._forming[team]
        return replace(
            named_row(row, hire, reasons, ((REPS, key), id)),
            commands=(*forming.commands, hire) if first else (hire,),
            needed=forming.told() if first else forming.missing(),
            notes=() if first else tuple(self._contradictions(forming, cells)),
        )

    def _contradictions(self, forming: Forming, cells: Cells) -> Iterator[Reason]:
        for field in OF_A_TEAM:
            if field in cells and cells[field] != forming.cells.get(field, ""):
                why = f"is another one than in row {forming.line}, which forms the team: passed over"
                yield Reason(self._sheet.header_of(field), "", why)

    def _form(self, cells: Cells, team_id: UUID) -> tuple[FormTeam | HireRep, ...]:
        manager, region = cells.get("manager"), cells.get("region", "")
        manager_id = self._id_of(REPS, manager) if manager else None
        team = FormTeam(team_id=team_id, name=self._name(cells), region=region, manager_id=manager_id)
        if manager is None or manager_id is None or manager in self._listed:
            return (team,)
        leaders = self._id_of(TEAM, MANAGERS)
        hire = HireRep(rep_id=manager_id, name=manager, team_id=leaders)
        return FormTeam(team_id=leaders, name=MANAGERS), hire, team

    def _name(self, cells: Cells) -> str:
        """A team is never named after its manager: a team's name is not kept as a person's is."""
        region = cells.get("region") or "Team"
        self._in_region[region] = self._in_region.get(region, 0) + 1
        if "team_name" in cells:
            return cells["team_name"]
        return (
            cells["team"] if cells["team"] != cells.get("manager") else f"{region} {self._in_region[region]}"
        )


def _from_name(id: UUID, name: str, mapping: Mapping, id_of: IdOf) -> Iterator[AsImported]:
    team = mapping.events.team
    team_id = id_of(TEAM, team)
    yield AsImported(said=FormTeam(team_id=team_id, name=team), if_missing=True)
    yield AsImported(said=HireRep(rep_id=id, name=name, team_id=team_id), if_missing=True)


KIND = Kind(
    name=REPS,
    one="rep",
    fields=(*needed("key", "team"), *told("name", "team_name", "region", "manager")),
    planner=RepPlanner,
    aggregate=Rep,
    from_name=_from_name,
    in_order=True,
)
