-- name: insert_job
INSERT INTO jobs (
    job_id, state, priority, max_attempts, time_limit_s, memory_limit_bytes, threads, num_circuits, num_parts, created_us, name,
    backend_name, backend_options, options, tags, metadata, idempotency_key
) VALUES (
    :job_id, :state, :priority, :max_attempts, :time_limit_s, :memory_limit_bytes, :threads, :num_circuits, :num_parts, :created_us, :name,
    :backend_name, :backend_options, :options, :tags, :metadata, :idempotency_key
)
ON CONFLICT (job_id) DO NOTHING
RETURNING sequence;

-- name: restore_job
UPDATE jobs
SET cancel_requested = :cancel_requested,
    attempt = :attempt,
    crashes = :crashes,
    progress_done = :progress_done,
    progress_total = :progress_total,
    cpu_s = :cpu_s,
    peak_memory_bytes = :peak_memory_bytes,
    started_us = :started_us,
    finished_us = :finished_us,
    error = :error
WHERE sequence = :sequence;

-- name: job_by_sequence
SELECT * FROM jobs WHERE sequence = :sequence;

-- name: job_by_id
SELECT * FROM jobs WHERE job_id = :job_id;

-- name: jobs_in_other_states
SELECT known.key, jobs.*
FROM json_each(:known) AS known LEFT JOIN jobs ON jobs.job_id = known.key
WHERE jobs.state IS NOT known.value;

-- name: job_by_idempotency_key
SELECT * FROM jobs WHERE idempotency_key = :idempotency_key;

-- name: job_ids_between
SELECT job_id FROM jobs WHERE job_id >= :first AND job_id < :after ORDER BY job_id LIMIT :limit;

-- name: update_job
UPDATE jobs
SET name = :name, tags = :tags, priority = :priority
WHERE sequence = :sequence;

-- name: request_cancel
UPDATE jobs SET cancel_requested = 1 WHERE sequence = :sequence;

-- name: cancel_queued_job
UPDATE jobs
SET state = :state, cancel_requested = 1, finished_us = :now_us
WHERE sequence = :sequence AND state = 'queued';

-- name: delete_job
DELETE FROM jobs WHERE sequence = :sequence;

-- name: next_jobs
SELECT sequence FROM jobs WHERE state = 'queued' ORDER BY priority DESC, sequence LIMIT :limit;

-- name: next_urgent_jobs
SELECT sequence FROM jobs
WHERE state = 'queued' AND priority > :above
ORDER BY priority DESC, sequence
LIMIT :limit;

-- name: jobs_ahead
SELECT count(*) FROM jobs
WHERE state = 'queued' AND (priority > :priority OR (priority = :priority AND sequence < :sequence));
