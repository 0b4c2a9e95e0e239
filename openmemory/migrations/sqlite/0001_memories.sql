-- Times are microseconds since 1970-01-01 UTC. Metadata, profile data and receipts are JSON as given.

CREATE TABLE memories (
    seq                 INTEGER PRIMARY KEY AUTOINCREMENT,
    memory_id           TEXT    NOT NULL UNIQUE,
    caller_id           TEXT    NOT NULL,
    agent_id            TEXT    NOT NULL,
    content             TEXT    NOT NULL,
    metadata            TEXT    NOT NULL,
    importance          INTEGER NOT NULL CHECK (importance BETWEEN 1 AND 10),
    reinforcement_count INTEGER NOT NULL CHECK (reinforcement_count >= 1),
    created_at          INTEGER NOT NULL,
    updated_at          INTEGER NOT NULL,
    happened_at         INTEGER NOT NULL,
    superseded_by       TEXT,
    superseded_at       INTEGER,
    CHECK ((superseded_by IS NULL) = (superseded_at IS NULL))
) STRICT;

-- A caller's living memories are found without looking at anybody else's.
CREATE INDEX memories_living ON memories (caller_id, agent_id, seq) WHERE superseded_by IS NULL;
CREATE INDEX memories_of_caller ON memories (caller_id);

CREATE TABLE profiles (
    agent_id   TEXT    NOT NULL,
    caller_id  TEXT    NOT NULL,
    data       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (caller_id, agent_id)
) STRICT;

CREATE INDEX profiles_expiry ON profiles (expires_at);

-- What was answered under an idempotency key. Holds ids and numbers, never content.
CREATE TABLE receipts (
    caller_id TEXT    NOT NULL,
    key       TEXT    NOT NULL,
    position  INTEGER NOT NULL,
    receipt   TEXT    NOT NULL,
    PRIMARY KEY (caller_id, key, position)
) STRICT;
