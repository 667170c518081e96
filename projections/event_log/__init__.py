"""Projections room: the ledger as an event log for process mining — events, the objects they are about, and how those changed."""
