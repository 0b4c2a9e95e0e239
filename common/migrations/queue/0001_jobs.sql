CREATE TABLE jobs (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    caller_group     TEXT NOT NULL,
    deduplication_id TEXT NOT NULL,
    body             TEXT NOT NULL,
    pushed_at        INTEGER NOT NULL,
    visible_at       INTEGER NOT NULL,
    leased_until     INTEGER NOT NULL DEFAULT 0,
    failures         INTEGER NOT NULL DEFAULT 0,
    postponements    INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX jobs_by_group ON jobs (caller_group, id);

CREATE TABLE recent_deduplication_ids (
    deduplication_id TEXT PRIMARY KEY,
    seen_at          INTEGER NOT NULL
);

CREATE TABLE dead_letters (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    caller_group     TEXT NOT NULL,
    deduplication_id TEXT NOT NULL,
    body             TEXT NOT NULL,
    reason           TEXT NOT NULL,
    died_at          INTEGER NOT NULL
);
