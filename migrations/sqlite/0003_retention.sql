-- Up to which id a room's messages have been removed for their age or their number. A cursor below it has a gap.
CREATE TABLE pruned (
  room TEXT NOT NULL PRIMARY KEY,
  upto INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- For the reader of all rooms, who asks for the highest.
CREATE INDEX pruned_by_upto ON pruned (upto);

-- Nonces of removed messages, and since when: they are kept for some days more, so that a late retry is still known.
CREATE TABLE pruned_nonces (
  at INTEGER NOT NULL,
  sender TEXT NOT NULL,
  nonce TEXT NOT NULL,
  PRIMARY KEY (at, sender, nonce)
) STRICT, WITHOUT ROWID;

-- Which process removes messages, and until when it has said so. One row.
CREATE TABLE pruner (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  holder TEXT NOT NULL,
  until INTEGER NOT NULL
) STRICT;

INSERT INTO pruner (one, holder, until) VALUES (1, '', 0);
