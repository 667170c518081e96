-- The ledger, an append-only, gapless, totally ordered log of facts, and the application's tables, as release 0cd94be made them. That
-- one kept no version: on a database it made this changes nothing.

CREATE TABLE IF NOT EXISTS ledger.events (
    position       bigint      PRIMARY KEY,
    stream_id      uuid        NOT NULL,
    version        integer     NOT NULL CHECK (version > 0),
    topic          text        NOT NULL,
    schema_version smallint    NOT NULL,
    data           json        NOT NULL,
    meta           json        NOT NULL,
    event_id       uuid        NOT NULL,
    occurred_at    timestamptz NOT NULL,
    recorded_at    timestamptz NOT NULL,
    UNIQUE (stream_id, version)
);
ALTER TABLE ledger.events OWNER TO salesloop_owner;

-- What is recorded seldom and asked for by its topic: who is there, and which processes were published. Other facts cost
-- this index nothing.
CREATE INDEX IF NOT EXISTS events_seldom ON ledger.events (topic, position) WHERE topic IN
    ('process.published', 'rep.hired', 'rep.left', 'rep.moved', 'team.archived', 'team.formed');

CREATE TABLE IF NOT EXISTS ledger.receipts (
    key            text    PRIMARY KEY CHECK (length(key) BETWEEN 1 AND 400),
    fingerprint    text    NOT NULL,
    answer         json    NOT NULL,
    recorded       integer NOT NULL,
    stream_version integer NOT NULL,
    position       bigint  NOT NULL
);
ALTER TABLE ledger.receipts OWNER TO salesloop_owner;

CREATE OR REPLACE FUNCTION ledger.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only: % on %.% is refused', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege', HINT = 'Record a correcting fact instead.';
END $$;

CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.events
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();
CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger.receipts
    FOR EACH STATEMENT EXECUTE FUNCTION ledger.refuse_change();

REVOKE ALL ON ledger.events, ledger.receipts FROM PUBLIC, salesloop_app;
GRANT SELECT ON ledger.events, ledger.receipts TO salesloop_app;

-- One secret per installation: ids made from names and references of imported files are keyed with
-- it, so that nobody can find a person by hashing a name.
CREATE TABLE IF NOT EXISTS app.installation (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    secret   text NOT NULL DEFAULT replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')
);
ALTER TABLE app.installation OWNER TO salesloop_app;
INSERT INTO app.installation DEFAULT VALUES ON CONFLICT DO NOTHING;

-- Remembered states of long streams, to read them faster (docs/adr/0014-snapshots.md). Not facts: every
-- row may be dropped at any time. One made by code of another shape is not read.
CREATE TABLE IF NOT EXISTS app.snapshots (
    stream_id uuid    PRIMARY KEY,
    version   integer NOT NULL CHECK (version > 0),
    shape     text    NOT NULL,
    state     text    NOT NULL
);
ALTER TABLE app.snapshots OWNER TO salesloop_app;
ALTER TABLE app.snapshots ALTER COLUMN state SET STORAGE EXTERNAL;

-- What the application owns.
SET LOCAL ROLE salesloop_app;

CREATE TABLE IF NOT EXISTS app.api_keys (
    id          text        PRIMARY KEY CHECK (id ~ '^[a-z0-9]{16}$'),
    secret_hash bytea       NOT NULL CHECK (length(secret_hash) = 32),
    user_id     text        NOT NULL CHECK (length(user_id) BETWEEN 1 AND 64),
    role        text        NOT NULL CHECK (role IN ('rep', 'manager', 'auditor', 'admin')),
    rep_id      uuid,
    team_id     uuid,
    label       text        NOT NULL DEFAULT '',
    created_at  timestamptz NOT NULL DEFAULT now(),
    created_by  text        NOT NULL,
    revoked_at  timestamptz,
    expires_at  timestamptz,
    CHECK (role <> 'rep' OR rep_id IS NOT NULL),
    CHECK (role <> 'manager' OR team_id IS NOT NULL)
);

CREATE TABLE IF NOT EXISTS app.import_jobs (
    id             uuid        PRIMARY KEY,
    source         text        NOT NULL,
    mapping        text        NOT NULL,
    file_digest    text        NOT NULL,
    mapping_digest text        NOT NULL,
    dry_run        boolean     NOT NULL,
    actor          text        NOT NULL,
    state          text        NOT NULL CHECK (state IN ('running', 'done', 'failed', 'interrupted')),
    runs           integer     NOT NULL DEFAULT 1,
    rows_total     bigint      NOT NULL DEFAULT 0,
    rows_done      bigint      NOT NULL DEFAULT 0,
    accepted       bigint      NOT NULL DEFAULT 0,
    unchanged      bigint      NOT NULL DEFAULT 0,
    refused        bigint      NOT NULL DEFAULT 0,
    events         bigint      NOT NULL DEFAULT 0,
    result         json,
    started_at     timestamptz NOT NULL DEFAULT now(),
    updated_at     timestamptz NOT NULL DEFAULT now(),
    finished_at    timestamptz
);

CREATE INDEX IF NOT EXISTS import_jobs_by_content
    ON app.import_jobs (file_digest, mapping_digest, started_at DESC);

CREATE TABLE IF NOT EXISTS app.import_rows (
    id       uuid        PRIMARY KEY,
    digest   text        NOT NULL,
    noted_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS app.follower_positions (
    name       text        PRIMARY KEY,
    position   bigint      NOT NULL DEFAULT 0 CHECK (position >= 0),
    error      text,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE IF NOT EXISTS app.sweeps (
    at              timestamptz PRIMARY KEY,
    open_deals      bigint NOT NULL,
    timers          bigint NOT NULL,
    on_the_way      bigint NOT NULL,
    without_promise bigint NOT NULL,
    without_timer   bigint NOT NULL,
    left_over       bigint NOT NULL,
    ownerless       bigint NOT NULL
);

ALTER TABLE app.sweeps ADD COLUMN IF NOT EXISTS loops bigint NOT NULL DEFAULT 0,
                       ADD COLUMN IF NOT EXISTS without_clock bigint NOT NULL DEFAULT 0;

RESET ROLE;
