-- Who may not write or be here, who may say so, and what they did.

-- kind: 'ban' or 'mute'. subject_kind: 'user' (the id, as text), 'name' (folded) or 'address' (IPv4, or the /64 of an
-- IPv6 address). until: Unix milliseconds; NULL: until it is lifted.
CREATE TABLE restrictions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL CHECK (kind IN ('ban', 'mute')),
  subject_kind TEXT NOT NULL CHECK (subject_kind IN ('user', 'name', 'address')),
  subject TEXT NOT NULL,
  until INTEGER,
  reason TEXT NOT NULL DEFAULT '',
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL DEFAULT (CAST((julianday('now') - 2440587.5) * 86400000.0 + 0.5 AS INTEGER)),
  UNIQUE (kind, subject_kind, subject)
) STRICT;

-- A one-time code is kept as its SHA-256: who reads this file cannot use it.
CREATE TABLE moderator_codes (
  code_hash BLOB NOT NULL PRIMARY KEY,
  label TEXT NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- label: the name that the owner gave when making the code.
CREATE TABLE moderators (
  user_id INTEGER NOT NULL PRIMARY KEY,
  label TEXT NOT NULL,
  created_at INTEGER NOT NULL DEFAULT (CAST((julianday('now') - 2440587.5) * 86400000.0 + 0.5 AS INTEGER))
) STRICT;

-- Every act of an owner or a moderator. Never the text of a message.
CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL DEFAULT '',
  at INTEGER NOT NULL DEFAULT (CAST((julianday('now') - 2440587.5) * 86400000.0 + 0.5 AS INTEGER))
) STRICT;

-- Slow mode: how long one sender waits between two messages, in seconds; 0: off.
ALTER TABLE rooms ADD COLUMN slow_s INTEGER NOT NULL DEFAULT 0;

-- How many a user has made is counted at each new one.
CREATE INDEX rooms_by_maker ON rooms (created_by);
