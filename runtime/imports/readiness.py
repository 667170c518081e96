"""Runtime room, file import: whether what the mapping leads to exists, asked once before anything is imported."""

from __future__ import annotations

from domain.custom_field.declaration import FieldSet, FieldSets, field_stream
from domain.policy.closed import LOST, WON
from domain.policy.policies import Policies, policy_stream
from domain.policy.process import Processes, process_stream
from runtime.imports.custom_fields import RECORDS, unknown
from runtime.imports.kinds.listed import KINDS
from runtime.imports.mapping import Mapping
from runtime.imports.results import ImportProblem
from runtime.imports.suggest import did_you_mean
from runtime.ledger import Ledger


async def check_ready(ledger: Ledger, mapping: Mapping) -> dict[str, FieldSet]:
    """By kind of file the custom fields that are declared. Raises ImportProblem: the policy, the process, one of its stages or a custom
    field does not exist here.
    """
    policy, process = policy_stream(mapping.policy), process_stream(mapping.process)
    held = await ledger.load({policy: Policies, process: Processes})
    declared = await declared_here(ledger)
    policies, processes = held[policy], held[process]
    problems = []
    if isinstance(policies, Policies) and not policies.versions:
        problems.append(f"policy: no follow-up policy {mapping.policy!r} is published here")
    if isinstance(processes, Processes) and not processes.versions:
        problems.append(f"process: no process {mapping.process!r} is published here")
    elif isinstance(processes, Processes):
        problems.extend(_stages(mapping, processes.current.open_stages))
    problems.extend(unknown(mapping, declared))
    if problems:
        raise ImportProblem(*problems)
    return declared


async def declared_here(ledger: Ledger) -> dict[str, FieldSet]:
    """By kind of file the custom fields of its records, as they are declared now."""
    ids = {kind: field_stream(record) for kind, record in RECORDS.items()}
    held = await ledger.load(dict.fromkeys(ids.values(), FieldSets))
    found = {}
    for kind, record in RECORDS.items():
        sets = held[ids[kind]]
        versions = sets.versions if isinstance(sets, FieldSets) else ()
        found[kind] = versions[-1] if versions else FieldSet(name=record, version=0)
    return found


def _stages(mapping: Mapping, open_stages: tuple[str, ...]) -> list[str]:
    reachable = (*open_stages, WON, LOST)
    used = [used for kind in mapping.sheets for used in KINDS[kind].stages(mapping)]
    return [
        f"stages: {word} leads to {stage!r}; the process has {', '.join(reachable)}{did_you_mean(stage, reachable)}"
        for word, stage in used
        if stage not in reachable
    ]
