-- name: PutLimit :execrows
INSERT INTO limit_entry (id, number, take, begins, ends, review, provisional, call, reason, elsewhere, proposed_by, proposed,
  approved_by, approved, lifted_by, lifted, lifted_why, dialogue, withheld, matter, voice)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '', 0, '', 0, '', $13, $14, $15, $16)
ON CONFLICT (id) DO NOTHING;

-- name: GetLimit :one
SELECT * FROM limit_entry WHERE id = $1;

-- name: ListLimits :many
SELECT * FROM limit_entry ORDER BY (lifted > 0 OR ends <= sqlc.arg(now)), proposed DESC, id LIMIT sqlc.arg(most);

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
SELECT * FROM notice ORDER BY acknowledged > 0, at DESC, id LIMIT $1;

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
INSERT INTO lexicon (version, author, at, data, trade) VALUES ($1, $2, $3, $4, $5)
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
-- name: LimitsOfCall :many
SELECT * FROM limit_entry WHERE call = $1 AND call <> '' AND approved = 0 AND lifted = 0 ORDER BY id;

-- name: PutObjection :exec
INSERT INTO objection (id, entry, way, words, at, taken_by, due, decision, answer, done_by, done)
VALUES ($1, $2, $3, $4, $5, $6, $7, '', '', '', 0);

-- name: GetObjection :one
SELECT * FROM objection WHERE id = $1;

-- name: ListObjections :many
SELECT * FROM objection ORDER BY done > 0, due, id LIMIT $1;

-- name: AnswerObjection :execrows
UPDATE objection SET decision = sqlc.arg(decision), answer = sqlc.arg(answer), done_by = sqlc.arg(who), done = sqlc.arg(at)
WHERE id = sqlc.arg(id) AND done = 0;

-- name: PutExample :execrows
INSERT INTO example (call, at_ms, level, category, note, who, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (call, at_ms) DO NOTHING;

-- name: ListExamples :many
SELECT e.*, c.dir FROM example e JOIN call c ON c.id = e.call ORDER BY e.at DESC, e.call, e.at_ms LIMIT $1;

-- name: ExamplesOf :many
SELECT * FROM example WHERE call = $1 ORDER BY at_ms;

-- name: PutShadowReport :exec
INSERT INTO shadow_report (id, at, who, versions, enough, data) VALUES ($1, $2, $3, $4, $5, $6);

-- name: LastShadowReport :one
SELECT * FROM shadow_report ORDER BY at DESC, id DESC LIMIT 1;

-- name: CountShadowReports :one
SELECT count(*) FROM shadow_report WHERE versions = $1 AND enough;

-- name: PutTrial :exec
INSERT INTO trial (id, at, data) VALUES ($1, $2, $3)
ON CONFLICT (id) DO UPDATE SET data = excluded.data;

-- name: ListTrials :many
SELECT * FROM trial ORDER BY at DESC, id DESC LIMIT $1;

-- name: TrimTrials :exec
DELETE FROM trial WHERE id NOT IN (SELECT id FROM trial ORDER BY at DESC, id DESC LIMIT $1);

-- name: PutVoice :exec
INSERT INTO voiceprint (id, entry, incident, source, sealed, made, expires, erased, why) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, '');

-- name: ListVoices :many
SELECT * FROM voiceprint ORDER BY made, id;

-- name: EraseVoice :execrows
UPDATE voiceprint SET sealed = '', erased = sqlc.arg(at), why = sqlc.arg(why) WHERE id = sqlc.arg(id) AND erased = 0;

-- name: VoiceOfLimit :many
SELECT id FROM voiceprint WHERE entry = $1 AND erased = 0;
