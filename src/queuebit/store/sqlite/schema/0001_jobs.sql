-- The first schema. Times are whole microseconds since 1970 in UTC; objects and lists are JSON, NULL when empty.
--
-- part_id is the sequence of a job times 2^20 plus the place of one of its parts: circuit, result or event 0, 1, 2... SQLite reads and
-- writes tables by such a number three times as fast as tables by a key of two columns, and they are smaller.

-- One row a job. Whatever lists jobs reads the index below (facets, blocks, postings), never this table from end to end.
CREATE TABLE jobs (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    attempt INTEGER NOT NULL DEFAULT 0,
    crashes INTEGER NOT NULL DEFAULT 0,
    worker_id TEXT,
    priority INTEGER NOT NULL,
    max_attempts INTEGER NOT NULL,
    time_limit_s REAL,
    memory_limit_bytes INTEGER,
    threads INTEGER,
    num_circuits INTEGER NOT NULL,
    progress_done INTEGER NOT NULL DEFAULT 0,
    progress_total INTEGER NOT NULL DEFAULT 0,
    cpu_s REAL NOT NULL DEFAULT 0,
    peak_memory_bytes INTEGER NOT NULL DEFAULT 0,
    created_us INTEGER NOT NULL,
    started_us INTEGER,
    finished_us INTEGER,
    name TEXT NOT NULL,
    backend_name TEXT NOT NULL,
    backend_options TEXT,
    options TEXT,
    tags TEXT,
    metadata TEXT,
    idempotency_key TEXT,
    error TEXT
) STRICT;

-- The queue, in the order in which jobs are taken.
CREATE INDEX queued_jobs ON jobs (priority DESC, sequence) WHERE state = 'queued';

CREATE INDEX running_jobs ON jobs (worker_id, sequence) WHERE state = 'running';

CREATE UNIQUE INDEX job_of_idempotency_key ON jobs (idempotency_key) WHERE idempotency_key IS NOT NULL;

-- Circuits by their content: equal ones are here once.
CREATE TABLE circuits (
    circuit_id INTEGER PRIMARY KEY,
    sha256 BLOB NOT NULL UNIQUE,
    content BLOB NOT NULL
) STRICT;

-- Which circuits a job has.
CREATE TABLE job_circuits (
    part_id INTEGER PRIMARY KEY,
    circuit_id INTEGER NOT NULL
) STRICT;

-- Who uses a circuit: one that nobody does goes with its last job.
CREATE INDEX users_of_circuit ON job_circuits (circuit_id);

CREATE TABLE results (
    part_id INTEGER PRIMARY KEY,
    content BLOB NOT NULL,
    files TEXT
) STRICT;

-- Each job's story.
CREATE TABLE events (
    part_id INTEGER PRIMARY KEY,
    time_us INTEGER NOT NULL,
    event TEXT NOT NULL,
    state TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    worker_id TEXT,
    reason TEXT
) STRICT;

-- What runs printed, in pieces; position counts the characters before a piece.
CREATE TABLE logs (
    sequence INTEGER NOT NULL,
    position INTEGER NOT NULL,
    characters INTEGER NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (sequence, position)
) WITHOUT ROWID, STRICT;

CREATE TABLE workers (
    worker_id TEXT PRIMARY KEY,
    pid INTEGER NOT NULL,
    process_started REAL NOT NULL,
    boot_id TEXT NOT NULL,
    port INTEGER NOT NULL,
    started_us INTEGER NOT NULL
) WITHOUT ROWID, STRICT;

-- What jobs can be listed by, with the number of jobs that have it: each state, backend, name and tag.
CREATE TABLE facets (
    facet_id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    jobs INTEGER NOT NULL,
    UNIQUE (kind, value)
) STRICT;

-- 4096 jobs each, by their sequence, with the range of times in which they were submitted.
CREATE TABLE blocks (
    block INTEGER PRIMARY KEY,
    first_created_us INTEGER NOT NULL,
    last_created_us INTEGER NOT NULL
) STRICT;

-- Which jobs of a block have a facet: a bit each, or their places where they are few.
CREATE TABLE postings (
    block INTEGER NOT NULL,
    facet_id INTEGER NOT NULL,
    members BLOB NOT NULL,
    PRIMARY KEY (block, facet_id)
) WITHOUT ROWID, STRICT;

INSERT INTO facets (facet_id, kind, value, jobs) VALUES
    (1, 'state', 'queued', 0),
    (2, 'state', 'running', 0),
    (3, 'state', 'done', 0),
    (4, 'state', 'cancelled', 0),
    (5, 'state', 'error', 0);
