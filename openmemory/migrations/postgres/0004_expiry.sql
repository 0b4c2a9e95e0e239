-- From this moment on a memory is as if it were not there; one without it stays.
ALTER TABLE memories ADD COLUMN expires_at BIGINT;

CREATE INDEX memories_expiry ON memories (expires_at) WHERE expires_at IS NOT NULL;
