-- The replica: the history of one OS user on one machine.
-- Instants are UTC epoch milliseconds, always given by the program, never defaulted here.
-- Sync columns: a row waits to be pushed while local_seq > acked_seq; rev is the primary's number.

-- Numbers that only rise. local_seq orders every local change of every table.
CREATE TABLE counters (
  name TEXT NOT NULL PRIMARY KEY,
  n    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counters (name, n) VALUES ('local_seq', 0);

CREATE TABLE entries (
  seq                INTEGER PRIMARY KEY,            -- local row number; derived indexes use it
  id                 TEXT    NOT NULL UNIQUE CHECK (length(id) = 36),
  kind               TEXT    NOT NULL CHECK (kind IN ('question', 'command')),
  parent_id          TEXT,
  retry_of           TEXT,
  mode               TEXT    NOT NULL CHECK (mode IN ('global', 'user', 'machine', 'hybrid')),
  private            INTEGER NOT NULL CHECK (private IN (0, 1)),
  source             TEXT    NOT NULL,
  time_estimated     INTEGER NOT NULL CHECK (time_estimated IN (0, 1)),
  user_id            TEXT,
  os_user            TEXT    NOT NULL,
  machine_id         TEXT    NOT NULL,
  replica_id         TEXT    NOT NULL,
  session_id         TEXT,
  command            TEXT    NOT NULL,
  response           TEXT,
  status             TEXT    NOT NULL
                     CHECK (status IN ('pending', 'processing', 'completed', 'error', 'cancelled')),
  error_code         TEXT,
  tags               TEXT    NOT NULL CHECK (json_valid(tags)),
  context            TEXT    NOT NULL CHECK (json_valid(context)),
  model              TEXT,
  tokens_used        INTEGER,
  cost_microusd      INTEGER,
  execution_time_ms  INTEGER,
  cwd                TEXT,
  truncated          INTEGER NOT NULL CHECK (truncated IN (0, 1)),
  cancel_requested_at INTEGER,
  cancelled_by       TEXT,
  redaction_command  INTEGER NOT NULL,
  redaction_response INTEGER NOT NULL,
  content_hash       INTEGER NOT NULL,
  version            INTEGER NOT NULL CHECK (version >= 1),
  created_at         INTEGER NOT NULL,
  updated_at         INTEGER NOT NULL,
  completed_at       INTEGER,
  deleted_at         INTEGER,
  rev                INTEGER,
  local_seq          INTEGER NOT NULL,
  acked_seq          INTEGER NOT NULL,
  CHECK (mode <> 'user' OR user_id IS NOT NULL),
  CHECK ((status IN ('pending', 'processing')) = (completed_at IS NULL))
) STRICT;

-- Listing, newest first, of everything, of one user, of one machine.
CREATE INDEX entries_by_time    ON entries (created_at, id);
CREATE INDEX entries_by_user    ON entries (user_id, created_at, id) WHERE user_id IS NOT NULL;
CREATE INDEX entries_by_machine ON entries (machine_id, created_at, id);
-- One conversation in order, and the commands of one question.
CREATE INDEX entries_by_session ON entries (session_id, created_at, id);
CREATE INDEX entries_by_parent  ON entries (parent_id, created_at, id) WHERE parent_id IS NOT NULL;
-- Short ids are prefixes of the random last group of the id.
CREATE INDEX entries_by_tail    ON entries (substr(id, 25));
-- The few rows that are still open: recovery after a crash, requests to cancel.
CREATE INDEX entries_open       ON entries (replica_id, session_id)
  WHERE status IN ('pending', 'processing');
-- What derived indexes have not seen yet, and what waits to be pushed.
CREATE INDEX entries_by_change  ON entries (local_seq);
CREATE INDEX entries_waiting    ON entries (local_seq) WHERE local_seq > acked_seq AND private = 0;

-- Who changed the status of an entry, when, from where. Append-only.
CREATE TABLE entry_events (
  seq         INTEGER PRIMARY KEY AUTOINCREMENT,
  entry_id    TEXT    NOT NULL,
  at          INTEGER NOT NULL,
  from_status TEXT,
  to_status   TEXT    NOT NULL,
  actor       TEXT    NOT NULL,
  replica_id  TEXT    NOT NULL
) STRICT;
CREATE INDEX entry_events_by_entry ON entry_events (entry_id, seq);
CREATE TRIGGER entry_events_no_update BEFORE UPDATE ON entry_events
BEGIN SELECT RAISE(ABORT, 'entry_events is append-only'); END;

CREATE TABLE users (
  id         TEXT    NOT NULL PRIMARY KEY,          -- follows from the username
  username   TEXT    NOT NULL,
  name       TEXT    NOT NULL CHECK (length(name) > 0),
  email      TEXT    NOT NULL CHECK (length(email) > 0),
  is_active  INTEGER NOT NULL CHECK (is_active IN (0, 1)),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  rev        INTEGER,
  local_seq  INTEGER NOT NULL,
  acked_seq  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- An address is free again when its user is deactivated; letter case does not make it another.
CREATE UNIQUE INDEX users_email ON users (email COLLATE NOCASE) WHERE is_active = 1;

CREATE TABLE machines (
  id          TEXT    NOT NULL PRIMARY KEY,
  hostname    TEXT    NOT NULL,
  ip_address  TEXT,
  mac_address TEXT,
  os_info     TEXT    NOT NULL CHECK (json_valid(os_info)),
  aliases     TEXT    NOT NULL CHECK (json_valid(aliases)),
  version     TEXT    NOT NULL,
  first_seen  INTEGER NOT NULL,
  last_seen   INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL,
  rev         INTEGER,
  local_seq   INTEGER NOT NULL,
  acked_seq   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
  id             TEXT    NOT NULL PRIMARY KEY,
  parent_id      TEXT,
  title          TEXT,
  mode           TEXT    NOT NULL CHECK (mode IN ('global', 'user', 'machine', 'hybrid')),
  private        INTEGER NOT NULL CHECK (private IN (0, 1)),
  user_id        TEXT,
  os_user        TEXT    NOT NULL,
  machine_id     TEXT    NOT NULL,
  replica_id     TEXT    NOT NULL,
  started_at     INTEGER NOT NULL,
  last_active_at INTEGER NOT NULL,
  ended_at       INTEGER,
  updated_at     INTEGER NOT NULL,
  deleted_at     INTEGER,
  rev            INTEGER,
  local_seq      INTEGER NOT NULL,
  acked_seq      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_time ON sessions (started_at);

CREATE TABLE votes (
  entry_id   TEXT    NOT NULL,
  voter      TEXT    NOT NULL,
  value      INTEGER NOT NULL CHECK (value IN (-1, 0, 1)),
  mode       TEXT    NOT NULL CHECK (mode IN ('global', 'user', 'machine', 'hybrid')),
  user_id    TEXT,
  machine_id TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  rev        INTEGER,
  local_seq  INTEGER NOT NULL,
  acked_seq  INTEGER NOT NULL,
  PRIMARY KEY (entry_id, voter)
) STRICT, WITHOUT ROWID;

-- Last sign of life of each machine; no rev, so that machines do not feed one another.
CREATE TABLE heartbeats (
  machine_id TEXT    NOT NULL PRIMARY KEY,
  replica_id TEXT    NOT NULL,
  at         INTEGER NOT NULL,
  version    TEXT    NOT NULL,
  lag_ms     INTEGER
) STRICT, WITHOUT ROWID;
