"""Workflows room: one file per workflow, their messages and activities, and the follower that starts and signals them.

Definitions know the domain's values and Temporal, nothing else; SQL and the command handler come in through activities.
"""
