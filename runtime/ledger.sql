-- The ledger: an append-only, gapless, totally ordered log of facts.
-- Written to be run again and again; it never drops anything.

DO $$ BEGIN
    -- Roles belong to the whole server: two databases may be migrated at the same moment.
    PERFORM pg_advisory_xact_lock(7205002);
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'salesloop_owner') THEN
        CREATE ROLE salesloop_owner NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'salesloop_app') THEN
        CREATE ROLE salesloop_app NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;

GRANT salesloop_owner, salesloop_app TO CURRENT_USER;

CREATE SCHEMA IF NOT EXISTS ledger AUTHORIZATION salesloop_owner;
CREATE SCHEMA IF NOT EXISTS read AUTHORIZATION salesloop_app;
CREATE SCHEMA IF NOT EXISTS app AUTHORIZATION salesloop_owner;
ALTER SCHEMA app OWNER TO salesloop_owner;  -- a schema's owner may drop what others keep in it
REVOKE ALL ON SCHEMA ledger, app FROM PUBLIC;
GRANT USAGE ON SCHEMA ledger TO salesloop_app;
GRANT USAGE, CREATE ON SCHEMA app TO salesloop_app;

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

-- Append many commands' facts in one short transaction. One advisory lock, held to commit, makes
-- the order: no reader can ever see a position before every smaller one. Inside it each command
-- is checked alone: a key seen before or a stale version leaves that one command out and records
-- the others. Commands are numbered from 1: p_meta has one entry for each; k_*, x_* and e_* (keys,
-- expected versions and facts) refer to them by number. Facts come in the order of their commands.
-- Plans are made once for each connection: left to itself the server makes some of them anew for each batch, a quarter of a
-- small one's time. So no plan may read a table from end to end, however small the table was when the plan was made.
-- An earlier release's function may have other columns: it goes, in this same transaction.
DO $$ DECLARE old regprocedure; BEGIN
    FOR old IN SELECT oid::regprocedure FROM pg_proc
                WHERE pronamespace = 'ledger'::regnamespace AND proname IN ('append', 'append_alone') LOOP
        EXECUTE format('DROP FUNCTION %s', old);
    END LOOP;
END $$;
CREATE FUNCTION ledger.append(
    p_meta text[],
    k_cmd int[], k_key text[], k_fingerprint text[], k_answer text[], k_version int[],
    x_cmd int[], x_stream uuid[], x_version int[],
    e_cmd int[], e_id uuid[], e_stream uuid[], e_version int[], e_topic text[], e_schema int[], e_data text[],
    e_occurred timestamptz[]
) RETURNS TABLE (head bigint, seen int[], stale int[])
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
    v_head bigint;
    v_clock timestamptz;
    v_seen int[] := '{}';
    v_stale int[] := '{}';
    v_skip int[];
    v_written bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(7205003);

    SELECT e.position, e.recorded_at INTO v_head, v_clock FROM ledger.events e ORDER BY e.position DESC LIMIT 1;
    v_head := COALESCE(v_head, 0);
    -- The clock never runs backwards along the order, or "as known on" would have two answers.
    v_clock := GREATEST(clock_timestamp(), v_clock);

    IF cardinality(k_cmd) > 0 THEN
        SELECT COALESCE(array_agg(k.cmd), '{}') INTO v_seen
          FROM unnest(k_cmd, k_key) AS k(cmd, key), LATERAL (SELECT FROM ledger.receipts r WHERE r.key = k.key LIMIT 1) AS r;
    END IF;

    SELECT COALESCE(array_agg(DISTINCT x.cmd), '{}') INTO v_stale
      FROM unnest(x_cmd, x_stream, x_version) AS x(cmd, stream, version)
     WHERE x.version <> COALESCE((SELECT e.version FROM ledger.events e WHERE e.stream_id = x.stream
                                   ORDER BY e.version DESC LIMIT 1), 0);
    v_skip := v_seen || v_stale;

    INSERT INTO ledger.events (position, stream_id, version, topic, schema_version, data, meta, event_id,
                               occurred_at, recorded_at)
    SELECT v_head + row_number() OVER (), e.stream, e.version, e.topic, e.schema, e.data::json,
           p_meta[e.cmd]::json, e.id, e.occurred, v_clock
      FROM unnest(e_cmd, e_id, e_stream, e_version, e_topic, e_schema, e_data, e_occurred)
           AS e(cmd, id, stream, version, topic, schema, data, occurred)
     WHERE e.cmd <> ALL (v_skip);
    GET DIAGNOSTICS v_written = ROW_COUNT;

    IF cardinality(k_cmd) > 0 THEN
        INSERT INTO ledger.receipts (key, fingerprint, answer, recorded, stream_version, position)
        SELECT k.key, k.fingerprint, k.answer::json, c.n, k.version, v_head + c.last
          FROM unnest(k_cmd, k_key, k_fingerprint, k_answer, k_version) AS k(cmd, key, fingerprint, answer, version)
          JOIN (SELECT i AS cmd, COALESCE(e.n, 0) AS n, SUM(COALESCE(e.n, 0)) OVER (ORDER BY i) AS last
                  FROM generate_series(1, cardinality(p_meta)) AS i
                  LEFT JOIN (SELECT e.cmd, count(*) AS n FROM unnest(e_cmd) AS e(cmd) GROUP BY e.cmd) e ON e.cmd = i
                 WHERE i <> ALL (v_skip)) c ON c.cmd = k.cmd;
    END IF;

    IF v_written > 0 THEN
        PERFORM pg_notify('ledger', (v_head + v_written)::text);
    END IF;
    RETURN QUERY SELECT v_head, v_seen, v_stale;
