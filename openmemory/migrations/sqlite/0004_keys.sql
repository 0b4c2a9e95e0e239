-- What a memory is found by without being read: its words in every stem, and what all facts share that could say the
-- same. A memory without them is always looked at.
ALTER TABLE memories ADD COLUMN terms TEXT;
ALTER TABLE memories ADD COLUMN claim TEXT;

CREATE INDEX memories_claims ON memories (caller_id, claim) WHERE superseded_by IS NULL;
