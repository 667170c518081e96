"""Runtime room, file import: exports of other systems, recognised by their headers. One TOML file a vendor; no code of any.

From what a vendor's file declares and what lies in the given files a mapping is made, as somebody would write it by hand
(`docs/import.md`), and a report of what was understood, what is left out and what only people can answer. The import itself knows
no vendors. What stands in a declaration is told in `declared.py`.
"""
