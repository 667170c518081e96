"""Projections room: the contributions that every figure is a sum of, and the figures."""

MODULES = ("contributions",)
