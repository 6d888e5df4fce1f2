-- +goose Up
-- Every version of what the centre has added to the shipped lexicon; the highest is in force.
CREATE TABLE lexicon (
  version BIGINT PRIMARY KEY,
  author  TEXT NOT NULL,
  at      BIGINT NOT NULL,
  data    TEXT NOT NULL
);

-- Later transcriptions that were asked for. machine is the office that works on them, begun how often it began.
CREATE TABLE transcription (
  id      TEXT PRIMARY KEY,
  call    TEXT NOT NULL,
  machine TEXT NOT NULL,
  who     TEXT NOT NULL,
  at      BIGINT NOT NULL,
  state   TEXT NOT NULL,
  begun   BIGINT NOT NULL,
  reason  TEXT NOT NULL
);
CREATE INDEX transcription_call ON transcription (call, at);
CREATE INDEX transcription_open ON transcription (machine, state);
CREATE UNIQUE INDEX transcription_one ON transcription (call) WHERE state IN ('waiting', 'running');
