-- The installation's key for the links of surveys (docs/surveys.md): one row, random, which the application reads by a function alone.
CREATE TABLE app.survey_keys (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    key bytea   NOT NULL CHECK (length(key) = 32)
);
INSERT INTO app.survey_keys (key)
VALUES (sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())));
ALTER TABLE app.survey_keys OWNER TO salesloop_owner;
REVOKE ALL ON app.survey_keys FROM PUBLIC, salesloop_app;
