"""What a read model is told of does not hang on what else was imported: a query imports its own facts and no more."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict

import domain.registry  # noqa: F401 - every fact is known
from domain.engine.facts import FACTS
from projections.engine.catalog import ALL

ALONE = """
import json, os, sys
for module, name in json.loads(sys.argv[1]):
    if os.fork() == 0:
        model = getattr(__import__(f"{module}", fromlist=["_"]), name)
        print(json.dumps([name, sorted(model.topics), "domain.registry" in sys.modules]), flush=True)
        os._exit(0)
    os.wait()
"""


def test_a_read_model_alone_knows_all_of_its_topics() -> None:
    models = [(model.__module__, model.__name__) for model in ALL]
    arguments = [sys.executable, "-c", ALONE, json.dumps(models)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    told = {
        name: (topics, everything) for name, topics, everything in map(json.loads, done.stdout.splitlines())
    }
    assert {name: topics for name, (topics, _) in told.items()} == {m.__name__: sorted(m.topics) for m in ALL}
    assert not any(everything for _, everything in told.values()), (
        "half of what a read costs is importing that"
    )


def test_the_facts_of_one_kind_of_stream_are_of_one_module() -> None:
    """So who imports one of them knows all."""
    modules = defaultdict(set)
    for topic, fact in FACTS.items():
        modules[topic.partition(".")[0]].add(fact.__module__)
    assert {kind: found for kind, found in modules.items() if len(found) > 1} == {}
