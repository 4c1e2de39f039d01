-- The primary: the libSQL database that all replicas share.
-- Instants are UTC epoch milliseconds. No foreign keys: an entry of an unknown or inactive user is
-- always accepted. rev numbers every change in the order in which it became visible.

-- What this database is. epoch is random, new at every init or restore; min_protocol is the oldest
-- protocol that may still be spoken here.
CREATE TABLE sync_meta (
  one          INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
  epoch        TEXT    NOT NULL,
  min_protocol INTEGER NOT NULL,
  created_at   INTEGER NOT NULL
) STRICT;

CREATE TABLE schema_migrations (
  number     INTEGER NOT NULL PRIMARY KEY,
  name       TEXT    NOT NULL,
  applied_at INTEGER NOT NULL
) STRICT;

-- The last rev that was given; it never falls, whatever is deleted.
CREATE TABLE sync_counter (
  one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
  n   INTEGER NOT NULL
) STRICT;
INSERT INTO sync_counter (one, n) VALUES (1, 0);

-- Every push: it gave the revs base + 1 to n. A replica remembers one (n, nonce); where that pair
-- is gone, the database was restored from an older copy, however far its counter has come since.
CREATE TABLE sync_commits (
  n     INTEGER NOT NULL PRIMARY KEY,
  base  INTEGER NOT NULL,
  nonce TEXT    NOT NULL,
  at    INTEGER NOT NULL,
  -- Every entry of it was new, and is there as it was sent: the numbers acknowledge them all.
  fresh INTEGER NOT NULL CHECK (fresh IN (0, 1))
) STRICT;

CREATE TABLE entries (
  id                 TEXT    NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  kind               TEXT    NOT NULL CHECK (kind IN ('question', 'command')),
  parent_id          TEXT,
  retry_of           TEXT,
  mode               TEXT    NOT NULL CHECK (mode IN ('global', 'user', 'machine', 'hybrid')),
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
  rev                INTEGER NOT NULL,
  -- Which replicas hold the row: all, those of one user, those of one machine.
  scope              TEXT    NOT NULL GENERATED ALWAYS AS (
                       CASE mode WHEN 'user' THEN 'u:' || user_id
                                 WHEN 'machine' THEN 'm:' || machine_id ELSE 'g' END) VIRTUAL,
  -- How certain the end is: open, presumed after a crash, real.
  finality           INTEGER NOT NULL GENERATED ALWAYS AS (
                       CASE WHEN status IN ('pending', 'processing') THEN 0
                            WHEN status = 'error' AND error_code = 'interrupted' THEN 1
                            ELSE 2 END) VIRTUAL,
  CHECK (mode <> 'user' OR user_id IS NOT NULL),
  CHECK ((status IN ('pending', 'processing')) = (completed_at IS NULL))
) STRICT;

-- What a replica pulls: the changes of a scope, in order.
CREATE INDEX entries_by_scope   ON entries (scope, rev);
-- The plan's three histories, newest first.
CREATE INDEX entries_by_time    ON entries (created_at, id);
CREATE INDEX entries_by_user    ON entries (user_id, created_at, id) WHERE user_id IS NOT NULL;
CREATE INDEX entries_by_machine ON entries (machine_id, created_at, id);
-- The few requests that run now anywhere.
CREATE INDEX entries_open       ON entries (created_at) WHERE status IN ('pending', 'processing');

-- What became of an entry, as far as the primary saw it. Append-only.
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
-- A row that arrives final has one event on its replica already, and needs none here.
CREATE TRIGGER entries_event AFTER UPDATE OF status ON entries WHEN OLD.status <> NEW.status
BEGIN
  INSERT INTO entry_events (entry_id, at, from_status, to_status, actor, replica_id)
  VALUES (NEW.id, NEW.updated_at, OLD.status, NEW.status,
          coalesce(NEW.cancelled_by, NEW.os_user), NEW.replica_id);
END;

