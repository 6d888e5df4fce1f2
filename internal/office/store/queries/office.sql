-- name: PutLimit :execrows
INSERT INTO limit_entry (id, number, take, begins, ends, review, provisional, call, reason, elsewhere, proposed_by, proposed,
  approved_by, approved, lifted_by, lifted, lifted_why)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '', 0, '', 0, '')
ON CONFLICT (id) DO NOTHING;

-- name: GetLimit :one
SELECT * FROM limit_entry WHERE id = $1;

-- name: ListLimits :many
SELECT * FROM limit_entry ORDER BY proposed DESC, id LIMIT $1;

-- name: LimitsUntil :many
SELECT * FROM limit_entry WHERE ends > $1 AND lifted = 0 AND (provisional OR approved > 0) ORDER BY ends, id;

-- name: ApproveLimit :execrows
UPDATE limit_entry SET approved_by = sqlc.arg(who), approved = sqlc.arg(at), begins = sqlc.arg(begins), ends = sqlc.arg(ends),
  review = sqlc.arg(review)
WHERE id = sqlc.arg(id) AND approved = 0 AND lifted = 0 AND NOT provisional AND proposed_by <> sqlc.arg(who);

-- name: LiftLimit :execrows
UPDATE limit_entry SET lifted_by = sqlc.arg(who), lifted = sqlc.arg(at), lifted_why = sqlc.arg(why)
WHERE id = sqlc.arg(id) AND lifted = 0;

-- name: PutNotice :execrows
INSERT INTO notice (id, call, level, category, state, at, escalated, acknowledged_by, acknowledged, note, resolved)
VALUES ($1, $2, $3, $4, 'triggered', $5, 0, '', 0, '', 0)
ON CONFLICT (call, level) DO NOTHING;

-- name: GetNotice :one
SELECT * FROM notice WHERE id = $1;

-- name: ListNotices :many
SELECT * FROM notice ORDER BY at DESC, id LIMIT $1;

-- name: DueNotices :many
SELECT * FROM notice WHERE state = 'triggered' AND at <= $1 ORDER BY at, id;

-- name: EscalateNotice :execrows
UPDATE notice SET state = 'escalated', escalated = $2 WHERE id = $1 AND state = 'triggered';

-- name: AcknowledgeNotice :execrows
UPDATE notice SET state = 'acknowledged', acknowledged_by = $2, acknowledged = $3, note = $4
WHERE id = $1 AND acknowledged = 0;

-- name: ResolveNotices :many
UPDATE notice SET state = 'resolved', resolved = $2 WHERE call = $1 AND state = 'acknowledged' RETURNING *;

-- name: PutSetting :execrows
INSERT INTO setting (version, author, at, reason, data) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (version) DO NOTHING;

-- name: LastSetting :one
SELECT * FROM setting ORDER BY version DESC LIMIT 1;

-- name: Bump :one
INSERT INTO revision (name, value) VALUES ($1, 1)
ON CONFLICT (name) DO UPDATE SET value = revision.value + 1
RETURNING value;

-- name: GetRevision :one
SELECT value FROM revision WHERE name = $1;

-- name: PutDelivery :exec
INSERT INTO outbox (id, channel, payload, state, attempts, next_try, created, error) VALUES ($1, $2, $3, 'waiting', 0, $4, $5, '')
ON CONFLICT (id) DO NOTHING;

-- name: DueDeliveries :many
SELECT * FROM outbox WHERE state = 'waiting' AND next_try <= $1 ORDER BY next_try, id LIMIT $2;

-- name: HoldDelivery :execrows
UPDATE outbox SET attempts = attempts + 1, next_try = sqlc.arg(next_try)
WHERE id = sqlc.arg(id) AND state = 'waiting' AND attempts = sqlc.arg(attempts);

-- name: EndDelivery :exec
UPDATE outbox SET state = $2, error = $3 WHERE id = $1;

-- name: GetDelivery :one
SELECT * FROM outbox WHERE id = $1;

-- name: PutLexicon :execrows
INSERT INTO lexicon (version, author, at, data) VALUES ($1, $2, $3, $4)
ON CONFLICT (version) DO NOTHING;

-- name: LastLexicon :one
SELECT * FROM lexicon ORDER BY version DESC LIMIT 1;

-- name: PutTranscription :execrows
INSERT INTO transcription (id, call, machine, who, at, state, begun, reason) VALUES ($1, $2, $3, $4, $5, 'waiting', 0, '')
ON CONFLICT DO NOTHING;

-- name: BeginTranscription :execrows
UPDATE transcription SET state = 'running', begun = begun + 1 WHERE id = $1 AND machine = $2 AND state IN ('waiting', 'running');

-- name: EndTranscription :execrows
UPDATE transcription SET state = sqlc.arg(state), reason = sqlc.arg(reason) WHERE id = sqlc.arg(id) AND state IN ('waiting', 'running');

-- name: OpenTranscriptions :many
SELECT * FROM transcription WHERE machine = $1 AND state IN ('waiting', 'running') ORDER BY at, id;

-- name: LastTranscription :one
SELECT * FROM transcription WHERE call = $1 ORDER BY at DESC, id DESC LIMIT 1;
