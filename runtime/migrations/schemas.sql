-- Whose database it is, and where things lie. Run before every migration, again and again; it drops nothing.
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
CREATE SCHEMA IF NOT EXISTS app AUTHORIZATION salesloop_owner;
CREATE SCHEMA IF NOT EXISTS read AUTHORIZATION salesloop_app;
ALTER SCHEMA app OWNER TO salesloop_owner;  -- a schema's owner may drop what others keep in it
REVOKE ALL ON SCHEMA ledger, app FROM PUBLIC;
GRANT USAGE ON SCHEMA ledger TO salesloop_app;
GRANT USAGE, CREATE ON SCHEMA app TO salesloop_app;
