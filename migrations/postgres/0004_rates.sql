-- What is limited, counted for all servers. Columns as rate-limiter-flexible wants them. Unlogged: a count is no reason to
-- wait for the disk, and a crash of the database forgets it, as a restart of a server with SQLite does.
CREATE UNLOGGED TABLE rates (
  key text NOT NULL PRIMARY KEY,
  points integer NOT NULL,
  expire bigint
);
