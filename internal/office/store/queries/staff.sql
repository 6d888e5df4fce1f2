-- name: PutStaff :exec
INSERT INTO staff (id, login, name, role, rights, password, disabled, must_change, created)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (id) DO UPDATE SET login = excluded.login, name = excluded.name, role = excluded.role, rights = excluded.rights,
  password = excluded.password, disabled = excluded.disabled, must_change = excluded.must_change;

-- name: GetStaff :one
SELECT * FROM staff WHERE id = $1;

-- name: GetStaffByLogin :one
SELECT * FROM staff WHERE login = $1;

-- name: ListStaff :many
SELECT * FROM staff ORDER BY created, id;

-- name: PutSession :exec
INSERT INTO session (token, data, expires) VALUES ($1, $2, $3)
ON CONFLICT (token) DO UPDATE SET data = excluded.data, expires = excluded.expires;

-- name: GetSession :one
SELECT data FROM session WHERE token = $1 AND expires > $2;

-- name: DeleteSession :exec
DELETE FROM session WHERE token = $1;

-- name: DeleteSessionsUntil :exec
DELETE FROM session WHERE expires <= $1;

-- name: LastTrail :one
SELECT * FROM trail ORDER BY seq DESC LIMIT 1;

-- name: AppendTrail :exec
INSERT INTO trail (seq, at, who, what, subject, detail, prev, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: ListTrail :many
SELECT * FROM trail WHERE seq < $1 ORDER BY seq DESC LIMIT $2;

-- name: WalkTrail :many
SELECT * FROM trail WHERE seq > $1 ORDER BY seq LIMIT $2;

-- name: TrailOf :many
SELECT * FROM trail WHERE subject = $1 AND what = $2 ORDER BY seq DESC LIMIT 50;
