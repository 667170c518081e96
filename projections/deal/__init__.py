"""Projections room: the read models of deals — board, history, agenda, funnel."""
