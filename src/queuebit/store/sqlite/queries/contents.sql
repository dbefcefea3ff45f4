-- name: circuit_of_content
SELECT circuit_id FROM circuits WHERE sha256 = :sha256;

-- name: insert_circuit
INSERT INTO circuits (sha256, content) VALUES (:sha256, :content) RETURNING circuit_id;

-- name: use_circuit
INSERT INTO job_circuits (part_id, circuit_id) VALUES (:part_id, :circuit_id);

-- name: circuits_of_job
SELECT circuit_id FROM job_circuits WHERE part_id >= :first AND part_id < :after ORDER BY part_id;

-- name: circuit_content
SELECT content FROM circuits WHERE circuit_id = :circuit_id;

-- name: circuit_contents_of_job
SELECT content FROM job_circuits JOIN circuits USING (circuit_id)
WHERE part_id >= :first AND part_id < :after
ORDER BY part_id;

-- name: forget_circuits_of_job
DELETE FROM job_circuits WHERE part_id >= :first AND part_id < :after;

-- name: delete_circuit_without_user
DELETE FROM circuits
WHERE circuit_id = :circuit_id AND NOT EXISTS (SELECT 1 FROM job_circuits WHERE circuit_id = :circuit_id);

-- name: circuits_without_user
SELECT count(*) FROM circuits
WHERE NOT EXISTS (SELECT 1 FROM job_circuits WHERE job_circuits.circuit_id = circuits.circuit_id);

-- name: delete_circuits_without_user
DELETE FROM circuits WHERE NOT EXISTS (SELECT 1 FROM job_circuits WHERE job_circuits.circuit_id = circuits.circuit_id);

-- name: insert_result
INSERT INTO results (part_id, content, files) VALUES (:part_id, :content, :files)
ON CONFLICT (part_id) DO NOTHING;

-- name: result_files
SELECT files FROM results WHERE part_id = :part_id;

-- name: replace_result
UPDATE results SET content = :content, files = :files WHERE part_id = :part_id;

-- name: results_of_job
SELECT part_id, content, files FROM results WHERE part_id >= :first AND part_id < :after ORDER BY part_id;

-- name: result_ids_of_job
SELECT part_id FROM results WHERE part_id >= :first AND part_id < :after;

-- name: delete_results_of_job
DELETE FROM results WHERE part_id >= :first AND part_id < :after RETURNING files;

-- name: files_of_results
SELECT job_id, named.files
FROM (SELECT part_id, files FROM results UNION ALL SELECT part_id, files FROM shot_results) AS named
JOIN jobs ON sequence = part_id >> 20
WHERE named.files IS NOT NULL
ORDER BY part_id;

-- name: insert_plan
INSERT INTO plans (sequence, parts) VALUES (:sequence, :parts);

-- name: plan
SELECT parts FROM plans WHERE sequence = :sequence;

-- name: delete_plan
DELETE FROM plans WHERE sequence = :sequence;

-- name: insert_shot_result
INSERT INTO shot_results (part_id, first_shot, num_shots, content, files)
VALUES (:part_id, :first_shot, :num_shots, :content, :files)
ON CONFLICT (part_id, first_shot) DO NOTHING;

-- name: shot_result_files
SELECT files FROM shot_results WHERE part_id = :part_id AND first_shot = :first_shot;

-- name: replace_shot_result
UPDATE shot_results
SET num_shots = :num_shots, content = :content, files = :files
WHERE part_id = :part_id AND first_shot = :first_shot;

-- name: shot_results_of_job
SELECT part_id, first_shot, num_shots, content, files FROM shot_results
WHERE part_id >= :first AND part_id < :after
ORDER BY part_id, first_shot;

-- name: shot_result_ids_of_job
SELECT part_id, first_shot FROM shot_results WHERE part_id >= :first AND part_id < :after;

-- name: delete_shot_results_of_job
DELETE FROM shot_results WHERE part_id >= :first AND part_id < :after RETURNING files;

-- name: cut_jobs
SELECT jobs.*, plans.parts, EXISTS (
    SELECT 1 FROM shot_results
    WHERE shot_results.part_id >= jobs.sequence << 20 AND shot_results.part_id < (jobs.sequence + 1) << 20
)
FROM jobs LEFT JOIN plans USING (sequence)
WHERE num_parts <> 1 OR plans.sequence IS NOT NULL;

-- name: parts_without_job
SELECT
    (SELECT count(*) FROM plans WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.sequence = plans.sequence)),
    (SELECT count(*) FROM shot_results WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.sequence = part_id >> 20));

-- name: delete_plans_without_job
DELETE FROM plans WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.sequence = plans.sequence);

-- name: delete_shot_results_without_job
DELETE FROM shot_results WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.sequence = part_id >> 20);

-- name: join_parts
UPDATE jobs SET num_parts = 1 WHERE sequence = :sequence;
