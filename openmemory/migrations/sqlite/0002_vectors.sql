-- What a memory means, as numbers (little-endian f32, length 1), in the space of one embedding. A memory whose
-- vector is missing or of another space is judged by its words until the vector is made.

CREATE TABLE vectors (
    memory_id TEXT NOT NULL PRIMARY KEY REFERENCES memories (memory_id) ON DELETE CASCADE,
    space     TEXT NOT NULL,
    vector    BLOB NOT NULL
) STRICT;
