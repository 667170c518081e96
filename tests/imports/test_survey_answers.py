"""tests: answers to surveys in files — history, counted on their own days, and refused row by row."""

from __future__ import annotations

from pathlib import Path

from domain.engine.command_handler import CommandHandler
from domain.engine.context import Actor, Channel, Context
from domain.survey.commands import PublishSurvey
from domain.survey.survey import Counts, QuestionKind, Survey, SurveyQuestion
from runtime.database import Pool
from runtime.ledger import open_ledger
from tests.domain.given_when_then import NOW
from tests.imports.conftest import csv_file, mapping_from, rows_of
from tests.imports.test_run import run

HEADER = "id,survey,account,rep,date,score,content,words"
ANSWERS = mapping_from("""
name = "answers"
source = "old-surveys"
create = ["customers", "reps"]
[survey_answers]
file = "answers.csv"
[survey_answers.columns]
reference = "id"
survey = "survey"
customer = "account"
rep = "rep"
at = "date"
nps = "score"
csat = "content"
text = "words"
""")


async def test_come_once_on_their_own_days_and_open_nothing(pool: Pool, tmp_path: Path) -> None:
    await published(str(pool.conninfo))
    rows = (
        "1,how,Acme,Li,2026-01-05,2,5,late again",
        "2,how,Acme,Li,2026-01-06,11,,",
        "3,none,Acme,Li,2026-01-06,9,,",
        "4,how,,Li,2026-01-06,9,,",
        "5,how,Bolt,Li,2026-01-07,10,,",
    )
    result = await run(pool, csv_file(tmp_path, *rows, header=HEADER, name="answers.csv"), ANSWERS)
    assert (result.accepted, result.refused) == (2, 3)
    given = "SELECT data FROM ledger.events WHERE topic = 'survey-answer.given' ORDER BY position"
    told = [data for (data,) in await rows_of(pool, given)]
    assert [(one["nps"], one["csat"], one["low"], one["came_by"]) for one in told] == [
        (2, 5, True, "imported"),
        (10, None, False, "imported"),
    ]
    assert told[0]["answered_at"].startswith("2026-01-0")
    assert not await rows_of(pool, "SELECT 1 FROM ledger.events WHERE topic = 'action-item.opened'")
    again = await run(pool, csv_file(tmp_path, rows[0], rows[4], header=HEADER, name="answers.csv"), ANSWERS)
    assert again.events == 0


async def published(url: str) -> None:
    recommend = SurveyQuestion(
        key="recommend", kind=QuestionKind.TEN, en="Recommend?", zh="推荐？", counts=Counts.NPS
    )
    content = SurveyQuestion(
        key="content", kind=QuestionKind.FIVE, en="Content?", zh="满意？", counts=Counts.CSAT
    )
    survey = Survey(name="how", en="How?", zh="如何？", questions=(recommend, content))
    async with open_ledger(url, min_size=1, max_size=2) as ledger:
        context = Context(now=NOW, actor=Actor("service", "tests"), channel=Channel.API)
        await CommandHandler(ledger).execute(PublishSurvey(survey=survey), context)
