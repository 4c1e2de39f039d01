-- Conversations as people look for them: the newest first, of all or of one user, those with a
-- title, one by its short id.
CREATE INDEX sessions_by_activity ON sessions (last_active_at, id) WHERE deleted_at IS NULL;
CREATE INDEX sessions_by_user     ON sessions (user_id, last_active_at, id)
  WHERE user_id IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX sessions_titled      ON sessions (last_active_at, id)
  WHERE title IS NOT NULL AND deleted_at IS NULL;
CREATE INDEX sessions_by_tail     ON sessions (substr(id, 25));
