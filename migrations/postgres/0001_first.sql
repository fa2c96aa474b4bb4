-- The first schema. Other programs read and write these tables, so later migrations add and never change.
-- Columns are those of SQLite, in the same order; times of messages are timestamptz, all others Unix milliseconds.

CREATE FUNCTION parkbench_now() RETURNS bigint LANGUAGE sql VOLATILE
  RETURN floor(extract(epoch FROM clock_timestamp()) * 1000);

-- What makes this log another one than its own restored backup. One row. newest: of ids whose rows are gone; the highest
-- that was ever given is that or a row's, as deleting the newest row must not send readers back. Not written with each row:
-- a transaction of REPEATABLE READ or SERIALIZABLE could then hardly ever insert, and a dump that takes an hour would keep as
-- many versions of the one row as messages come meanwhile, to be passed by each of them.
CREATE TABLE log (
  one integer PRIMARY KEY CHECK (one = 1),
  epoch text NOT NULL,
  newest bigint NOT NULL DEFAULT 0,
  control_newest bigint NOT NULL DEFAULT 0,
  checked_at bigint NOT NULL DEFAULT 0
);

INSERT INTO log (one, epoch) VALUES (1, substr(md5(gen_random_uuid()::text), 1, 6));

-- author_id: a number as its digits, any other id as it is; a text of digits in double quotes.
-- row_fits: a row that no answer could carry is refused at the door (the text itself is 4,000 characters in /send).
CREATE TABLE messages (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY CHECK (id <= 9007199254740991),
  room text NOT NULL,
  author_name text NOT NULL,
  text text NOT NULL,
  author_id text,
  kind text DEFAULT 'message',
  nonce text,
  data text,
  ref bigint,
  at timestamptz DEFAULT clock_timestamp(),
  CONSTRAINT row_fits CHECK (
    octet_length(room) + octet_length(author_name) + octet_length(text) + octet_length(coalesce(author_id, ''))
      + octet_length(coalesce(kind, '')) + octet_length(coalesce(nonce, '')) + octet_length(coalesce(data, ''))
    <= 16777216
  )
);

CREATE INDEX messages_by_room ON messages (room, id);

-- Up to which id any were given when this transaction got the lock: what it inserts has ids above. A savepoint that is
-- rolled back lets go of both. After TRUNCATE ... RESTART IDENTITY and the like ids go on, or readers would not see new rows.
CREATE FUNCTION parkbench_note() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  drawn bigint;
  shown bigint;
BEGIN
  IF coalesce(current_setting('parkbench.upto', true), '') <> '' THEN
    RETURN;
  END IF;
  SELECT CASE WHEN is_called THEN last_value ELSE 0 END, greatest(newest, (SELECT max(id) FROM messages))
    INTO drawn, shown FROM messages_id_seq, log;
  IF drawn < shown THEN
    PERFORM setval('messages_id_seq', shown);
  END IF;
  PERFORM set_config('parkbench.upto', greatest(drawn, shown)::text, true);
END $$;

-- Ids in the order of commits. Without it a row with a smaller id becomes visible after a larger one, and a reader who
-- has the larger never sees it. Taken before the id is drawn, held until the commit, by whoever inserts.
-- And flushed, also on a server that is set not to flush each commit: a crash would take rows away that readers have, and
-- give their ids to others.
CREATE FUNCTION parkbench_lock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('synchronous_commit') = 'off' THEN
    PERFORM set_config('synchronous_commit', 'local', true);
  END IF;
  PERFORM pg_advisory_xact_lock(7275626, 1);
  PERFORM parkbench_note();
  RETURN NULL;
END $$;

CREATE TRIGGER messages_lock BEFORE INSERT ON messages FOR EACH STATEMENT EXECUTE FUNCTION parkbench_lock();

