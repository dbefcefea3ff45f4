-- name: count_facet
INSERT INTO facets (kind, value, jobs) VALUES (:kind, :value, :change)
ON CONFLICT (kind, value) DO UPDATE SET jobs = jobs + excluded.jobs
RETURNING facet_id, jobs;

-- name: delete_facet
DELETE FROM facets WHERE facet_id = :facet_id;

-- name: facet
SELECT facet_id, jobs FROM facets WHERE kind = :kind AND value = :value;

-- name: facets_of_kind
SELECT value, jobs FROM facets WHERE kind = :kind;

-- name: counted_facets
SELECT kind, value, jobs FROM facets;

-- name: widen_block
INSERT INTO blocks (block, first_created_us, last_created_us) VALUES (:block, :first_us, :last_us)
ON CONFLICT (block) DO UPDATE
SET first_created_us = min(first_created_us, excluded.first_created_us),
    last_created_us = max(last_created_us, excluded.last_created_us);

-- name: delete_empty_block
DELETE FROM blocks WHERE block = :block AND NOT EXISTS (SELECT 1 FROM postings WHERE block = :block);

-- name: blocks_ascending
SELECT block, first_created_us, last_created_us FROM blocks ORDER BY block;

-- name: blocks_descending
SELECT block, first_created_us, last_created_us FROM blocks ORDER BY block DESC;

-- name: members
SELECT members FROM postings WHERE block = :block AND facet_id = :facet_id;

-- name: postings_of_block
SELECT kind, value, members FROM postings LEFT JOIN facets USING (facet_id) WHERE block = :block;

-- name: put_members
INSERT OR REPLACE INTO postings (block, facet_id, members) VALUES (:block, :facet_id, :members);

-- name: delete_members
DELETE FROM postings WHERE block = :block AND facet_id = :facet_id;

-- name: created_between
SELECT sequence FROM jobs
WHERE sequence >= :first AND sequence < :after AND created_us > :after_us AND created_us < :before_us;

-- name: facets_of_jobs_between
SELECT sequence, created_us, state, backend_name, name, tags FROM jobs WHERE sequence >= :first AND sequence < :after;

-- name: all_blocks
SELECT block FROM blocks UNION SELECT block FROM postings UNION SELECT DISTINCT sequence >> 12 FROM jobs ORDER BY 1;

-- name: range_of_block
SELECT first_created_us, last_created_us FROM blocks WHERE block = :block;

-- name: delete_all_postings
DELETE FROM postings;

-- name: delete_all_blocks
DELETE FROM blocks;

-- name: delete_facets_but_states
DELETE FROM facets WHERE kind <> 'state';

-- name: count_states_from_zero
UPDATE facets SET jobs = 0;
