-- The ids that belong to one person. Everything is stored under the main id; a link leads there.
CREATE TABLE links (
    caller_id TEXT    NOT NULL PRIMARY KEY,
    main_id   TEXT    NOT NULL,
    linked_at INTEGER NOT NULL,
    linked_by TEXT
) STRICT;

CREATE INDEX links_of_person ON links (main_id);

-- The linked id under which a memory was told. Without it, the memory was told under its caller id.
ALTER TABLE memories ADD COLUMN told_as TEXT;
