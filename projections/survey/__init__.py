"""Projections room: surveys — what is asked and answered, and what came before a low answer."""

MODULES = ("answers",)
