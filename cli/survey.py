"""cli: surveys. What can be done, and how they are shown, is in `api/survey/acts.py`."""

from __future__ import annotations

from cli.engine.derive import group

app = group(
    "survey", "Surveys: publish, invite, answer; answers, invitations, published.", acts="api.survey.acts"
)
