"""Projections room: the read models of deals — board, history, agenda, funnel."""

MODULES = ("board_fold", "history", "agenda", "funnel", "pack_sections")
