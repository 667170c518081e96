"""Projections room: what the workflows ask of the read models, in the shapes of their ports."""
