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
SELECT job_id, files FROM results JOIN jobs ON sequence = part_id >> 20 WHERE files IS NOT NULL ORDER BY part_id;
