-- API keys: who may ask. Kept by the owner, not by the application: its role reads them, revokes them and makes keys, and an
-- administrator's key only where the login behind the connection is an operator's. Written to be run again and again.

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
ALTER TABLE app.api_keys OWNER TO salesloop_owner;
REVOKE ALL ON app.api_keys FROM PUBLIC, salesloop_app;
GRANT SELECT ON app.api_keys TO salesloop_app;

-- Raises insufficient_privilege for an administrator's key that no operator asks for: the session's login counts, whatever
-- role it has put on.
CREATE OR REPLACE FUNCTION app.create_key(
    p_id text, p_secret_hash bytea, p_user text, p_role text, p_rep uuid, p_team uuid, p_label text, p_by text,
    p_expires timestamptz
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF p_role = 'admin' AND NOT pg_has_role(session_user, 'salesloop_owner', 'MEMBER') THEN
        RAISE EXCEPTION 'an administrator''s key needs the operator''s rights' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO app.api_keys (id, secret_hash, user_id, role, rep_id, team_id, label, created_by, expires_at)
    VALUES (p_id, p_secret_hash, p_user, p_role, p_rep, p_team, p_label, p_by, p_expires);
END $$;

-- When it was revoked, now or earlier; NULL where there is no such key.
CREATE OR REPLACE FUNCTION app.revoke_key(p_id text) RETURNS timestamptz
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$
    UPDATE app.api_keys SET revoked_at = COALESCE(revoked_at, now()) WHERE id = p_id RETURNING revoked_at
$$;

ALTER FUNCTION app.create_key OWNER TO salesloop_owner;
ALTER FUNCTION app.revoke_key OWNER TO salesloop_owner;
REVOKE ALL ON FUNCTION app.create_key, app.revoke_key FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.create_key, app.revoke_key TO salesloop_app;