END $$;

ALTER FUNCTION ledger.append OWNER TO salesloop_owner;
REVOKE ALL ON FUNCTION ledger.append FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.append TO salesloop_app;

-- The same for a command alone, in half the time: plain arguments, one look at what is recorded and one INSERT each. Gives
-- the head before, or -1 where the key was seen before and -2 where a version is stale; then nothing is recorded.
CREATE FUNCTION ledger.append_alone(
    p_meta json, k_key text, k_fingerprint text, k_answer json, k_version int, x_stream uuid[], x_version int[],
    e_id uuid[], e_stream uuid[], e_version int[], e_topic text[], e_schema int[], e_data text[],
    e_occurred timestamptz[]
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
    SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
DECLARE
    v_head bigint;
    v_clock timestamptz;
    v_seen boolean;
    v_stale boolean;
    v_written int := cardinality(e_id);
BEGIN
    PERFORM pg_advisory_xact_lock(7205003);

    SELECT COALESCE(h.position, 0), GREATEST(clock_timestamp(), h.recorded_at),
           EXISTS (SELECT FROM ledger.receipts r WHERE r.key = k_key),
           EXISTS (SELECT FROM unnest(x_stream, x_version) AS x(stream, version)
                    WHERE x.version <> COALESCE((SELECT e.version FROM ledger.events e WHERE e.stream_id = x.stream
                                                  ORDER BY e.version DESC LIMIT 1), 0))
      INTO v_head, v_clock, v_seen, v_stale
      FROM (SELECT) AS always
      LEFT JOIN LATERAL (SELECT e.position, e.recorded_at FROM ledger.events e ORDER BY e.position DESC LIMIT 1) h ON true;
    IF v_seen THEN
        RETURN -1;
    ELSIF v_stale THEN
        RETURN -2;
    END IF;

    INSERT INTO ledger.events (position, stream_id, version, topic, schema_version, data, meta, event_id,
                               occurred_at, recorded_at)
    SELECT v_head + e.n, e.stream, e.version, e.topic, e.schema, e.data::json, p_meta, e.id, e.occurred, v_clock
      FROM unnest(e_id, e_stream, e_version, e_topic, e_schema, e_data, e_occurred) WITH ORDINALITY
           AS e(id, stream, version, topic, schema, data, occurred, n);
    IF k_key <> '' THEN
        INSERT INTO ledger.receipts (key, fingerprint, answer, recorded, stream_version, position)
        VALUES (k_key, k_fingerprint, k_answer, v_written, k_version, v_head + v_written);
    END IF;
    IF v_written > 0 THEN
        PERFORM pg_notify('ledger', (v_head + v_written)::text);
    END IF;
    RETURN v_head;
END $$;

ALTER FUNCTION ledger.append_alone OWNER TO salesloop_owner;
REVOKE ALL ON FUNCTION ledger.append_alone FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.append_alone TO salesloop_app;

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
