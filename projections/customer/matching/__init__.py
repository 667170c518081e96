"""Projections room: how alike two customers are, and the keys under which like ones are found. Pure; no file but the table of words, no database."""
