-- +goose Up
-- The portable subset of SQLite and PostgreSQL: TEXT ids, BIGINT for milliseconds since 1970 (UTC), TEXT for JSON.

CREATE TABLE staff (
  id          TEXT PRIMARY KEY,
  login       TEXT NOT NULL UNIQUE,
  name        TEXT NOT NULL,
  role        TEXT NOT NULL,
  rights      TEXT NOT NULL,
  password    TEXT NOT NULL,
  disabled    BOOLEAN NOT NULL,
  must_change BOOLEAN NOT NULL,
  created     BIGINT NOT NULL
);

-- token is a hash: who reads the database can't take a session over.
CREATE TABLE session (
  token   TEXT PRIMARY KEY,
  data    TEXT NOT NULL,
  expires BIGINT NOT NULL
);
CREATE INDEX session_expires ON session (expires);

-- One row a call folder. Everything here comes from the folder and can be rebuilt from it.
CREATE TABLE call (
  id            TEXT PRIMARY KEY,
  began         BIGINT NOT NULL,
  duration_ms   BIGINT NOT NULL,
  direction     TEXT NOT NULL,
  trunk         TEXT NOT NULL,
  from_raw      TEXT NOT NULL,
  from_e164     TEXT NOT NULL,
  from_withheld TEXT NOT NULL,
  to_raw        TEXT NOT NULL,
  to_e164       TEXT NOT NULL,
  peak          BIGINT NOT NULL,
  categories    TEXT NOT NULL,
  stage         TEXT NOT NULL,
  actions       TEXT NOT NULL,
  ended_by      TEXT NOT NULL,
  ended_why     TEXT NOT NULL,
  preset        TEXT NOT NULL,
  lexicon       TEXT NOT NULL,
  program       TEXT NOT NULL,
  dir           TEXT NOT NULL,
  state         TEXT NOT NULL,
  broken        TEXT NOT NULL,
  sealed        BIGINT NOT NULL,
  seal_lines    BIGINT NOT NULL,
  seal_last     TEXT NOT NULL,
  lost          TEXT NOT NULL
);
CREATE INDEX call_began ON call (began, id);
CREATE INDEX call_from ON call (from_e164);

-- words is folded for search; line is the JSON that the console shows.
CREATE TABLE call_line (
  call  TEXT NOT NULL REFERENCES call (id) ON DELETE CASCADE,
  seq   BIGINT NOT NULL,
  part  BIGINT NOT NULL,
  at_ms BIGINT NOT NULL,
  kind  TEXT NOT NULL,
  words TEXT NOT NULL,
  line  TEXT NOT NULL,
  PRIMARY KEY (call, seq, part)
);

-- Automatic cuts, by the day in Japan, for the cap a day.
CREATE TABLE auto_cut (
  call TEXT PRIMARY KEY,
  day  TEXT NOT NULL
);
CREATE INDEX auto_cut_day ON auto_cut (day);

CREATE TABLE limit_entry (
  id          TEXT PRIMARY KEY,
  number      TEXT NOT NULL,
  take        TEXT NOT NULL,
  begins      BIGINT NOT NULL,
  ends        BIGINT NOT NULL,
  review      BIGINT NOT NULL,
  provisional BOOLEAN NOT NULL,
  call        TEXT NOT NULL,
  reason      TEXT NOT NULL,
  elsewhere   TEXT NOT NULL,
  proposed_by TEXT NOT NULL,
  proposed    BIGINT NOT NULL,
  approved_by TEXT NOT NULL,
  approved    BIGINT NOT NULL,
  lifted_by   TEXT NOT NULL,
  lifted      BIGINT NOT NULL,
  lifted_why  TEXT NOT NULL
);
CREATE INDEX limit_entry_ends ON limit_entry (ends);

CREATE TABLE notice (
  id              TEXT PRIMARY KEY,
  call            TEXT NOT NULL,
  level           BIGINT NOT NULL,
  category        TEXT NOT NULL,
  state           TEXT NOT NULL,
  at              BIGINT NOT NULL,
  escalated       BIGINT NOT NULL,
  acknowledged_by TEXT NOT NULL,
  acknowledged    BIGINT NOT NULL,
  note            TEXT NOT NULL,
  resolved        BIGINT NOT NULL,
  UNIQUE (call, level)
);
CREATE INDEX notice_at ON notice (at);

CREATE TABLE incident (
  id       TEXT PRIMARY KEY,
  call     TEXT NOT NULL UNIQUE,
  category TEXT NOT NULL,
  level    BIGINT NOT NULL,
  status   TEXT NOT NULL,
  created  BIGINT NOT NULL,
  moved_by TEXT NOT NULL,
  moved    BIGINT NOT NULL
);

-- Every version of what the centre decided; the highest is in force.
CREATE TABLE setting (
  version BIGINT PRIMARY KEY,
  author  TEXT NOT NULL,
  at      BIGINT NOT NULL,
  reason  TEXT NOT NULL,
  data    TEXT NOT NULL
);

-- revision counts every change of what the edges must know: settings and limits.
CREATE TABLE revision (
  name  TEXT PRIMARY KEY,
  value BIGINT NOT NULL
);

-- Append only; each entry has the hash of the one before.
CREATE TABLE trail (
  seq     BIGINT PRIMARY KEY,
  at      BIGINT NOT NULL,
  who     TEXT NOT NULL,
  what    TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail  TEXT NOT NULL,
  prev    TEXT NOT NULL,
  hash    TEXT NOT NULL
);
CREATE INDEX trail_subject ON trail (subject, what);

-- What must be told to somebody outside. id is the idempotency key.
CREATE TABLE outbox (
  id       TEXT PRIMARY KEY,
  channel  TEXT NOT NULL,
  payload  TEXT NOT NULL,
  state    TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  next_try BIGINT NOT NULL,
  created  BIGINT NOT NULL,
  error    TEXT NOT NULL
);
CREATE INDEX outbox_due ON outbox (state, next_try);
