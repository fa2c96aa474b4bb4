-- Up to which id a room's messages have been removed for their age or their number. A cursor below it has a gap.
CREATE TABLE pruned (
  room text NOT NULL PRIMARY KEY,
  upto bigint NOT NULL
);

-- For the reader of all rooms, who asks for the highest.
CREATE INDEX pruned_by_upto ON pruned (upto);

-- Nonces of removed messages, and since when: they are kept for some days more, so that a late retry is still known.
CREATE TABLE pruned_nonces (
  at bigint NOT NULL,
  sender text NOT NULL,
  nonce text NOT NULL,
  PRIMARY KEY (at, sender, nonce)
);

-- Which process removes messages, and until when it has said so. One row.
CREATE TABLE pruner (
  one integer PRIMARY KEY CHECK (one = 1),
  holder text NOT NULL,
  until bigint NOT NULL
);

INSERT INTO pruner (one, holder, until) VALUES (1, '', 0);
