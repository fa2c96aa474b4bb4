-- Who may not write or be here, who may say so, and what they did. As in SQLite.

CREATE TABLE restrictions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('ban', 'mute')),
  subject_kind text NOT NULL CHECK (subject_kind IN ('user', 'name', 'address')),
  subject text NOT NULL,
  until bigint,
  reason text NOT NULL DEFAULT '',
  created_by text NOT NULL,
  created_at bigint NOT NULL DEFAULT parkbench_now(),
  UNIQUE (kind, subject_kind, subject)
);

-- A one-time code is kept as its SHA-256: who reads this table cannot use it.
CREATE TABLE moderator_codes (
  code_hash bytea NOT NULL PRIMARY KEY,
  label text NOT NULL,
  expires_at bigint NOT NULL
);

-- label: the name that the owner gave when making the code.
CREATE TABLE moderators (
  user_id bigint NOT NULL PRIMARY KEY,
  label text NOT NULL,
  created_at bigint NOT NULL DEFAULT parkbench_now()
);

-- Every act of an owner or a moderator. Never the text of a message.
CREATE TABLE audit (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  actor text NOT NULL,
  action text NOT NULL,
  subject text NOT NULL,
  detail text NOT NULL DEFAULT '',
  at bigint NOT NULL DEFAULT parkbench_now()
);

-- How many a user has made is counted at each new one.
CREATE INDEX rooms_by_maker ON rooms (created_by);

-- A program that may INSERT into messages, and nothing else, can write: what the triggers do besides is done as the
-- owner of the tables. Temporary tables come last, or such a program could put one of its own in the place of log.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['parkbench_note', 'parkbench_added', 'parkbench_gone', 'parkbench_emptied', 'parkbench_control_added', 'parkbench_removed'] LOOP
    EXECUTE format('ALTER FUNCTION %I() SECURITY DEFINER SET search_path = %I, pg_temp', name, current_schema());
  END LOOP;
END $$;
