-- The first schema. Other programs read and write these tables, so later migrations add and never change.
-- Defaults, checks and triggers use only what SQLite 3.40 has (the sqlite3 of Debian 12).
-- Times are Unix milliseconds; unixepoch('subsec') would need 3.42.

-- What makes this log another one than its own restored backup. One row.
CREATE TABLE log (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  epoch TEXT NOT NULL,
  checked_at INTEGER NOT NULL DEFAULT 0
) STRICT;

INSERT INTO log (one, epoch) VALUES (1, lower(hex(randomblob(3))));

-- AUTOINCREMENT: a plain key gives the id of a deleted newest row again, and a reader who has it misses the new row.
-- author_id is ANY: a host application's users may have numbers or text. An explicit NULL counts as "not given".
-- row_fits: a row that no answer could carry is refused at the door (the text itself is 4,000 characters in /send).
CREATE TABLE messages (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  room TEXT NOT NULL,
  author_name TEXT NOT NULL,
  text TEXT NOT NULL,
  author_id ANY,
  kind TEXT NOT NULL ON CONFLICT REPLACE DEFAULT 'message',
  nonce TEXT,
  data TEXT,
  ref INTEGER,
  at INTEGER NOT NULL ON CONFLICT REPLACE DEFAULT (CAST((julianday('now') - 2440587.5) * 86400000.0 + 0.5 AS INTEGER)),
  CONSTRAINT row_fits CHECK (
    length(CAST(room || author_name || text || kind || coalesce(author_id, '') || coalesce(nonce, '') || coalesce(data, '') AS BLOB))
    <= 16777216
  )
) STRICT;

-- An entry ends with the row's id, so this is the index on (room, id).
CREATE INDEX messages_by_room ON messages (room);

-- Ids are the log's to give. One below the newest would never be seen by a reader who is past it, one far above would
-- use up the numbers that JavaScript can hold.
CREATE TRIGGER messages_id_given AFTER INSERT ON messages
WHEN NEW.id - (SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'messages') NOT BETWEEN 1 AND 1000000000
BEGIN
  SELECT RAISE(ABORT, 'the log gives the ids: leave id out');
END;

CREATE TRIGGER messages_id_kept BEFORE UPDATE OF id ON messages WHEN NEW.id IS NOT OLD.id
BEGIN
  SELECT RAISE(ABORT, 'the id of a message does not change');
END;

-- A message that says "removed" takes the content of the old one with it, whoever inserts it.
CREATE TRIGGER messages_removed AFTER INSERT ON messages WHEN NEW.kind = 'delete'
BEGIN
  UPDATE messages SET text = '', data = NULL WHERE id = NEW.ref AND room = NEW.room;
END;

-- Which message a sender's nonce stands for. Not a unique index on messages: a foreign row may repeat any nonce.
CREATE TABLE nonces (
  sender TEXT NOT NULL,
  nonce TEXT NOT NULL,
  message_id INTEGER NOT NULL,
  PRIMARY KEY (sender, nonce)
) STRICT, WITHOUT ROWID;

CREATE TABLE rooms (
  name TEXT NOT NULL PRIMARY KEY,
  title TEXT NOT NULL,
  closed INTEGER NOT NULL DEFAULT 0,
  created_by ANY,
  created_at INTEGER NOT NULL DEFAULT (CAST((julianday('now') - 2440587.5) * 86400000.0 + 0.5 AS INTEGER))
) STRICT;

INSERT INTO rooms (name, title) VALUES ('lobby', 'Lobby');

-- A name is held while seen_at is recent; letting it go sets seen_at to 0. Ids stand in messages: never reused.
CREATE TABLE users (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  folded TEXT NOT NULL,
  seen_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL DEFAULT (CAST((julianday('now') - 2440587.5) * 86400000.0 + 0.5 AS INTEGER))
) STRICT;

CREATE INDEX users_by_folded ON users (folded);

-- id_hash is the SHA-256 of the id in the cookie: who reads this file cannot take over a session.
CREATE TABLE sessions (
  id_hash BLOB NOT NULL PRIMARY KEY,
  data TEXT NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE control (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  at INTEGER NOT NULL DEFAULT (CAST((julianday('now') - 2440587.5) * 86400000.0 + 0.5 AS INTEGER))
) STRICT;
