"""Projections room: the cycle board, review packs, and the company's cycle policy over time."""

MODULES = ("board",)
