"""api: what is told of an import job, in the language of whoever asks. Columns, values and codes stay as they are."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import Request

from api.engine.received import header
from api.imports.jobs import ImportJobs, Order
from runtime.imports.jobs import Job
from runtime.language import EN, Catalogue, catalogue, negotiate


def words_for(request: Request) -> Catalogue:
    return catalogue(negotiate(header(request, "Accept-Language")))


def told_ordered(order: Order, jobs: ImportJobs, words: Catalogue) -> dict[str, Any]:
    """A job that was not begun yet, or could not be."""
    job_id = UUID(order.job_id)
    problems = jobs.problems(job_id)
    return {
        "id": order.job_id,
        "job_id": order.job_id,
        "state": "failed" if problems else "queued",
        "dry_run": order.dry_run,
        "problems": [words.heard(one) for one in problems],
        "rejects": [],
        "undoes": order.undoes or None,
    }


def told_of(job: Job, jobs: ImportJobs, words: Catalogue) -> dict[str, Any]:
    """One whose process was ended waits for the next one to take it up."""
    waits = job.state == "interrupted" and jobs.waits(job.id)
    result = _said(job.result or {}, words)
    return {
        "id": str(job.id),
        "job_id": str(job.id),
        "state": "queued" if waits else job.state,
        "runs": job.runs,
        "mapping": job.mapping,
        "dry_run": job.dry_run,
        "rows_total": job.rows_total,
        "rows_done": job.rows_done,
        "accepted": job.accepted,
        "unchanged": job.unchanged,
        "refused": job.refused,
        "events": job.events,
        "problems": result.get("problems") or [words.heard(one) for one in jobs.problems(job.id)],
        "notices": result.get("notices", []),
        "result": result if job.result is not None else None,
        "rejects": jobs.rejects(job.id),
        "undoes": job.undoes,
        "undone_by": job.undone_by,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
    }


def _said(result: dict[str, Any], words: Catalogue) -> dict[str, Any]:
    """With its sentences in a language; columns, values and codes stay as they are."""
    if words.language == EN:
        return result
    said = dict(result)
    for name in ("notices", "refusals"):
        said[name] = [_heard(one, words) for one in result.get(name, ())]
    said["problems"] = [words.heard(one) for one in result.get("problems", ())]
    return {name: value for name, value in said.items() if name in result}


def _heard(told: dict[str, Any], words: Catalogue) -> dict[str, Any]:
    if "message" in told:
        return {**told, "message": words.heard(told["message"])}
    if "reasons" in told:
        return {**told, "reasons": [_heard(reason, words) for reason in told["reasons"]]}
    return told
