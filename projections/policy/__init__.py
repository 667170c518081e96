"""Projections room: the published versions of processes and policies."""

MODULES = ("rules",)
