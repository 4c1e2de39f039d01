-- What monitoring reads. All of it is local: it never travels, and can be deleted.
-- Hours, days and minutes are those of the epoch (UTC), counted from 0.

-- Counts of finished entries that are not deleted, derived from `entries` up to the local change
-- `seen_seq`. Whoever reads them brings them up to date first: a write pays nothing for them.
CREATE TABLE usage_state (
  one      INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
  seen_seq INTEGER NOT NULL,
  turn     INTEGER NOT NULL                          -- rises with every change of the counts
) STRICT;
INSERT INTO usage_state (one, seen_seq, turn) VALUES (1, 0, 0);
-- Of which machine and hour rows left without a local change: old entries that were evicted.
CREATE TABLE usage_dirty (
  hour       INTEGER NOT NULL,
  machine_id TEXT    NOT NULL,
  mark       INTEGER NOT NULL,                       -- how often
  PRIMARY KEY (hour, machine_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE usage_hours (
  hour    INTEGER NOT NULL,
  mode    TEXT    NOT NULL,
  private INTEGER NOT NULL,
  kind    TEXT    NOT NULL,
  status  TEXT    NOT NULL,
  upto_ms INTEGER NOT NULL,                          -- how long an answer took; 0: no answer
  n       INTEGER NOT NULL,
  ok      INTEGER NOT NULL,                          -- commands that ended with 0
  time_ms INTEGER NOT NULL,                          -- of the answers together
  PRIMARY KEY (hour, mode, private, kind, status, upto_ms)
) STRICT, WITHOUT ROWID;

CREATE TABLE usage_who (
  who        INTEGER PRIMARY KEY,
  machine_id TEXT    NOT NULL,
  user_id    TEXT    NOT NULL,                       -- empty: nobody was named
  os_user    TEXT    NOT NULL,
  UNIQUE (machine_id, user_id, os_user)
) STRICT;
CREATE TABLE usage_days (
  day           INTEGER NOT NULL,
  who           INTEGER NOT NULL,
  mode          TEXT    NOT NULL,
  private       INTEGER NOT NULL,
  kind          TEXT    NOT NULL,
  status        TEXT    NOT NULL,
  n             INTEGER NOT NULL,
  ok            INTEGER NOT NULL,
  tokens        INTEGER NOT NULL,
  cost_microusd INTEGER NOT NULL,
  PRIMARY KEY (day, who, mode, private, kind, status)
) STRICT, WITHOUT ROWID;

-- How long things took in the processes of this replica: how many up to so many microseconds. Hour
-- 0 holds the sum of what is too old to be told by hour.
CREATE TABLE latencies (
  hour    INTEGER NOT NULL,
  kind    TEXT    NOT NULL,
  upto_us INTEGER NOT NULL,
  n       INTEGER NOT NULL,
  sum_us  INTEGER NOT NULL,
  PRIMARY KEY (hour, kind, upto_us)
) STRICT, WITHOUT ROWID;
-- How often things happened in them; hour 0 as above.
CREATE TABLE tallies (
  hour INTEGER NOT NULL,
  name TEXT    NOT NULL,
  n    INTEGER NOT NULL,
  PRIMARY KEY (hour, name)
) STRICT, WITHOUT ROWID;
-- How the tries of one kind ended, by minute.
CREATE TABLE minutes (
  minute INTEGER NOT NULL,
  kind   TEXT    NOT NULL,
  ok     INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  PRIMARY KEY (minute, kind)
) STRICT, WITHOUT ROWID;
-- How often an earlier answer was handed on, by day.
CREATE TABLE reuses (
  day      INTEGER NOT NULL,
  entry_id TEXT    NOT NULL,
  n        INTEGER NOT NULL,
  PRIMARY KEY (day, entry_id)
) STRICT, WITHOUT ROWID;
-- What the primary said last of its size.
CREATE TABLE primary_size (
  one     INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
  at      INTEGER NOT NULL,
  bytes   INTEGER,
  entries INTEGER
) STRICT;

CREATE INDEX votes_by_time ON votes (updated_at, value);
