-- All that is written about accounts and sessions, made anew by each migration as functions.sql is, and looked up as there.
-- An administrator's account, its links and its role are the operator's: the session's login counts, whatever role it has put on.
-- What ends sessions says so on the channel `sessions`: an account's id, or a session's hash.
DO $$ DECLARE old regprocedure; BEGIN
    FOR old IN SELECT oid::regprocedure FROM pg_proc
                WHERE pronamespace = 'app'::regnamespace
                  AND proname IN ('must_be_operator', 'note_change', 'take_name', 'create_account', 'set_role', 'set_email', 'set_preferences',
                                  'disable_account',
                                  'enable_account', 'create_link', 'end_links', 'spend_link', 'link_identity', 'open_session',
                                  'touch_session', 'end_session', 'end_sessions', 'set_calendar', 'end_calendar', 'note_calendar') LOOP
        EXECUTE format('DROP FUNCTION %s', old);
    END LOOP;
END $$;

CREATE FUNCTION app.must_be_operator() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT pg_has_role(session_user, 'salesloop_owner', 'MEMBER') THEN
        RAISE EXCEPTION 'an administrator''s account needs the operator''s rights' USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;

CREATE FUNCTION app.note_change(p_id uuid, p_by text, p_what text, p_detail text) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO app.account_changes (by, account_id, login, what, detail)
    SELECT p_by, a.id, a.login, p_what, COALESCE(p_detail, '') FROM app.accounts a WHERE a.id = p_id
$$;

-- Accounts and API keys share one set of names: the ledger attributes acts by them, and keeps them for ever, a revoked key's too. Whoever
-- makes one of a name waits for who makes the other, and then sees it.
CREATE FUNCTION app.take_name(p_name text) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7205003, hashtext(lower(p_name)));
END $$;

