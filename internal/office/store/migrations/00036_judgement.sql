-- +goose Up
-- What people decide about a judgement: the three elements of a case, objections, examples; what is known of a caller.

ALTER TABLE incident ADD COLUMN outcome TEXT NOT NULL DEFAULT '';
ALTER TABLE incident ADD COLUMN review TEXT NOT NULL DEFAULT '{}';

-- marks are those of people in the call: accommodation, wrong_flag …; they come from the folder.
ALTER TABLE call ADD COLUMN marks TEXT NOT NULL DEFAULT '[]';

-- dialogue is the note of the talk with somebody who had asked for an accommodation, before the limit.
ALTER TABLE limit_entry ADD COLUMN dialogue TEXT NOT NULL DEFAULT '';

-- An objection against a limit: a task with a due date.
CREATE TABLE objection (
  id       TEXT PRIMARY KEY,
  entry    TEXT NOT NULL REFERENCES limit_entry (id),
  way      TEXT NOT NULL,
  words    TEXT NOT NULL,
  at       BIGINT NOT NULL,
  taken_by TEXT NOT NULL,
  due      BIGINT NOT NULL,
  decision TEXT NOT NULL,
  answer   TEXT NOT NULL,
  done_by  TEXT NOT NULL,
  done     BIGINT NOT NULL
);
CREATE INDEX objection_due ON objection (done, due);

-- A moment of a call whose judgement a person called wrong; later rules are tried against it.
CREATE TABLE example (
  call     TEXT NOT NULL,
  at_ms    BIGINT NOT NULL,
  level    BIGINT NOT NULL,
  category TEXT NOT NULL,
  note     TEXT NOT NULL,
  who      TEXT NOT NULL,
  at       BIGINT NOT NULL,
  PRIMARY KEY (call, at_ms)
);

-- What 自動 would have done over a stretch of past calls, by the rules that versions names.
CREATE TABLE shadow_report (
  id       TEXT PRIMARY KEY,
  at       BIGINT NOT NULL,
  who      TEXT NOT NULL,
  versions TEXT NOT NULL,
  enough   BOOLEAN NOT NULL,
  data     TEXT NOT NULL
);
CREATE INDEX shadow_report_versions ON shadow_report (versions, enough);
