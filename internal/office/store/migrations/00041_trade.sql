-- +goose Up
-- The packs of trades that the centre has chosen: names, JSON. They are versioned with its own words.
ALTER TABLE lexicon ADD COLUMN trade TEXT NOT NULL DEFAULT '[]';

-- Trials that have ended, with what they found; the newest stay.
CREATE TABLE trial (
  id   TEXT PRIMARY KEY,
  at   BIGINT NOT NULL,
  data TEXT NOT NULL
);