-- Rings only for other programs: a NOTIFY in the writing transaction lets all commits of the cluster wait for one another
-- (14 times slower, measured), so our own writers set parkbench.own and ring after the commit.
CREATE FUNCTION parkbench_ring() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF coalesce(current_setting('parkbench.own', true), '') <> '1' THEN
    PERFORM pg_notify('parkbench', '');
  END IF;
  RETURN NULL;
END $$;

-- GENERATED ALWAYS refuses an id that is given, but neither with OVERRIDING SYSTEM VALUE nor by COPY: one below the newest is a late arrival, and one above what was
-- drawn makes all that come after it one.
CREATE FUNCTION parkbench_added() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  lowest bigint;
  highest bigint;
BEGIN
  SELECT min(id), max(id) INTO lowest, highest FROM added;
  IF lowest <= current_setting('parkbench.upto')::bigint OR highest > (SELECT last_value FROM messages_id_seq) THEN
    RAISE EXCEPTION 'the log gives the ids: leave id out';
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION parkbench_gone() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  highest bigint;
BEGIN
  SELECT max(id) INTO highest FROM gone;
  IF NOT EXISTS (SELECT FROM messages WHERE id > highest) THEN
    UPDATE log SET newest = highest WHERE newest < highest;
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER messages_gone AFTER DELETE ON messages REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION parkbench_gone();

CREATE FUNCTION parkbench_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE log SET newest = greatest(newest, (SELECT max(id) FROM messages));
  RETURN NULL;
END $$;

CREATE TRIGGER messages_emptied BEFORE TRUNCATE ON messages FOR EACH STATEMENT EXECUTE FUNCTION parkbench_emptied();

CREATE TRIGGER messages_added AFTER INSERT ON messages REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION parkbench_added();
CREATE TRIGGER messages_ring AFTER INSERT ON messages FOR EACH STATEMENT EXECUTE FUNCTION parkbench_ring();

CREATE FUNCTION parkbench_id_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the id of a message does not change';
END $$;

CREATE TRIGGER messages_id_kept BEFORE UPDATE OF id ON messages FOR EACH ROW
  WHEN (NEW.id IS DISTINCT FROM OLD.id) EXECUTE FUNCTION parkbench_id_kept();

-- A message that says "removed" takes the content of the old one with it, whoever inserts it.
CREATE FUNCTION parkbench_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE messages SET text = '', data = NULL WHERE id = NEW.ref AND room = NEW.room;
  RETURN NULL;
END $$;

CREATE TRIGGER messages_removed AFTER INSERT ON messages FOR EACH ROW
  WHEN (NEW.kind = 'delete') EXECUTE FUNCTION parkbench_removed();

-- An explicit NULL counts as "not given", as in SQLite.
CREATE FUNCTION parkbench_defaults() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.kind := coalesce(NEW.kind, 'message');
  NEW.at := coalesce(NEW.at, clock_timestamp());
  RETURN NEW;
END $$;

CREATE TRIGGER messages_defaults BEFORE INSERT OR UPDATE ON messages FOR EACH ROW
  WHEN (NEW.kind IS NULL OR NEW.at IS NULL) EXECUTE FUNCTION parkbench_defaults();

-- Which message a sender's nonce stands for. Not a unique index on messages: a foreign row may repeat any nonce.
CREATE TABLE nonces (
  sender text NOT NULL,
  nonce text NOT NULL,
  message_id bigint NOT NULL,
  PRIMARY KEY (sender, nonce)
);

