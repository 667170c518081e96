#!/usr/bin/env bash
# Claim: where a table is wider than the screen, a column that must not wrap (no_wrap=True, overflow="fold") loses the end of its cells without any
# mark: 19,452,715.00 EUR is shown as 19,452,715.0 at 40 columns, a number that looks whole.
# Guess: what does not fit and must not wrap is marked (as overflow="ellipsis", the default, does), or the other columns give way.
# Versions: rich 15.0.0, Python 3.11. Seen 2026-11-29.
# Why it matters: an amount or a count on a narrow terminal is read as a tenth or a hundredth of itself. Lay such tables out by hand: a number whole,
# or its column named as missing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check rich==15.0.0
cd "$folder"
"$folder/env/bin/python" - <<'PROGRAM'
import io
import sys

from rich.console import Console
from rich.table import Table

table = Table(box=None, pad_edge=False)
table.add_column("customer", no_wrap=True)
table.add_column("stage", no_wrap=True)
table.add_column("won", justify="right", no_wrap=True, overflow="fold")
table.add_row("Acme Tools International", "negotiation", "19,452,715.00 EUR")
console = Console(width=40, file=io.StringIO())
console.print(table)
shown = console.file.getvalue().splitlines()[1]
print(shown)
sys.exit(0 if shown.endswith("19,452,715.0") else 1)
PROGRAM
