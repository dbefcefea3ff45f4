-- name: insert_event
INSERT INTO events (part_id, time_us, event, state, attempt, worker_id, reason)
SELECT ifnull(max(part_id) + 1, :first), :time_us, :event, :state, :attempt, :worker_id, :reason
FROM events
WHERE part_id >= :first AND part_id < :after
HAVING ifnull(max(part_id) + 1, :first) < :after;

-- name: events
SELECT time_us, event, state, attempt, worker_id, reason FROM events
WHERE part_id >= :first AND part_id < :after
ORDER BY part_id;

-- name: delete_events
DELETE FROM events WHERE part_id >= :first AND part_id < :after;

-- name: last_log_piece
SELECT position, characters FROM logs WHERE sequence = :sequence ORDER BY position DESC LIMIT 1;

-- name: insert_log_piece
INSERT INTO logs (sequence, position, characters, content) VALUES (:sequence, :position, :characters, :content);

-- name: lengthen_log_piece
UPDATE logs
SET content = content || :content, characters = characters + :characters
WHERE sequence = :sequence AND position = :position;

-- name: drop_log_pieces
DELETE FROM logs WHERE sequence = :sequence AND position >= :first AND position + characters <= :last;

-- name: log_pieces
SELECT position, characters, content FROM logs WHERE sequence = :sequence ORDER BY position;

-- name: delete_log
DELETE FROM logs WHERE sequence = :sequence;
