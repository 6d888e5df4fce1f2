-- +goose Up
-- A limit is for a number or for a way of withholding one, and may be about one matter only.
ALTER TABLE limit_entry ADD COLUMN withheld TEXT NOT NULL DEFAULT '';
ALTER TABLE limit_entry ADD COLUMN matter TEXT NOT NULL DEFAULT '';
