"""api: what people do with follow-up policies and sales processes: each is published whole."""

from __future__ import annotations

from api.engine.acts import Act
from api.engine.roles import ADMIN
from domain.policy.policies import PublishPolicy
from domain.policy.process import PublishProcess

ACTS = (
    Act(PublishPolicy, "/policies", "Publish a policy's next version", roles=ADMIN, flat=("policy",), hide=("version",),
        by_hand="a calendar is resolved from a country's holidays, off the loop, and durations are read from their short form",
        terminal="policies publish <file=:file", typed="./key-accounts.json --reason 'the new quarter'",
        help="Publish a policy's next version; open deals that follow it are re-armed."),
    Act(PublishProcess, "/processes", "Publish a process's next version", roles=ADMIN, flat=("process",), hide=("version",),
        by_hand="its stages are values of their own, and the version is the ledger's",
        terminal="process publish <file=:file", typed="./process.json"),
)  # fmt: skip
