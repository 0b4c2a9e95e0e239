-- The superseded memories of an agent and caller, by age: the oldest go when there are too many.
CREATE INDEX memories_history ON memories (caller_id, agent_id, superseded_at, seq) WHERE superseded_by IS NOT NULL;
