-- The application writes API keys by functions alone.
ALTER TABLE app.api_keys OWNER TO salesloop_owner;
REVOKE ALL ON app.api_keys FROM PUBLIC, salesloop_app;
GRANT SELECT ON app.api_keys TO salesloop_app;
