-- Jobs whose work is cut into parts that can run side by side; the great majority has one part, and none of these rows.

ALTER TABLE jobs ADD COLUMN num_parts INTEGER NOT NULL DEFAULT 1;

-- How a job is cut: a JSON list of [first circuit, number of circuits] or [circuit, 1, first shot, number of shots].
CREATE TABLE plans (
    sequence INTEGER PRIMARY KEY,
    parts TEXT NOT NULL
) STRICT;

-- Results of some of the shots of a circuit.
CREATE TABLE shot_results (
    part_id INTEGER NOT NULL,
    first_shot INTEGER NOT NULL,
    num_shots INTEGER NOT NULL,
    content BLOB NOT NULL,
    files TEXT,
    PRIMARY KEY (part_id, first_shot)
) WITHOUT ROWID, STRICT;
