"""A cycle's parts are somebody's, and what somebody says is taken or refused: it is never lost in silence."""

from __future__ import annotations

from dataclasses import replace

from domain.cycle import commands as c
from domain.cycle import facts as f
from domain.cycle.cycle import Cycle, cycle_id
from domain.cycle.policy import Step
from domain.engine.errors import AlreadyExists, Refused
from domain.figures.scope import team
from tests.domain.given_when_then import given, like
from tests.domain.loop.cycles import (
    APPEAL,
    APRIL,
    COMMENT,
    CYCLE,
    FED_BACK,
    HEAD,
    OPEN,
    REVIEW_DAY,
    at,
    timer,
)
from tests.domain.words import LI, MANAGER, NORTH, STAFF, WANG


class TestASecondAppeal:
    def test_that_waits_to_be_decided_is_the_one_there_is(self) -> None:
        """The same again is silence; another reason would be lost, so it is refused."""
        scenario = given(FED_BACK, at(APPEAL, REVIEW_DAY)).when(APPEAL, now=REVIEW_DAY).silence()
        scenario.when(replace(APPEAL, why="and the Beta deal"), now=REVIEW_DAY).refused(Refused)


class TestAComment:
    def test_has_an_id_of_its_own(self) -> None:
        comment = c.CommentOnCycle(cycle_id=CYCLE, comment_id=COMMENT, author_id=LI, text="thanks")
        given(FED_BACK, comment).when(comment).silence()
        given(FED_BACK, comment).when(replace(comment, text="no thanks")).refused(AlreadyExists)


class TestWhoseCycleIsTheManagers:
    """A team's cycle that its manager owns: who is above reviews it; where nobody is, that is said."""

    own = replace(OPEN, scope=team(NORTH), owner_id=MANAGER, metrics=())

    def test_waits_for_who_is_above(self) -> None:
        scenario = given(STAFF).when(self.own)
        cycle = scenario.history.load(Cycle, cycle_id(team(NORTH), APRIL))
        assert [(w.what, w.owner_id) for w in cycle.waiting] == [(Step.PROPOSE, HEAD)]
        assert "warnings" not in scenario.answer

    def test_says_where_nobody_is(self) -> None:
        scenario = given(STAFF).when(replace(self.own, above_id=None))
        assert scenario.answer["waiting"][0]["of"] is None
        assert "nobody is above the owner" in scenario.answer["warnings"][0]

    def test_of_anybody_else_is_the_teams_managers(self) -> None:
        scenario = given(STAFF).when(replace(self.own, owner_id=LI))
        assert scenario.answer["waiting"][0]["of"] == str(MANAGER)

    def test_is_not_reviewed_by_the_owner_where_somebody_is_above(self) -> None:
        """Also where the owner is named as manager."""
        scenario = given(STAFF).when(replace(self.own, manager_id=MANAGER))
        assert scenario.answer["waiting"][0]["of"] == str(HEAD)

    def test_tells_nobody_twice(self) -> None:
        id = cycle_id(team(NORTH), APRIL)
        late = timer(c.EscalateCycle, step=Step.PROPOSE, cycle_id=id)
        given(STAFF, self.own).when(late).then(like(f.CycleEscalated, step=Step.PROPOSE, told=None))

    def test_opened_again_for_other_people_is_refused(self) -> None:
        given(STAFF, self.own).when(self.own).silence()
        given(STAFF, self.own).when(replace(self.own, above_id=WANG)).refused(AlreadyExists)
