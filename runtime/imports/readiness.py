"""Runtime room, file import: whether what the mapping leads to exists, asked once before anything is imported."""

from __future__ import annotations

from domain.policy.closed import LOST, WON
from domain.policy.policies import Policies, policy_stream
from domain.policy.process import Processes, process_stream
from runtime.imports.kinds.listed import KINDS
from runtime.imports.mapping import Mapping
from runtime.imports.results import ImportProblem
from runtime.imports.suggest import did_you_mean
from runtime.ledger import Ledger


async def check_ready(ledger: Ledger, mapping: Mapping) -> None:
    """Raises ImportProblem: the policy, the process or one of its stages does not exist here."""
    policy, process = policy_stream(mapping.policy), process_stream(mapping.process)
    held = await ledger.load({policy: Policies, process: Processes})
    policies, processes = held[policy], held[process]
    problems = []
    if isinstance(policies, Policies) and not policies.versions:
        problems.append(f"policy: no follow-up policy {mapping.policy!r} is published here")
    if isinstance(processes, Processes) and not processes.versions:
        problems.append(f"process: no process {mapping.process!r} is published here")
    elif isinstance(processes, Processes):
        problems.extend(_stages(mapping, processes.current.open_stages))
    if problems:
        raise ImportProblem(*problems)


def _stages(mapping: Mapping, open_stages: tuple[str, ...]) -> list[str]:
    reachable = (*open_stages, WON, LOST)
    used = [used for kind in mapping.sheets for used in KINDS[kind].stages(mapping)]
    return [
        f"stages: {word} leads to {stage!r}; the process has {', '.join(reachable)}{did_you_mean(stage, reachable)}"
        for word, stage in used
        if stage not in reachable
    ]
