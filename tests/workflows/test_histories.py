"""Every workflow that was ever started must go on under today's code: recorded histories are replayed.

`make histories VERSION=v2` records them anew, under another version, when a definition was changed on purpose; the old files stay.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from domain.deadlines import DEADLINES
from runtime.payloads import DATA_CONVERTER
from tests.workflows import recording
from tests.workflows.world import World
from workflows.deal.messages import FollowUp, FollowUpEnded
from workflows.worker_setup import WEBHOOK_WORKFLOWS, WORKFLOWS, sandbox

pytestmark = pytest.mark.replay
ALL = (*WORKFLOWS, *WEBHOOK_WORKFLOWS)
RECORD_AS = os.environ.get("RECORD_HISTORIES")


def replayer(*workflows: type) -> Replayer:
    return Replayer(workflows=workflows, workflow_runner=sandbox(), data_converter=DATA_CONVERTER)


def type_of(file: Path) -> str:
    events = json.loads(file.read_text(encoding="utf-8"))["events"]
    return str(events[0]["workflowExecutionStartedEventAttributes"]["workflowType"]["name"])


def definition_of(name: str) -> type:
    """That of deadlines goes under many names, so it has none itself."""
    named = {workflow._Definition.must_from_class(kind).name: kind for kind in ALL}
    return named[None if name in DEADLINES else name]


@pytest.mark.parametrize("file", recording.saved(), ids=lambda file: file.stem)
async def test_a_recorded_history_goes_on_under_todays_code(file: Path) -> None:
    """With the one definition of its type: a replayer tries every one that it is given, each in a sandbox of its own."""
    await replayer(definition_of(type_of(file))).replay_workflow(recording.read(file))


def test_every_workflow_has_a_recorded_history() -> None:
    """Those of deadlines have the one definition under many names."""
    known = {workflow._Definition.must_from_class(kind).name for kind in ALL} - {None}
    assert {type_of(file) for file in recording.saved()} == known | DEADLINES.keys()


def test_recorded_histories_tell_nothing_of_where_they_were_made() -> None:
    for file in recording.saved():
        text = file.read_text(encoding="utf-8")
        assert "@" not in text, file.name
        for name in ("identity", "stackTrace"):
            assert set(_values(json.loads(text), name)) <= {recording.NOBODY}, file.name


def _values(value: object, wanted: str) -> list[object]:
    if isinstance(value, list):
        return [found for held in value for found in _values(held, wanted)]
    if not isinstance(value, dict):
        return []
    here = [value[wanted]] if wanted in value else []
    return here + [found for held in value.values() for found in _values(held, wanted)]


@workflow.defn(name="follow-up", sandboxed=False)
class Forgetful:
    """A follow-up that no longer looks and no longer waits."""

    @workflow.run
    async def run(self, given: FollowUp) -> FollowUpEnded:
        return FollowUpEnded(given.deal_id, 0)


async def test_a_definition_changed_by_accident_is_noticed() -> None:
    file = next(file for file in recording.saved() if file.stem.startswith("follow-up-whole-life"))
    with pytest.raises(NondeterminismError):
        await replayer(Forgetful).replay_workflow(recording.read(file))


def test_a_history_that_is_kept_is_not_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "DIRECTORY", tmp_path / "histories")
    for name, history in (("one", "first"), ("one", "second"), ("another", "second")):
        recording.save(name, "v1", history)
    assert [file.read_text() for file in recording.saved()] == ["second", "first"]


async def test_every_scenario_can_be_replayed_as_soon_as_it_has_happened(virtual: World) -> None:
    """And is kept, where asked for."""
    async for name, handle in recording.scenarios(virtual):
        history = await recording.cleaned(handle)
        await replayer(*ALL).replay_workflow(recording.load(history))
        if RECORD_AS:
            recording.save(name, RECORD_AS, history)
