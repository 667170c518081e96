-- The functions of the ledger and of API keys, made anew by each migration after the tables are as this release needs them.

-- Append many commands' facts in one short transaction. One advisory lock, held to commit, makes
-- the order: no reader can ever see a position before every smaller one. Inside it each command
-- is checked alone: a key seen before or a stale version leaves that one command out and records
-- the others. Commands are numbered from 1: p_meta has one entry for each; k_*, x_* and e_* (keys,
-- expected versions and facts) refer to them by number. Facts come in the order of their commands.
-- Plans are made once for each connection: left to itself the server makes some of them anew for each batch, a quarter of a
-- small one's time. So no plan may read a table from end to end, however small the table was when the plan was made.
-- An earlier release's function may have other columns, and the application's role could once make one of the same name: they go,
-- in this same transaction.
-- All of them look for what they name among temporary things last: where those are not named they come first, and whoever calls
-- could have a type of their own run their own code with the owner's rights.
DO $$ DECLARE old regprocedure; BEGIN
    FOR old IN SELECT oid::regprocedure FROM pg_proc
                WHERE pronamespace IN ('ledger'::regnamespace, 'app'::regnamespace)
                  AND proname IN ('append', 'append_alone', 'create_key', 'revoke_key') LOOP
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
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
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
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
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

-- Raises insufficient_privilege for an administrator's key that no operator asks for: the session's login counts, whatever
-- role it has put on.
CREATE OR REPLACE FUNCTION app.create_key(
    p_id text, p_secret_hash bytea, p_user text, p_role text, p_rep uuid, p_team uuid, p_label text, p_by text,
    p_expires timestamptz
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p_role = 'admin' AND NOT pg_has_role(session_user, 'salesloop_owner', 'MEMBER') THEN
        RAISE EXCEPTION 'an administrator''s key needs the operator''s rights' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM app.take_name(p_user);
    IF EXISTS (SELECT FROM app.accounts a WHERE lower(a.login) = lower(p_user)) THEN
        RAISE EXCEPTION 'an account has this name' USING ERRCODE = 'unique_violation', CONSTRAINT = 'names_of_accounts';
    END IF;
    INSERT INTO app.api_keys (id, secret_hash, user_id, role, rep_id, team_id, label, created_by, expires_at)
    VALUES (p_id, p_secret_hash, p_user, p_role, p_rep, p_team, p_label, p_by, p_expires);
END $$;

-- When it was revoked, now or earlier; NULL where there is no such key.
CREATE OR REPLACE FUNCTION app.revoke_key(p_id text) RETURNS timestamptz
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE app.api_keys SET revoked_at = COALESCE(revoked_at, now()) WHERE id = p_id RETURNING revoked_at
$$;

ALTER FUNCTION app.create_key OWNER TO salesloop_owner;
ALTER FUNCTION app.revoke_key OWNER TO salesloop_owner;
REVOKE ALL ON FUNCTION app.create_key, app.revoke_key FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.create_key, app.revoke_key TO salesloop_app;

-- The secrets by which an endpoint's messages are signed now, the current one first. Only what signs asks for them.
CREATE OR REPLACE FUNCTION app.webhook_secrets_of(p_endpoint uuid) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.secret FROM app.webhook_secrets s
     WHERE s.endpoint_id = p_endpoint AND (s.expires_at IS NULL OR s.expires_at > now()) ORDER BY s.expires_at DESC NULLS FIRST
$$;

-- The current secret from now on. The one before counts for a while beside it, and no older one.
CREATE OR REPLACE FUNCTION app.give_webhook_secret(p_endpoint uuid, p_secret text, p_beside interval) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM app.webhook_endpoints w WHERE w.id = p_endpoint FOR UPDATE;
    DELETE FROM app.webhook_secrets s WHERE s.endpoint_id = p_endpoint AND s.expires_at IS NOT NULL;
    UPDATE app.webhook_secrets s SET expires_at = now() + p_beside WHERE s.endpoint_id = p_endpoint;
    INSERT INTO app.webhook_secrets (endpoint_id, secret) VALUES (p_endpoint, p_secret);
END $$;

ALTER FUNCTION app.webhook_secrets_of OWNER TO salesloop_owner;
ALTER FUNCTION app.give_webhook_secret OWNER TO salesloop_owner;
REVOKE ALL ON FUNCTION app.webhook_secrets_of, app.give_webhook_secret FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.webhook_secrets_of, app.give_webhook_secret TO salesloop_app;

-- What the links of surveys are signed with. Only what signs them, and what looks at them, asks for it.
CREATE OR REPLACE FUNCTION app.survey_key() RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.key FROM app.survey_keys k
$$;

ALTER FUNCTION app.survey_key OWNER TO salesloop_owner;
REVOKE ALL ON FUNCTION app.survey_key FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.survey_key TO salesloop_app;

-- The tables are there now. What else the application's role made here the operator could take for ours.
REVOKE CREATE ON SCHEMA app FROM salesloop_app;
