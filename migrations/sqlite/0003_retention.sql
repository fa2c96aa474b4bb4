-- Up to which id a room's messages have been removed for their age or their number. A cursor below it has a gap.
CREATE TABLE pruned (
  room TEXT NOT NULL PRIMARY KEY,
  upto INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
