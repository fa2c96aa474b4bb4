/** What each act of moderation changes, as PostgreSQL is told it: the list of a WITH, for `acts-postgres.ts`. */

/**
 * The lock that appends and control rows take. First, where another change goes for the same rows: in another order two of
 * them could wait for each other, and all sends with them until PostgreSQL finds that out, a second later.
 */
const LOCKED = "locked AS MATERIALIZED (SELECT pg_advisory_xact_lock(7275626, 1))";

/**
 * Whoever inserts a `delete` row has the lock before that row's target. The row is locked to be read as it is by then, so that of two who remove it one is told.
 * The trigger on the new row clears the old one. Readers hear that a moderator did it; who that was is in the audit.
 */
export const REMOVE = `${LOCKED},
  found AS (
    SELECT id, room, author_name, text = '' AND data IS NULL AS is_gone FROM messages
    WHERE id = $5 AND kind <> 'delete' AND (SELECT count(*) FROM locked) = 1 FOR UPDATE
  ),
  done AS (
    INSERT INTO messages (room, author_name, text, kind, ref, at)
    SELECT room, 'moderator', '', 'delete', id, to_timestamp($4::bigint / 1000.0) FROM found WHERE NOT is_gone
    RETURNING room, (SELECT author_name FROM found) AS author,
      (SELECT format('in %s, by %s', room, author_name) FROM found) AS detail
  )`;

/** What is over by now goes with it: who was banned once is in the audit. */
export const RESTRICT = `${LOCKED},
  over AS (
    DELETE FROM restrictions WHERE until <= $4::bigint AND (kind, subject_kind, subject) <> ($5, $6, $7)
      AND EXISTS (SELECT FROM locked)
  ),
  done AS (
    INSERT INTO restrictions (kind, subject_kind, subject, until, reason, created_by, created_at)
    SELECT $5, $6, $7, $8::bigint, $9, $1, $4::bigint FROM locked
    ON CONFLICT (kind, subject_kind, subject) DO UPDATE SET until = excluded.until, reason = excluded.reason,
      created_by = excluded.created_by, created_at = excluded.created_at
    RETURNING $10::text AS detail
  )`;

export const LIFT = `${LOCKED},
  done AS (
    DELETE FROM restrictions
    WHERE kind = $5 AND subject_kind = $6 AND subject = $7 AND (until IS NULL OR until > $4::bigint)
      AND EXISTS (SELECT FROM locked)
    RETURNING '' AS detail
  )`;

export const CLOSE = "done AS (UPDATE rooms SET closed = $5 WHERE name = $3 RETURNING '' AS detail)";
export const SLOW =
  "done AS (UPDATE rooms SET slow_s = $5 WHERE name = $3 RETURNING format('%s s', slow_s) AS detail)";

export const ADD_CODE = `old AS (DELETE FROM moderator_codes WHERE expires_at <= $4::bigint),
  done AS (INSERT INTO moderator_codes (code_hash, label, expires_at) VALUES ($5, $3, $6) RETURNING '' AS detail)`;

/** Spent only on somebody who has not signed out meanwhile. How long the search takes tells of a hash, not of a code. */
export const REDEEM = `spent AS (
    DELETE FROM moderator_codes
    WHERE code_hash = $5 AND expires_at > $4::bigint AND EXISTS (SELECT FROM users WHERE id = $6 AND seen_at > 0)
    RETURNING label
  ),
  done AS (
    INSERT INTO moderators (user_id, label, created_at) SELECT $6, label, $4::bigint FROM spent
    ON CONFLICT (user_id) DO UPDATE SET label = excluded.label, created_at = excluded.created_at
    RETURNING 'with the code for ' || label AS detail
  )`;

export const REVOKE = "done AS (DELETE FROM moderators WHERE user_id = $5 RETURNING '' AS detail)";