-- Stores a group in one statement, so in one round trip and one flush. Gives for each of them, in their order, the id, and
-- whether it is new: not so where the sender had used the nonce before. The id drawn for that one is used by nobody.
-- The nonces are looked up under the lock, by a statement that begins after it is held and so sees all that was committed
-- before: two retries at two processes must not both find it unused.
CREATE FUNCTION parkbench_append(
  rooms text[], names text[], texts text[], author_ids text[], kinds text[], given_nonces text[], datas text[],
  refs bigint[], times timestamptz[], senders text[]
) RETURNS TABLE (is_new boolean, message_id bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
  IF current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE EXCEPTION 'parkbench_append needs READ COMMITTED: an older snapshot does not see what the lock waited for';
  END IF;
  PERFORM set_config('parkbench.own', '1', true);
  -- Behind a pooler the connection has no bound of ours. Whoever waits in vain then knows that nothing was stored.
  IF current_setting('lock_timeout') = '0' THEN
    PERFORM set_config('lock_timeout', '2s', true);
  END IF;
  PERFORM pg_advisory_xact_lock(7275626, 1);
  PERFORM parkbench_note();
  RETURN QUERY
  WITH given AS MATERIALIZED (
    -- Ids are drawn here, in the order of places: to find out afterwards which row got which took a third of the time.
    SELECT *, nextval('messages_id_seq') AS id
    FROM unnest(rooms, names, texts, author_ids, kinds, given_nonces, datas, refs, times, senders)
      WITH ORDINALITY AS given (room, name, text, author_id, kind, nonce, data, ref, at, sender, place)
  ), kept AS (
    -- Once where a group holds the same nonce twice.
    INSERT INTO nonces (sender, nonce, message_id) SELECT sender, nonce, id FROM given WHERE nonce IS NOT NULL
    ON CONFLICT DO NOTHING RETURNING *
  ), inserted AS (
    INSERT INTO messages (id, room, author_name, text, author_id, kind, nonce, data, ref, at) OVERRIDING SYSTEM VALUE
    SELECT id, room, name, text, author_id, kind, nonce, data, ref, at FROM given
    WHERE nonce IS NULL OR id IN (SELECT message_id FROM kept) ORDER BY place
    RETURNING id
  )
  SELECT inserted.id IS NOT NULL, CASE WHEN inserted.id IS NOT NULL THEN given.id ELSE coalesce(
    (SELECT message_id FROM nonces WHERE (nonces.sender, nonces.nonce) = (given.sender, given.nonce)),
    (SELECT message_id FROM kept WHERE (kept.sender, kept.nonce) = (given.sender, given.nonce))
  ) END
  FROM given LEFT JOIN inserted USING (id) ORDER BY place;
END $$;

CREATE TABLE rooms (
  name text NOT NULL PRIMARY KEY,
  title text NOT NULL,
  closed boolean NOT NULL DEFAULT false,
  created_by text,
  created_at bigint NOT NULL DEFAULT parkbench_now(),
  slow_s integer NOT NULL DEFAULT 0
);

INSERT INTO rooms (name, title) VALUES ('lobby', 'Lobby');

-- A name is held while seen_at is recent; letting it go sets seen_at to 0. Ids stand in messages: never reused.
CREATE TABLE users (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  folded text NOT NULL,
  seen_at bigint NOT NULL,
  created_at bigint NOT NULL DEFAULT parkbench_now()
);

CREATE INDEX users_by_folded ON users (folded);

-- id_hash is the SHA-256 of the id in the cookie: who reads this table cannot take over a session.
CREATE TABLE sessions (
  id_hash bytea NOT NULL PRIMARY KEY,
  data text NOT NULL,
  expires_at bigint NOT NULL
);

CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE control (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL,
  subject text NOT NULL,
  at bigint NOT NULL DEFAULT parkbench_now()
);

-- Read from a cursor like messages, so in the order of commits like them.
CREATE TRIGGER control_lock BEFORE INSERT ON control FOR EACH STATEMENT EXECUTE FUNCTION parkbench_lock();
CREATE FUNCTION parkbench_control_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE log SET control_newest = added.newest FROM (SELECT max(id) AS newest FROM added) AS added
  WHERE added.newest > log.control_newest;
  RETURN NULL;
END $$;

CREATE TRIGGER control_added AFTER INSERT ON control REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION parkbench_control_added();
CREATE TRIGGER control_ring AFTER INSERT ON control FOR EACH STATEMENT EXECUTE FUNCTION parkbench_ring();
