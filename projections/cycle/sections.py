"""Projections room: what a review's pack has sections of. Each stands where the read model is whose figures it has, in `SECTIONS` of its
module, and is found there. What a frozen pack holds is not changed by it, only what is set beside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Content = Mapping[str, Any]
"""Of a pack."""
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Section:
    """`key` tells its rows apart, `names` are the values that they have. `place`: the lower, the earlier it is shown. `rows` finds them
    in the content of a pack, where they are not under the section's name.
    """

    name: str
    place: int
    key: tuple[str, ...]
    names: tuple[str, ...]
    rows: Callable[[Content], Rows] | None = None

    def of(self, content: Content) -> dict[str, Mapping[str, Any]]:
        """Its rows by their keys; a pack of another release may be without it."""
        rows = self.rows(content) if self.rows is not None else content.get(self.name, ())
        return {" ".join(str(row[part]) for part in self.key if row.get(part)): row for row in rows}
