"""No two files of the product need each other, also not for a type or inside a function."""

from __future__ import annotations

from graphlib import TopologicalSorter

import grimp

ROOMS = ("domain", "runtime", "projections", "workflows", "api", "cli")


def test_files_can_be_read_one_after_the_other() -> None:
    """Raises CycleError, which names the files of a circle."""
    graph = grimp.build_graph(*ROOMS, cache_dir=None)
    imported = {file: graph.find_modules_directly_imported_by(file) for file in graph.modules}
    assert len([*TopologicalSorter(imported).static_order()]) == len(graph.modules) > 400
