-- name: claim_job
UPDATE jobs
SET state = :state, worker_id = :worker_id, attempt = attempt + 1, started_us = :now_us, progress_done = 0, progress_total = 0
WHERE sequence = :sequence AND state = 'queued'
RETURNING *;

-- name: claimed_job
SELECT * FROM jobs
WHERE job_id = :job_id AND attempt = :attempt AND worker_id = :worker_id AND state = 'running';

-- name: note_progress
UPDATE jobs
SET progress_done = :progress_done, progress_total = :progress_total
WHERE job_id = :job_id AND attempt = :attempt AND worker_id = :worker_id AND state = 'running'
RETURNING sequence;

-- name: end_run
UPDATE jobs
SET state = :state,
    worker_id = NULL,
    crashes = :crashes,
    error = :error,
    cpu_s = cpu_s + :cpu_s,
    peak_memory_bytes = max(peak_memory_bytes, :peak_memory_bytes),
    finished_us = :now_us
WHERE sequence = :sequence AND attempt = :attempt AND worker_id = :worker_id AND state = 'running'
RETURNING *;

-- name: requeue_run
UPDATE jobs
SET state = :state,
    worker_id = NULL,
    crashes = :crashes,
    cpu_s = cpu_s + :cpu_s,
    peak_memory_bytes = max(peak_memory_bytes, :peak_memory_bytes),
    progress_done = 0,
    progress_total = 0
WHERE sequence = :sequence AND attempt = :attempt AND worker_id = :worker_id AND state = 'running'
RETURNING *;

-- name: cancel_requests
SELECT job_id FROM jobs
WHERE state = 'running' AND worker_id = :worker_id AND cancel_requested
ORDER BY sequence;

-- name: running_jobs_without_worker
-- The index is named, because otherwise SQLite reads the whole table.
SELECT sequence FROM jobs INDEXED BY running_jobs
WHERE state = 'running' AND worker_id NOT IN (SELECT worker_id FROM workers);

-- name: put_worker
INSERT OR REPLACE INTO workers (worker_id, pid, process_started, boot_id, port, started_us)
VALUES (:worker_id, :pid, :process_started, :boot_id, :port, :started_us);

-- name: worker
SELECT worker_id, pid, process_started, boot_id, port, started_us FROM workers WHERE worker_id = :worker_id;

-- name: workers
SELECT worker_id, pid, process_started, boot_id, port, started_us FROM workers ORDER BY started_us, worker_id;

-- name: delete_worker
DELETE FROM workers WHERE worker_id = :worker_id;

-- name: add_usage
UPDATE jobs
SET cpu_s = cpu_s + :cpu_s, peak_memory_bytes = max(peak_memory_bytes, :peak_memory_bytes)
WHERE sequence = :sequence;
