"""A sales process is data with a version."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from domain.engine.checking import check
from domain.engine.errors import Invalid, NotFound
from domain.policy.closed import CLOSED
from domain.policy.process import (
    DEFAULT_PROCESS,
    Process,
    Processes,
    ProcessPublished,
    PublishProcess,
    Stage,
    process_stream,
)
from tests.domain.given_when_then import given

FIRST, *REST = DEFAULT_PROCESS.stages
QUICK = replace(DEFAULT_PROCESS, name="quick")


def with_first(**changes: object) -> PublishProcess:
    changed = replace(FIRST, **changes)  # type: ignore[arg-type]
    return PublishProcess(process=replace(DEFAULT_PROCESS, stages=(changed, *REST)))


class TestPublishing:
    def test_the_default_is_built_in_as_version_1(self) -> None:
        built_in = given().history.load(Processes, process_stream("default"))
        assert built_in.current == DEFAULT_PROCESS
        check(DEFAULT_PROCESS)

    def test_gives_the_next_version_whatever_number_came_along(self) -> None:
        numbered = PublishProcess(
            process=replace(DEFAULT_PROCESS, version=99, stages=(replace(FIRST, sla_days=3), *REST))
        )
        published = replace(numbered.process, version=2)
        given().when(numbered).then(ProcessPublished(process=published))

    def test_another_process_starts_at_version_1(self) -> None:
        given().when(PublishProcess(process=QUICK)).then(ProcessPublished(process=QUICK))

    def test_the_same_again_is_silence(self) -> None:
        given().when(PublishProcess(process=DEFAULT_PROCESS)).silence()
        scenario = given(with_first(sla_days=3)).when(with_first(sla_days=3)).silence()
        assert scenario.answer == {"process": "default", "version": 2}

    def test_what_was_once_is_published_as_something_new(self) -> None:
        back = given(with_first(sla_days=3)).when(PublishProcess(process=DEFAULT_PROCESS))
        assert back.answer["version"] == 3

    def test_keeps_every_version(self) -> None:
        held = given(with_first(sla_days=3)).history.load(Processes, process_stream("default"))
        assert held.at(1) == DEFAULT_PROCESS
        assert held.at(2).stages[0].sla_days == 3
        with pytest.raises(NotFound):
            held.at(3)

    def test_a_process_that_nobody_published_is_not_found(self) -> None:
        with pytest.raises(NotFound):
            _ = given().history.load(Processes, process_stream("quick")).current


class TestRefused:
    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"name": ""}, ".name"),
            ({"name": "x" * 61}, ".name"),
            ({"probability": Decimal("1.01")}, ".probability"),
            ({"probability": Decimal(-1)}, ".probability"),
            ({"probability": Decimal("NaN")}, ".probability"),
            ({"sla_days": 0}, ".sla_days"),
            ({"leave": ("luck",)}, ""),
            ({"enter": ("luck",)}, ""),
        ],
    )
    def test_a_stage_that_cannot_be(self, changes: dict[str, object], field: str) -> None:
        given().when(with_first(**changes)).refused(Invalid, fields=[f"process.stages[0]{field}"])

    def test_two_stages_of_one_name(self) -> None:
        twice = PublishProcess(process=replace(DEFAULT_PROCESS, stages=(FIRST, FIRST, *REST)))
        given().when(twice).refused(Invalid, fields=["process.stages"])

    def test_a_process_without_an_open_stage(self) -> None:
        closed = tuple(s for s in DEFAULT_PROCESS.stages if s.name in CLOSED)
        given().when(PublishProcess(process=replace(DEFAULT_PROCESS, stages=closed))).refused(
            Invalid, fields=["process.stages"]
        )

    def test_a_process_that_does_not_end_as_every_process_does(self) -> None:
        endless = Process(
            name="x", version=1, stages=tuple(Stage(name=n, probability=Decimal(0)) for n in "abcd")
        )
        given().when(PublishProcess(process=endless)).refused(Invalid, fields=["process.stages"])

    def test_a_process_without_a_name(self) -> None:
        given().when(PublishProcess(process=replace(QUICK, name=" "))).refused(
            Invalid, fields=["process.name"]
        )
