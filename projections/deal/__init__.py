"""Projections room: the read models of deals — board, history, agenda, funnel."""

MODULES = ("board", "history", "agenda", "funnel")
