-- The events of an entry are found by the end of its id, which is random: two thirds smaller than an
-- index that repeats whole ids, of which every entry that was saved here has one.
DROP INDEX entry_events_by_entry;
CREATE INDEX entry_events_by_entry ON entry_events (substr(entry_id, -6));
