-- What synchronisation remembers. Cursors are revs of the primary.

-- The timeline that this replica follows: whose it is, and one push of it that must still be there.
CREATE TABLE sync_timeline (
  one          INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
  epoch        TEXT,                                 -- none: no primary was ever seen
  anchor_n     INTEGER,
  anchor_nonce TEXT,
  -- Where the timeline was changed: rows up to this local_seq wait again. They go to the primary
  -- only after what it holds has been pulled, because most of them are there.
  reset_seq    INTEGER NOT NULL,
  -- A change of the timeline in progress: entries from this seq on still count as acknowledged.
  reset_from   INTEGER
) STRICT;
INSERT INTO sync_timeline (one, reset_seq) VALUES (1, 0);

-- Which rows of the primary this replica holds: all shared ones (g), those of a user (u:ID), those
-- of a machine (m:ID). Changes after cursor are pulled upwards; what is older is filled in
-- downwards, newest first, until fill_below is NULL.
CREATE TABLE subscriptions (
  scope      TEXT    NOT NULL PRIMARY KEY,
  cursor     INTEGER,                                -- none: never pulled
  fill_below INTEGER,
  since_ms   INTEGER NOT NULL,                       -- rows older than this are not held
  added_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Rows that the primary or this replica refuses, until they change or a person retries them.
CREATE TABLE parked (
  kind      TEXT    NOT NULL CHECK (kind IN ('entry', 'user', 'machine', 'session', 'vote', 'pulled')),
  key       TEXT    NOT NULL,
  local_seq INTEGER NOT NULL,
  reason    TEXT    NOT NULL,
  parked_at INTEGER NOT NULL,
  PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;

-- How the last exchanges went, for the status line and `sync status`, whichever process made them.
CREATE TABLE sync_report (
  one           INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
  tried_at      INTEGER,
  succeeded_at  INTEGER,
  failing_since INTEGER,
  error_code    TEXT,
  error         TEXT,
  read_only     INTEGER NOT NULL CHECK (read_only IN (0, 1)),
  skew_ms       INTEGER,
  beat_at       INTEGER,
  evicted_at    INTEGER
) STRICT;
INSERT INTO sync_report (one, read_only) VALUES (1, 0);

-- Which scopes have entries that wait: asked before every exchange, however many wait.
CREATE INDEX entries_waiting_scopes ON entries (mode, user_id, machine_id)
  WHERE local_seq > acked_seq AND private = 0 AND mode IN ('user', 'machine');

CREATE INDEX users_waiting    ON users (local_seq)    WHERE local_seq > acked_seq;
CREATE INDEX machines_waiting ON machines (local_seq) WHERE local_seq > acked_seq;
CREATE INDEX sessions_waiting ON sessions (local_seq) WHERE local_seq > acked_seq AND private = 0;
CREATE INDEX votes_waiting    ON votes (local_seq)    WHERE local_seq > acked_seq;

-- Who is unique is decided by the primary, and a replica takes what it decided in any order; where
-- there is none, the transaction that writes a user looks first.
DROP INDEX users_email;
CREATE INDEX users_email ON users (email COLLATE NOCASE) WHERE is_active = 1;

-- As on the primary: one row for each replica of a machine.
DROP TABLE heartbeats;
CREATE TABLE heartbeats (
  machine_id TEXT    NOT NULL,
  replica_id TEXT    NOT NULL,
  hostname   TEXT    NOT NULL,
  at         INTEGER NOT NULL,
  version    TEXT    NOT NULL,
  lag_ms     INTEGER NOT NULL,
  waiting    INTEGER NOT NULL,
  skew_ms    INTEGER NOT NULL,
  PRIMARY KEY (machine_id, replica_id)
) STRICT, WITHOUT ROWID;