CREATE TABLE users (
  id         TEXT    NOT NULL PRIMARY KEY,
  username   TEXT    NOT NULL,
  name       TEXT    NOT NULL CHECK (length(name) > 0),
  email      TEXT    NOT NULL CHECK (length(email) > 0),
  is_active  INTEGER NOT NULL CHECK (is_active IN (0, 1)),
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  rev        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- An address is free again when its user is deactivated; letter case does not make it another.
CREATE UNIQUE INDEX users_email ON users (email COLLATE NOCASE) WHERE is_active = 1;
CREATE INDEX users_by_rev ON users (rev);

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
  rev         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX machines_by_rev ON machines (rev);

CREATE TABLE sessions (
  id             TEXT    NOT NULL PRIMARY KEY,
  parent_id      TEXT,
  title          TEXT,
  mode           TEXT    NOT NULL CHECK (mode IN ('global', 'user', 'machine', 'hybrid')),
  user_id        TEXT,
  os_user        TEXT    NOT NULL,
  machine_id     TEXT    NOT NULL,
  replica_id     TEXT    NOT NULL,
  started_at     INTEGER NOT NULL,
  last_active_at INTEGER NOT NULL,
  ended_at       INTEGER,
  updated_at     INTEGER NOT NULL,
  deleted_at     INTEGER,
  rev            INTEGER NOT NULL,
  scope          TEXT    NOT NULL GENERATED ALWAYS AS (
                   CASE mode WHEN 'user' THEN 'u:' || coalesce(user_id, '')
                             WHEN 'machine' THEN 'm:' || machine_id ELSE 'g' END) VIRTUAL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_scope ON sessions (scope, rev);

CREATE TABLE votes (
  entry_id   TEXT    NOT NULL,
  voter      TEXT    NOT NULL,
  value      INTEGER NOT NULL CHECK (value IN (-1, 0, 1)),
  mode       TEXT    NOT NULL CHECK (mode IN ('global', 'user', 'machine', 'hybrid')),
  user_id    TEXT,
  machine_id TEXT    NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  rev        INTEGER NOT NULL,
  scope      TEXT    NOT NULL GENERATED ALWAYS AS (
               CASE mode WHEN 'user' THEN 'u:' || coalesce(user_id, '')
                         WHEN 'machine' THEN 'm:' || machine_id ELSE 'g' END) VIRTUAL,
  PRIMARY KEY (entry_id, voter)
) STRICT, WITHOUT ROWID;
CREATE INDEX votes_by_scope ON votes (scope, rev);

-- Last sign of life of each replica, by the primary's clock; no rev, so that machines do not feed
-- one another.
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

-- One push, as one statement: INSERT INTO sync_push. The texts are JSON arrays of rows, each an
-- array in the order of the columns. protocol, epoch and the anchor are checked in the same
-- transaction, so nothing is ever written into another timeline.
CREATE VIEW sync_push (
  protocol, epoch, anchor_n, anchor_nonce, nonce, at, entries, users, machines, sessions, votes
) AS SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL WHERE false;

CREATE TRIGGER sync_push_merge INSTEAD OF INSERT ON sync_push
BEGIN
  SELECT CASE
    WHEN NEW.protocol < (SELECT min_protocol FROM sync_meta)
      THEN RAISE(ABORT, 'ipcom-chat: protocol')
    WHEN NEW.epoch IS NOT (SELECT epoch FROM sync_meta) THEN RAISE(ABORT, 'ipcom-chat: epoch')
    WHEN NEW.anchor_n IS NOT NULL AND NEW.anchor_nonce IS NOT
         (SELECT nonce FROM sync_commits WHERE n = NEW.anchor_n)
      THEN RAISE(ABORT, 'ipcom-chat: timeline')
  END;
  -- entries: those that are new, then those that the merge of domain/merge.py changes.
  INSERT INTO entries (
    id, kind, parent_id, retry_of, mode, source, time_estimated, user_id, os_user, machine_id,
    replica_id, session_id, command, response, status, error_code, tags, context, model,
    tokens_used, cost_microusd, execution_time_ms, cwd, truncated, cancel_requested_at,
    cancelled_by, redaction_command, redaction_response, content_hash, version, created_at,
    updated_at, completed_at, deleted_at, rev
  )
  SELECT
    value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6,
    value ->> 7, value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12,
    value ->> 13, value ->> 14, value ->> 15, value ->> 16, value ->> 17, value ->> 18,
    value ->> 19, value ->> 20, value ->> 21, value ->> 22, value ->> 23, value ->> 24,
    value ->> 25, value ->> 26, value ->> 27, value ->> 28, value ->> 29, value ->> 30,
    value ->> 31, value ->> 32, value ->> 33, (SELECT n FROM sync_counter) + key + 1
  -- The inner query writes each row as text once, not once for every column.
  FROM (SELECT key, value FROM json_each(NEW.entries) LIMIT -1) WHERE true
  ON CONFLICT (id) DO NOTHING;
  -- changes() tells of the statement just before.
  INSERT INTO sync_commits (n, base, nonce, at, fresh)
  SELECT n + json_array_length(NEW.entries) + json_array_length(NEW.users)
         + json_array_length(NEW.machines) + json_array_length(NEW.sessions)
         + json_array_length(NEW.votes), n, NEW.nonce, NEW.at,
    changes() = json_array_length(NEW.entries)
  FROM sync_counter;
  UPDATE entries SET
    kind = iif(m.body, m.kind, entries.kind),
    parent_id = iif(m.body, m.parent_id, entries.parent_id),
    retry_of = iif(m.body, m.retry_of, entries.retry_of),
    mode = iif(m.body, m.mode, entries.mode),
    source = iif(m.body, m.source, entries.source),
    time_estimated = iif(m.body, m.time_estimated, entries.time_estimated),
    user_id = iif(m.body, m.user_id, entries.user_id),
    os_user = iif(m.body, m.os_user, entries.os_user),
    machine_id = iif(m.body, m.machine_id, entries.machine_id),
    replica_id = iif(m.body, m.replica_id, entries.replica_id),
    session_id = iif(m.body, m.session_id, entries.session_id),
    status = iif(m.body, m.status, entries.status),
    error_code = iif(m.body, m.error_code, entries.error_code),
    tags = iif(m.merged_deleted_at IS NULL, iif(m.body, m.tags, entries.tags), '[]'),
    context = iif(m.merged_deleted_at IS NULL, iif(m.body, m.context, entries.context), '{}'),
    model = iif(m.body, m.model, entries.model),
    tokens_used = iif(m.body, m.tokens_used, entries.tokens_used),
    cost_microusd = iif(m.body, m.cost_microusd, entries.cost_microusd),
    execution_time_ms = iif(m.body, m.execution_time_ms, entries.execution_time_ms),
    cwd = iif(m.merged_deleted_at IS NULL, iif(m.body, m.cwd, entries.cwd), NULL),
    truncated = iif(m.body, m.truncated, entries.truncated),
    content_hash = iif(m.body, m.content_hash, entries.content_hash),
    version = iif(m.body, m.version, entries.version),
    created_at = iif(m.body, m.created_at, entries.created_at),
    updated_at = iif(m.body, m.updated_at, entries.updated_at),
    completed_at = iif(m.body, m.completed_at, entries.completed_at),
    command = m.merged_command,
    redaction_command = m.merged_redaction_command,
    response = m.merged_response,
    redaction_response = m.merged_redaction_response,
    cancel_requested_at = m.merged_cancel_requested_at,
    cancelled_by = m.merged_cancelled_by,
    deleted_at = m.merged_deleted_at,
    rev = m.next_rev
  FROM (
    SELECT q.*,
      iif(q.merged_deleted_at IS NULL, iif(q.command_wins, q.command, q.old_command), '')
        AS merged_command,
      iif(q.command_wins, q.redaction_command, q.old_redaction_command) AS merged_redaction_command,
      iif(q.merged_deleted_at IS NULL AND NOT q.by_hand,
          iif(q.answer_wins, q.response, q.old_response), NULL) AS merged_response,
      iif(q.by_hand, 1073741824,
          iif(q.answer_wins, q.redaction_response, q.old_redaction_response))
        AS merged_redaction_response,
      CASE WHEN iif(q.body, q.finality, q.old_finality) > 0
             THEN iif(q.body, q.cancelled_by, q.old_cancelled_by)
           WHEN q.cancel_requested_at IS NULL THEN q.old_cancelled_by
           WHEN q.old_cancel_requested_at IS NULL THEN q.cancelled_by
           WHEN (q.cancel_requested_at, coalesce(q.cancelled_by, ''))
                < (q.old_cancel_requested_at, coalesce(q.old_cancelled_by, ''))
             THEN q.cancelled_by
           ELSE q.old_cancelled_by END AS merged_cancelled_by
    FROM (
      SELECT p.*, e.command AS old_command, e.redaction_command AS old_redaction_command,
        e.response AS old_response, e.redaction_response AS old_redaction_response,
        e.cancel_requested_at AS old_cancel_requested_at, e.cancelled_by AS old_cancelled_by,
        e.deleted_at AS old_deleted_at, e.finality AS old_finality,
        (p.finality, p.version, p.content_hash, p.updated_at, p.replica_id, p.machine_id,
             coalesce(p.completed_at, 0), iif(p.finality > 0, coalesce(p.cancelled_by, ''), ''))
          > (e.finality, e.version, e.content_hash, e.updated_at, e.replica_id, e.machine_id,
             coalesce(e.completed_at, 0), iif(e.finality > 0, coalesce(e.cancelled_by, ''), ''))
          AS body,
        (p.finality, p.version, p.content_hash, p.redaction_response, coalesce(p.response, ''))
          > (e.finality, e.version, e.content_hash, e.redaction_response, coalesce(e.response, ''))
          AS answer_wins,
        (p.redaction_command, p.command) > (e.redaction_command, e.command) AS command_wins,
        max(p.redaction_response, e.redaction_response) >= 1073741824 AS by_hand,
        iif(p.cancel_requested_at IS NULL OR p.cancel_requested_at > e.cancel_requested_at,
            e.cancel_requested_at, p.cancel_requested_at) AS merged_cancel_requested_at,
        iif(p.deleted_at IS NULL OR p.deleted_at > e.deleted_at, e.deleted_at, p.deleted_at)
          AS merged_deleted_at,
        (SELECT n FROM sync_counter) + p.place + 1 AS next_rev
      FROM (
        SELECT v.*,
          CASE WHEN v.status IN ('pending', 'processing') THEN 0
               WHEN v.status = 'error' AND v.error_code = 'interrupted' THEN 1 ELSE 2 END
            AS finality
        FROM (
          SELECT key AS place,
            value ->> 0 AS id, value ->> 1 AS kind, value ->> 2 AS parent_id,
            value ->> 3 AS retry_of, value ->> 4 AS mode, value ->> 5 AS source,
            value ->> 6 AS time_estimated, value ->> 7 AS user_id, value ->> 8 AS os_user,
            value ->> 9 AS machine_id, value ->> 10 AS replica_id, value ->> 11 AS session_id,
            value ->> 12 AS command, value ->> 13 AS response, value ->> 14 AS status,
            value ->> 15 AS error_code, value ->> 16 AS tags, value ->> 17 AS context,
            value ->> 18 AS model, value ->> 19 AS tokens_used, value ->> 20 AS cost_microusd,
            value ->> 21 AS execution_time_ms, value ->> 22 AS cwd, value ->> 23 AS truncated,
            value ->> 24 AS cancel_requested_at, value ->> 25 AS cancelled_by,
            value ->> 26 AS redaction_command, value ->> 27 AS redaction_response,
            value ->> 28 AS content_hash, value ->> 29 AS version, value ->> 30 AS created_at,
            value ->> 31 AS updated_at, value ->> 32 AS completed_at, value ->> 33 AS deleted_at
          FROM (
            SELECT key, value FROM json_each(
              CASE WHEN (SELECT fresh FROM sync_commits ORDER BY n DESC LIMIT 1)
                THEN '[]' ELSE NEW.entries END)
            LIMIT -1
          )
        ) AS v
      ) AS p JOIN entries AS e ON e.id = p.id
      -- Without a limit SQLite copies each comparison into every column that asks for it: three
      -- times the program, compiled anew for every push.
      LIMIT -1
    ) AS q
  ) AS m
  WHERE entries.id = m.id AND (
    m.body OR m.merged_command IS NOT m.old_command
    OR m.merged_redaction_command <> m.old_redaction_command
    OR m.merged_response IS NOT m.old_response
    OR m.merged_redaction_response <> m.old_redaction_response
    OR m.merged_cancel_requested_at IS NOT m.old_cancel_requested_at
    OR m.merged_cancelled_by IS NOT m.old_cancelled_by
    OR m.merged_deleted_at IS NOT m.old_deleted_at
  );
  UPDATE sync_counter SET n = n + json_array_length(NEW.entries);

  -- users: the last writer wins. Who is deactivated comes first: the address is free for another.
  INSERT INTO users (
    id, username, name, email, is_active, created_at, updated_at, rev
  )
  SELECT
    value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6,
    (SELECT n FROM sync_counter) + key + 1
  FROM json_each(NEW.users) WHERE true ORDER BY value ->> 4
  ON CONFLICT (id) DO UPDATE SET
    username = excluded.username, name = excluded.name, email = excluded.email,
    is_active = excluded.is_active, created_at = excluded.created_at,
    updated_at = excluded.updated_at, rev = excluded.rev
  WHERE (
    excluded.updated_at, excluded.id, excluded.username, excluded.name, excluded.email,
    excluded.is_active, excluded.created_at
  ) > (
    users.updated_at, users.id, users.username, users.name, users.email, users.is_active,
    users.created_at
  );
  UPDATE sync_counter SET n = n + json_array_length(NEW.users);

  -- machines: the last writer wins; a machine was first seen when anybody saw it first.
  UPDATE machines SET first_seen = other.first_seen, rev = other.rev
  FROM (
    SELECT value ->> 0 AS id, value ->> 7 AS first_seen,
      (SELECT n FROM sync_counter) + key + 1 AS rev
    FROM json_each(NEW.machines)
  ) AS other
  WHERE machines.id = other.id AND other.first_seen < machines.first_seen;
  INSERT INTO machines (
    id, hostname, ip_address, mac_address, os_info, aliases, version, first_seen, last_seen,
    updated_at, rev
  )
  SELECT
    value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6,
    value ->> 7, value ->> 8, value ->> 9, (SELECT n FROM sync_counter) + key + 1
  FROM json_each(NEW.machines) WHERE true
  ON CONFLICT (id) DO UPDATE SET
    hostname = excluded.hostname, ip_address = excluded.ip_address,
    mac_address = excluded.mac_address, os_info = excluded.os_info, aliases = excluded.aliases,
    version = excluded.version, last_seen = excluded.last_seen, updated_at = excluded.updated_at,
    first_seen = min(excluded.first_seen, machines.first_seen), rev = excluded.rev
  WHERE (
    excluded.updated_at, excluded.id, excluded.hostname, coalesce(excluded.ip_address, ''),
    coalesce(excluded.mac_address, ''), excluded.os_info, excluded.aliases, excluded.version,
    excluded.last_seen
  ) > (
    machines.updated_at, machines.id, machines.hostname, coalesce(machines.ip_address, ''),
    coalesce(machines.mac_address, ''), machines.os_info, machines.aliases, machines.version,
    machines.last_seen
  );
  UPDATE sync_counter SET n = n + json_array_length(NEW.machines);

  -- sessions: the last writer wins.
  INSERT INTO sessions (
    id, parent_id, title, mode, user_id, os_user, machine_id, replica_id, started_at,
    last_active_at, ended_at, updated_at, deleted_at, rev
  )
  SELECT
    value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6,
    value ->> 7, value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12,
    (SELECT n FROM sync_counter) + key + 1
  FROM json_each(NEW.sessions) WHERE true
  ON CONFLICT (id) DO UPDATE SET
    parent_id = excluded.parent_id, title = excluded.title, mode = excluded.mode,
    user_id = excluded.user_id, os_user = excluded.os_user, machine_id = excluded.machine_id,
    replica_id = excluded.replica_id, started_at = excluded.started_at,
    last_active_at = excluded.last_active_at, ended_at = excluded.ended_at,
    updated_at = excluded.updated_at, deleted_at = excluded.deleted_at, rev = excluded.rev
  WHERE (
    excluded.updated_at, excluded.id, coalesce(excluded.parent_id, ''),
    coalesce(excluded.title, ''), excluded.mode, coalesce(excluded.user_id, ''),
    excluded.os_user, excluded.machine_id, excluded.replica_id, excluded.started_at,
    excluded.last_active_at, coalesce(excluded.ended_at, -1), coalesce(excluded.deleted_at, -1)
  ) > (
    sessions.updated_at, sessions.id, coalesce(sessions.parent_id, ''),
    coalesce(sessions.title, ''), sessions.mode, coalesce(sessions.user_id, ''),
    sessions.os_user, sessions.machine_id, sessions.replica_id, sessions.started_at,
    sessions.last_active_at, coalesce(sessions.ended_at, -1), coalesce(sessions.deleted_at, -1)
  );
  UPDATE sync_counter SET n = n + json_array_length(NEW.sessions);

  -- votes: the last writer wins.
  INSERT INTO votes (
    entry_id, voter, value, mode, user_id, machine_id, created_at, updated_at, rev
  )
  SELECT
    value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6,
    value ->> 7, (SELECT n FROM sync_counter) + key + 1
  FROM json_each(NEW.votes) WHERE true
  ON CONFLICT (entry_id, voter) DO UPDATE SET
    value = excluded.value, mode = excluded.mode, user_id = excluded.user_id,
    machine_id = excluded.machine_id, created_at = excluded.created_at,
    updated_at = excluded.updated_at, rev = excluded.rev
  WHERE (
    excluded.updated_at, excluded.entry_id, excluded.voter, excluded.value, excluded.mode,
    coalesce(excluded.user_id, ''), excluded.machine_id, excluded.created_at
  ) > (
    votes.updated_at, votes.entry_id, votes.voter, votes.value, votes.mode,
    coalesce(votes.user_id, ''), votes.machine_id, votes.created_at
  );
  UPDATE sync_counter SET n = n + json_array_length(NEW.votes);
END;

-- One change of a user, decided here: names and addresses are unique for all machines at once.
-- An empty field stays as it is; `wanted` is 'absent' for a new user and 'present' for a known one.
CREATE VIEW user_change (
  protocol, epoch, nonce, wanted, id, username, name, email, is_active, at
) AS SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL WHERE false;

CREATE TRIGGER user_change_apply INSTEAD OF INSERT ON user_change
BEGIN
  SELECT CASE
    WHEN NEW.protocol < (SELECT min_protocol FROM sync_meta)
      THEN RAISE(ABORT, 'ipcom-chat: protocol')
    WHEN NEW.epoch IS NOT (SELECT epoch FROM sync_meta) THEN RAISE(ABORT, 'ipcom-chat: epoch')
    WHEN NEW.wanted = 'absent' AND EXISTS (SELECT 1 FROM users WHERE id = NEW.id)
      THEN RAISE(ABORT, 'ipcom-chat: username')
    WHEN NEW.wanted = 'present' AND NOT EXISTS (SELECT 1 FROM users WHERE id = NEW.id)
      THEN RAISE(ABORT, 'ipcom-chat: unknown user')
    WHEN EXISTS (
      SELECT 1 FROM users AS other LEFT JOIN users AS known ON known.id = NEW.id
      WHERE other.id <> NEW.id AND other.is_active = 1
        AND coalesce(NEW.is_active, known.is_active, 1) = 1
        AND other.email = coalesce(NEW.email, known.email) COLLATE NOCASE)
      THEN RAISE(ABORT, 'ipcom-chat: email')
  END;
  INSERT INTO users (id, username, name, email, is_active, created_at, updated_at, rev)
  SELECT NEW.id, NEW.username, coalesce(NEW.name, known.name), coalesce(NEW.email, known.email),
    coalesce(NEW.is_active, known.is_active, 1), coalesce(known.created_at, NEW.at),
    -- By the primary's clock, and above what any machine with a fast clock has written.
    max(CAST(unixepoch('subsec') * 1000 AS INTEGER), coalesce(known.updated_at + 1, 0)), c.n + 1
  FROM sync_counter AS c LEFT JOIN users AS known ON known.id = NEW.id WHERE true
  ON CONFLICT (id) DO UPDATE SET
    name = excluded.name, email = excluded.email, is_active = excluded.is_active,
    updated_at = excluded.updated_at, rev = excluded.rev;
  INSERT INTO sync_commits (n, base, nonce, at, fresh)
  SELECT n + 1, n, NEW.nonce, NEW.at, 0 FROM sync_counter;
  UPDATE sync_counter SET n = n + 1;
END;

-- What a replica asks first: whose database this is, and how far it has come.
CREATE VIEW sync_state (epoch, schema, min_protocol, n, nonce, now_ms) AS
SELECT m.epoch, (SELECT max(number) FROM schema_migrations), m.min_protocol, c.n,
  (SELECT nonce FROM sync_commits ORDER BY n DESC LIMIT 1),
  CAST(unixepoch('subsec') * 1000 AS INTEGER)
FROM sync_meta AS m, sync_counter AS c;

-- Every row as it travels: what it is (the first letter of its table), who holds it, its rev, the
-- instant that a retention window looks at, its columns.
CREATE VIEW sync_changes (t, scope, rev, at, row) AS
SELECT 'e', scope, rev, created_at, json_array(
    id, kind, parent_id, retry_of, mode, source, time_estimated, user_id, os_user, machine_id,
    replica_id, session_id, command, response, status, error_code, tags, context, model,
    tokens_used, cost_microusd, execution_time_ms, cwd, truncated, cancel_requested_at,
    cancelled_by, redaction_command, redaction_response, content_hash, version, created_at,
    updated_at, completed_at, deleted_at)
FROM entries
UNION ALL
SELECT 'u', CAST('g' AS TEXT), rev, CAST(9007199254740991 AS INTEGER), json_array(
    id, username, name, email, is_active, created_at, updated_at)
FROM users
UNION ALL
SELECT 'm', CAST('g' AS TEXT), rev, CAST(9007199254740991 AS INTEGER), json_array(
    id, hostname, ip_address, mac_address, os_info, aliases, version, first_seen, last_seen,
    updated_at)
FROM machines
UNION ALL
SELECT 's', scope, rev, started_at, json_array(
    id, parent_id, title, mode, user_id, os_user, machine_id, replica_id, started_at,
    last_active_at, ended_at, updated_at, deleted_at)
FROM sessions
UNION ALL
SELECT 'v', scope, rev, created_at, json_array(
    entry_id, voter, value, mode, user_id, machine_id, created_at, updated_at)
FROM votes;

-- The same of entries, by id: for what was refused, or differs.
CREATE VIEW sync_entry_rows (id, rev, row) AS
SELECT id, rev, json_array(
    id, kind, parent_id, retry_of, mode, source, time_estimated, user_id, os_user, machine_id,
    replica_id, session_id, command, response, status, error_code, tags, context, model,
    tokens_used, cost_microusd, execution_time_ms, cwd, truncated, cancel_requested_at,
    cancelled_by, redaction_command, redaction_response, content_hash, version, created_at,
    updated_at, completed_at, deleted_at)
FROM entries;

-- The same of all others; a vote goes by its entry. It is the acknowledgement of a push.
CREATE VIEW sync_small_rows (t, id, rev, row) AS
SELECT 'u', id, rev, json_array(
    id, username, name, email, is_active, created_at, updated_at)
FROM users
UNION ALL
SELECT 'm', id, rev, json_array(
    id, hostname, ip_address, mac_address, os_info, aliases, version, first_seen, last_seen,
    updated_at)
FROM machines
UNION ALL
SELECT 's', id, rev, json_array(
    id, parent_id, title, mode, user_id, os_user, machine_id, replica_id, started_at,
    last_active_at, ended_at, updated_at, deleted_at)
FROM sessions
UNION ALL
SELECT 'v', entry_id, rev, json_array(
    entry_id, voter, value, mode, user_id, machine_id, created_at, updated_at)
FROM votes;

-- What tells two versions of an entry apart: the acknowledgement of a push.
CREATE VIEW sync_entry_states (id, rev, state) AS
SELECT id, rev, json_array(
    version, content_hash, updated_at, replica_id, machine_id, completed_at, cancelled_by,
    cancel_requested_at, redaction_command, redaction_response, deleted_at)
FROM entries;

-- The plan's histories. One row may be in several of them; request_id is the id.
CREATE VIEW history_global AS
SELECT id, command, response, machine_id, user_id, created_at AS timestamp, tokens_used,
  execution_time_ms, tags, session_id, context, error_code, status, id AS request_id, updated_at,
  completed_at
FROM entries WHERE mode IN ('global', 'hybrid') AND deleted_at IS NULL;

CREATE VIEW history_user AS
SELECT id, user_id, command, response, machine_id, created_at AS timestamp, tokens_used,
  execution_time_ms, tags, session_id, context, error_code, status, id AS request_id, updated_at,
  completed_at
FROM entries WHERE mode IN ('user', 'hybrid') AND user_id IS NOT NULL AND deleted_at IS NULL;

CREATE VIEW history_machine AS
SELECT id, machine_id, command, response, user_id, created_at AS timestamp, tokens_used,
  execution_time_ms, tags, session_id, context, error_code, status, id AS request_id, updated_at,
  completed_at
FROM entries WHERE mode IN ('machine', 'hybrid') AND deleted_at IS NULL;

-- Commands that ran and worked, each once per machine and folder, with its newest output.
CREATE VIEW command_cache AS
SELECT machine_id || ' ' || coalesce(cwd, '') || ' ' || command AS command_hash, command,
  response AS output, cwd AS workspace_id, machine_id, max(created_at) AS last_executed,
  count(*) AS execution_count, CAST(avg(execution_time_ms) AS INTEGER) AS avg_execution_time_ms
FROM entries
WHERE kind = 'command' AND status = 'completed' AND error_code = '0' AND deleted_at IS NULL
  AND mode IN ('global', 'hybrid')
GROUP BY machine_id, cwd, command;