CREATE FUNCTION app.create_account(
    p_id uuid, p_login text, p_name text, p_email text, p_role text, p_rep uuid, p_team uuid, p_language text, p_timezone text,
    p_by text
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF p_role = 'admin' THEN PERFORM app.must_be_operator(); END IF;
    PERFORM app.take_name(p_login);
    IF EXISTS (SELECT FROM app.api_keys k WHERE lower(k.user_id) = lower(p_login)) THEN
        RAISE EXCEPTION 'an API key has this name' USING ERRCODE = 'unique_violation', CONSTRAINT = 'names_of_keys';
    END IF;
    INSERT INTO app.accounts (id, login, name, email, role, rep_id, team_id, language, timezone, created_by)
    VALUES (p_id, p_login, p_name, p_email, p_role, p_rep, p_team, p_language, p_timezone, p_by);
    PERFORM app.note_change(p_id, p_by, 'created', p_role);
END $$;

CREATE FUNCTION app.end_sessions(p_account uuid, p_by text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE v_ended integer;
BEGIN
    DELETE FROM app.sessions WHERE account_id = p_account;
    GET DIAGNOSTICS v_ended = ROW_COUNT;
    PERFORM pg_notify('sessions', p_account::text);
    IF v_ended > 0 THEN PERFORM app.note_change(p_account, p_by, 'signed out', v_ended::text); END IF;
    RETURN v_ended;
END $$;

-- What the account is now; its sessions end, as they were opened for another. Who is no administrator any more permits no personal data to
-- endpoints of theirs: another administrator may.
CREATE FUNCTION app.set_role(p_id uuid, p_role text, p_rep uuid, p_team uuid, p_by text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE v_before text;
BEGIN
    SELECT role INTO v_before FROM app.accounts WHERE id = p_id FOR UPDATE;
    IF NOT FOUND THEN RETURN false; END IF;
    IF 'admin' IN (p_role, v_before) THEN PERFORM app.must_be_operator(); END IF;
    UPDATE app.accounts SET role = p_role, rep_id = p_rep, team_id = p_team
     WHERE id = p_id AND (role, rep_id, team_id) IS DISTINCT FROM (p_role, p_rep, p_team);
    IF FOUND THEN
        PERFORM app.note_change(p_id, p_by, 'role', v_before || ' → ' || p_role);
        PERFORM app.end_sessions(p_id, p_by);
        IF v_before = 'admin' AND p_role <> 'admin' THEN
            PERFORM pg_notify('webhooks', w.id::text) FROM app.webhook_endpoints w WHERE w.account_id = p_id AND w.personal;
            UPDATE app.webhook_endpoints SET personal = false, generation = generation + 1, changed_at = now(), changed_by = p_by
             WHERE account_id = p_id AND personal;
        END IF;
    END IF;
    RETURN true;
END $$;

-- Where mail goes, and by which a provider's sign-in is known; NULL: nowhere, and by none. That it changed is on record, what it was or is
-- is not. False where there is no such account.
CREATE FUNCTION app.set_email(p_id uuid, p_email text, p_by text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE v_role text;
BEGIN
    SELECT role INTO v_role FROM app.accounts WHERE id = p_id FOR UPDATE;
    IF NOT FOUND THEN RETURN false; END IF;
    IF v_role = 'admin' THEN PERFORM app.must_be_operator(); END IF;
    UPDATE app.accounts SET email = p_email WHERE id = p_id AND email IS DISTINCT FROM p_email;
    IF FOUND THEN PERFORM app.note_change(p_id, p_by, 'e-mail', ''); END IF;
    RETURN true;
END $$;

CREATE FUNCTION app.set_preferences(p_id uuid, p_language text, p_timezone text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE app.accounts SET language = COALESCE(p_language, language), timezone = COALESCE(p_timezone, timezone) WHERE id = p_id;
    PERFORM pg_notify('sessions', p_id::text);
END $$;

CREATE FUNCTION app.end_links(p_account uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM app.sign_in_links WHERE account_id = p_account
$$;

-- The one address that counts from now on; false where there is no such account, a disabled one, or one that owes nobody anything.
CREATE FUNCTION app.set_calendar(p_account uuid, p_token_hash bytea, p_by text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM app.accounts WHERE id = p_account AND disabled_at IS NULL AND role IN ('rep', 'manager') FOR UPDATE;
    IF NOT FOUND THEN RETURN false; END IF;
    DELETE FROM app.calendar_addresses WHERE account_id = p_account;
    INSERT INTO app.calendar_addresses (account_id, token_hash, created_by) VALUES (p_account, p_token_hash, p_by);
    PERFORM app.note_change(p_account, p_by, 'calendar', 'made');
    RETURN true;
END $$;

-- Whether there was one.
CREATE FUNCTION app.end_calendar(p_account uuid, p_by text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM app.calendar_addresses WHERE account_id = p_account;
    IF NOT FOUND THEN RETURN false; END IF;
    PERFORM app.note_change(p_account, p_by, 'calendar', 'revoked');
    RETURN true;
END $$;

-- Since when it has been what it is, in whole seconds, of which no two changes have the same. NULL where the address counts no more.
CREATE FUNCTION app.note_calendar(p_token_hash bytea, p_tag text) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE v_at timestamptz;
BEGIN
    UPDATE app.calendar_addresses SET read_at = now(), tag = p_tag,
           changed_at = CASE WHEN tag = p_tag THEN changed_at
                             ELSE greatest(date_trunc('second', now()), date_trunc('second', changed_at) + interval '1 second') END
     WHERE token_hash = p_token_hash AND (tag <> p_tag OR read_at IS NULL OR read_at < now() - interval '1 minute');
    SELECT date_trunc('second', changed_at) INTO v_at FROM app.calendar_addresses WHERE token_hash = p_token_hash;
    RETURN v_at;
END $$;

-- When it was disabled, now or earlier; NULL where there is no such account.
CREATE FUNCTION app.disable_account(p_id uuid, p_by text) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE v_at timestamptz;
BEGIN
    UPDATE app.accounts SET disabled_at = now() WHERE id = p_id AND disabled_at IS NULL;
    IF FOUND THEN PERFORM app.note_change(p_id, p_by, 'disabled', ''); END IF;
    PERFORM app.end_sessions(p_id, p_by);
    PERFORM app.end_links(p_id);
    PERFORM app.end_calendar(p_id, p_by);
    SELECT disabled_at INTO v_at FROM app.accounts WHERE id = p_id;
    RETURN v_at;
END $$;

CREATE FUNCTION app.enable_account(p_id uuid, p_by text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE v_role text;
BEGIN
    SELECT role INTO v_role FROM app.accounts WHERE id = p_id FOR UPDATE;
    IF NOT FOUND THEN RETURN false; END IF;
    IF v_role = 'admin' THEN PERFORM app.must_be_operator(); END IF;
    UPDATE app.accounts SET disabled_at = NULL WHERE id = p_id AND disabled_at IS NOT NULL;
    IF FOUND THEN PERFORM app.note_change(p_id, p_by, 'enabled', ''); END IF;
    RETURN true;
END $$;

-- The one link that counts from now on; false where there is no such account, a disabled one, or one that a provider's rules give and
-- take: its owner comes in by the provider alone.
CREATE FUNCTION app.create_link(p_account uuid, p_token_hash bytea, p_once boolean, p_expires timestamptz, p_by text)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE v_role text;
BEGIN
    SELECT role INTO v_role FROM app.accounts
     WHERE id = p_account AND disabled_at IS NULL AND (role = 'admin' OR created_by NOT LIKE 'oidc:%') FOR UPDATE;
    IF NOT FOUND THEN RETURN false; END IF;
    IF v_role = 'admin' OR NOT p_once THEN PERFORM app.must_be_operator(); END IF;
    PERFORM app.end_links(p_account);
    INSERT INTO app.sign_in_links (token_hash, account_id, once, expires_at) VALUES (p_token_hash, p_account, p_once, p_expires);
    PERFORM app.note_change(p_account, p_by, 'link', '');
    RETURN true;
END $$;

-- The account whose link it is, with the password that came with it; NULL where it counts no more. It takes the token and not its
-- hash, which the application may read: nobody sets an administrator's password without a link that the operator made.
CREATE FUNCTION app.spend_link(p_token text, p_password_hash text) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE v_account uuid; v_login text;
BEGIN
    UPDATE app.sign_in_links SET used_at = now()
     WHERE token_hash = sha256(convert_to(p_token, 'UTF8')) AND once AND used_at IS NULL AND expires_at > now()
    RETURNING account_id INTO v_account;
    IF NOT FOUND THEN RETURN NULL; END IF;
    UPDATE app.accounts SET password_hash = p_password_hash
     WHERE id = v_account AND disabled_at IS NULL AND (role = 'admin' OR created_by NOT LIKE 'oidc:%') RETURNING login INTO v_login;
    IF NOT FOUND THEN RETURN NULL; END IF;
    PERFORM app.note_change(v_account, v_login, 'password', '');
    PERFORM app.end_sessions(v_account, v_login);
    RETURN v_account;
END $$;

-- False where the identity is another account's.
CREATE FUNCTION app.link_identity(p_account uuid, p_issuer text, p_subject text, p_by text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO app.account_identities (issuer, subject, account_id)
    SELECT p_issuer, p_subject, a.id FROM app.accounts a WHERE a.id = p_account ON CONFLICT DO NOTHING;
    IF FOUND THEN PERFORM app.note_change(p_account, p_by, 'identity', p_issuer); END IF;
    RETURN EXISTS (SELECT FROM app.account_identities i
                    WHERE i.issuer = p_issuer AND i.subject = p_subject AND i.account_id = p_account);
END $$;

-- False for an account that is disabled or not there. What ran out a day ago goes.
CREATE FUNCTION app.open_session(p_hash bytea, p_account uuid, p_provider text, p_id_token text, p_expires timestamptz)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM app.sessions s WHERE s.expires_at < now() - interval '1 day';
    DELETE FROM app.sign_in_links l WHERE l.expires_at < now() - interval '30 days';
    INSERT INTO app.sessions (id_hash, account_id, provider, id_token, expires_at)
    SELECT p_hash, a.id, p_provider, p_id_token, p_expires FROM app.accounts a WHERE a.id = p_account AND a.disabled_at IS NULL
       FOR UPDATE;
    RETURN FOUND;
END $$;

CREATE FUNCTION app.touch_session(p_hash bytea) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE app.sessions SET seen_at = now() WHERE id_hash = p_hash
$$;

CREATE FUNCTION app.end_session(p_hash bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM app.sessions WHERE id_hash = p_hash;
    PERFORM pg_notify('sessions', encode(p_hash, 'hex'));
END $$;

DO $$ DECLARE made regprocedure; inside boolean; BEGIN
    FOR made, inside IN SELECT oid::regprocedure, proname IN ('must_be_operator', 'note_change', 'take_name') FROM pg_proc
                WHERE pronamespace = 'app'::regnamespace
                  AND proname IN ('must_be_operator', 'note_change', 'take_name', 'create_account', 'set_role', 'set_email', 'set_preferences',
                                  'disable_account',
                                  'enable_account', 'create_link', 'end_links', 'spend_link', 'link_identity', 'open_session',
                                  'touch_session', 'end_session', 'end_sessions', 'set_calendar', 'end_calendar', 'note_calendar') LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO salesloop_owner', made);
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', made);
        IF NOT inside THEN EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO salesloop_app', made); END IF;
    END LOOP;
END $$;
