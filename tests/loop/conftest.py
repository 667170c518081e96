"""tests: an office with its read models, for the loop."""

from __future__ import annotations

from tests.projections.conftest import books

__all__ = ["books"]
