-- The sums of the counts over all hours and days, which triggers keep: `history stats` reads some
-- hundred rows of them instead of one for each day and account. Rows of counts are added and
-- deleted, never updated; a sum may fall to 0.

CREATE TABLE usage_totals (
  mode    TEXT    NOT NULL,
  private INTEGER NOT NULL,
  kind    TEXT    NOT NULL,
  status  TEXT    NOT NULL,
  upto_ms INTEGER NOT NULL,
  n       INTEGER NOT NULL,
  ok      INTEGER NOT NULL,
  time_ms INTEGER NOT NULL,
  PRIMARY KEY (mode, private, kind, status, upto_ms)
) STRICT, WITHOUT ROWID;
INSERT INTO usage_totals
SELECT mode, private, kind, status, upto_ms, sum(n), sum(ok), sum(time_ms) FROM usage_hours
GROUP BY mode, private, kind, status, upto_ms;

CREATE TRIGGER usage_hours_added AFTER INSERT ON usage_hours BEGIN
  INSERT INTO usage_totals
  VALUES (new.mode, new.private, new.kind, new.status, new.upto_ms, new.n, new.ok, new.time_ms)
  ON CONFLICT DO UPDATE SET n = n + new.n, ok = ok + new.ok, time_ms = time_ms + new.time_ms;
END;
CREATE TRIGGER usage_hours_deleted AFTER DELETE ON usage_hours BEGIN
  UPDATE usage_totals SET n = n - old.n, ok = ok - old.ok, time_ms = time_ms - old.time_ms
  WHERE mode = old.mode AND private = old.private AND kind = old.kind AND status = old.status
    AND upto_ms = old.upto_ms;
END;

CREATE TABLE usage_who_totals (
  who     INTEGER NOT NULL,
  mode    TEXT    NOT NULL,
  private INTEGER NOT NULL,
  kind    TEXT    NOT NULL,
  status  TEXT    NOT NULL,
  n       INTEGER NOT NULL,
  tokens  INTEGER NOT NULL,
  PRIMARY KEY (who, mode, private, kind, status)
) STRICT, WITHOUT ROWID;
INSERT INTO usage_who_totals
SELECT who, mode, private, kind, status, sum(n), sum(tokens) FROM usage_days
GROUP BY who, mode, private, kind, status;

CREATE TRIGGER usage_days_added AFTER INSERT ON usage_days BEGIN
  INSERT INTO usage_who_totals
  VALUES (new.who, new.mode, new.private, new.kind, new.status, new.n, new.tokens)
  ON CONFLICT DO UPDATE SET n = n + new.n, tokens = tokens + new.tokens;
END;
CREATE TRIGGER usage_days_deleted AFTER DELETE ON usage_days BEGIN
  UPDATE usage_who_totals SET n = n - old.n, tokens = tokens - old.tokens
  WHERE who = old.who AND mode = old.mode AND private = old.private AND kind = old.kind
    AND status = old.status;
END;
