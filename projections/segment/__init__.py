"""Projections room: segments — what their rules are asked of, who is in since when, and what a rule would change."""

MODULES = ("traits", "published", "members")
