"""Runtime room, file import: the kinds of files, one declaration each. `listed.py` has them in the order in which they are imported."""
