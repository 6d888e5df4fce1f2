-- +goose Up
-- The official types of a case: what the product proposed when it was closed (empty: not noted), and what a person has stated, how often and when last.
ALTER TABLE incident ADD COLUMN proposed TEXT NOT NULL DEFAULT '';
ALTER TABLE incident ADD COLUMN types TEXT NOT NULL DEFAULT '{}';
ALTER TABLE incident ADD COLUMN types_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE incident ADD COLUMN types_by TEXT NOT NULL DEFAULT '';
ALTER TABLE incident ADD COLUMN types_at BIGINT NOT NULL DEFAULT 0;
