"""Projections room: the lifecycle of customers, computed from their purchases for any day and as known at any position."""

MODULES = ("policies",)
