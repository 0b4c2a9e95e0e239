-- What a memory means, in the space of one embedding. Applied only when an embedding is chosen: without one,
-- PostgreSQL needs no pgvector. A memory whose vector is missing or of another space is judged by its words
-- until the vector is made.

CREATE EXTENSION IF NOT EXISTS vector;

CREATE TABLE vectors (
    memory_id TEXT COLLATE "C" PRIMARY KEY REFERENCES memories (memory_id) ON DELETE CASCADE,
    space     TEXT COLLATE "C" NOT NULL,
    vector    vector NOT NULL
);
