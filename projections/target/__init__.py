"""Projections room: the target tree, attainment, and how a target is divided."""

MODULES = ("tree",)
