"""cli: service cases. What can be done, and how they are shown, is in `api/case.py`."""

from __future__ import annotations

from cli.engine.derive import group

app = group(
    "case", "Service cases: list, show, open, answer, wait, solve, reopen, feedback.", acts="api.case"
)
