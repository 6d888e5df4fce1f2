-- name: PutCall :exec
INSERT INTO call (id, began, duration_ms, direction, trunk, from_raw, from_e164, from_withheld, to_raw, to_e164, peak,
  categories, stage, actions, ended_by, ended_why, preset, lexicon, program, dir, state, broken, sealed, seal_lines, seal_last, lost, marks)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27)
ON CONFLICT (id) DO UPDATE SET began = excluded.began, duration_ms = excluded.duration_ms, direction = excluded.direction,
  trunk = excluded.trunk, from_raw = excluded.from_raw, from_e164 = excluded.from_e164, from_withheld = excluded.from_withheld,
  to_raw = excluded.to_raw, to_e164 = excluded.to_e164, peak = excluded.peak, categories = excluded.categories,
  stage = excluded.stage, actions = excluded.actions, ended_by = excluded.ended_by, ended_why = excluded.ended_why,
  preset = excluded.preset, lexicon = excluded.lexicon, program = excluded.program, dir = excluded.dir, state = excluded.state,
  broken = excluded.broken, sealed = excluded.sealed, seal_lines = excluded.seal_lines, seal_last = excluded.seal_last, lost = excluded.lost,
  marks = excluded.marks;

-- name: GetCall :one
SELECT * FROM call WHERE id = $1;

-- name: ListCalls :many
SELECT * FROM call
WHERE (began < sqlc.arg(before) OR (began = sqlc.arg(before) AND id < sqlc.arg(before_id)))
  AND began >= sqlc.arg(since) AND peak >= sqlc.arg(level)
  AND categories LIKE sqlc.arg(category) AND from_e164 LIKE sqlc.arg(number)
ORDER BY began DESC, id DESC LIMIT sqlc.arg(most);

-- name: SearchCalls :many
SELECT * FROM call
WHERE (began < sqlc.arg(before) OR (began = sqlc.arg(before) AND id < sqlc.arg(before_id)))
  AND began >= sqlc.arg(since) AND peak >= sqlc.arg(level)
  AND categories LIKE sqlc.arg(category) AND from_e164 LIKE sqlc.arg(number)
  AND id IN (SELECT l.call FROM call_line l WHERE l.words LIKE CAST(sqlc.arg(words) AS TEXT) ESCAPE '\')
ORDER BY began DESC, id DESC LIMIT sqlc.arg(most);

-- name: DropLines :exec
DELETE FROM call_line WHERE call = $1;

-- name: PutLine :exec
INSERT INTO call_line (call, seq, part, at_ms, kind, words, line) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: ListLines :many
SELECT * FROM call_line WHERE call = $1 ORDER BY seq, part;

-- name: PutCut :exec
INSERT INTO auto_cut (call, day) VALUES ($1, $2) ON CONFLICT (call) DO NOTHING;

-- name: CountCuts :one
SELECT count(*) FROM auto_cut WHERE day = $1;

-- name: PutIncident :execrows
INSERT INTO incident (id, call, category, level, status, created, moved_by, moved, outcome, review)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', '{}')
ON CONFLICT (call) DO NOTHING;

-- name: GetIncident :one
SELECT * FROM incident WHERE id = $1;

-- name: IncidentOf :one
SELECT * FROM incident WHERE call = $1;

-- name: ListIncidents :many
SELECT * FROM incident ORDER BY status = 'closed', created DESC, id LIMIT $1;

-- name: MoveIncident :execrows
UPDATE incident SET status = sqlc.arg(status), moved_by = sqlc.arg(who), moved = sqlc.arg(at), outcome = sqlc.arg(outcome), review = sqlc.arg(review),
  proposed = sqlc.arg(proposed), types = sqlc.arg(types), types_version = sqlc.arg(types_version), types_by = sqlc.arg(types_by), types_at = sqlc.arg(types_at)
WHERE id = sqlc.arg(id) AND status <> sqlc.arg(status) AND status <> 'closed';

-- name: StateTypes :execrows
UPDATE incident SET proposed = sqlc.arg(proposed), types = sqlc.arg(types), types_version = types_version + 1, types_by = sqlc.arg(who), types_at = sqlc.arg(at)
WHERE id = sqlc.arg(id) AND status = 'closed' AND outcome = 'harassment' AND types_version = sqlc.arg(before);

-- name: ClosedIncidents :many
SELECT * FROM incident WHERE status = 'closed' AND moved >= sqlc.arg(since) AND moved < sqlc.arg(until) ORDER BY moved, id;

-- name: CallIDs :many
SELECT id FROM call ORDER BY id;

-- name: DropCall :exec
DELETE FROM call WHERE id = $1;


-- name: CallsOfNumber :many
SELECT c.id, c.began, c.categories, c.marks, i.id AS incident, i.status, i.outcome
FROM call c LEFT JOIN incident i ON i.call = c.id
WHERE c.from_e164 = sqlc.arg(number) AND c.began >= sqlc.arg(since) AND c.direction = 'inbound'
ORDER BY c.began, c.id;

-- name: FoldersSince :many
SELECT id, began, dir FROM call WHERE began >= sqlc.arg(since) AND state <> 'broken' ORDER BY began DESC, id DESC LIMIT sqlc.arg(most);
