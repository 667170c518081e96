"""Workflows room: the dispatcher that starts and signals workflows, the one deadline workflow, and beside this engine a folder for
deals, people, policies and the sweep.

Definitions know the domain's values and Temporal, nothing else; SQL and the command handler come in through activities.
"""
