-- +goose Up
-- A limit may carry a voice: a candidate for people, which decides nothing.
ALTER TABLE limit_entry ADD COLUMN voice TEXT NOT NULL DEFAULT '';

-- A registered voice. sealed is its vector, encrypted with a key that is not in the database; empty is a tombstone.
CREATE TABLE voiceprint (
  id       TEXT PRIMARY KEY,
  entry    TEXT NOT NULL UNIQUE REFERENCES limit_entry (id),
  incident TEXT NOT NULL,
  source   TEXT NOT NULL,
  sealed   TEXT NOT NULL,
  made     BIGINT NOT NULL,
  expires  BIGINT NOT NULL,
  erased   BIGINT NOT NULL,
  why      TEXT NOT NULL
);
