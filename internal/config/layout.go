package config

import (
	"fmt"
	"os"
	"path/filepath"
)

// Directories below data_dir (contracts §6).

// Calls is where call folders are.
func (c Config) Calls() string { return filepath.Join(c.DataDir, "calls") }

// DB is where the SQLite database is.
func (c Config) DB() string { return filepath.Join(c.DataDir, "db") }

// Settings is where the edge keeps the last snapshot.
func (c Config) Settings() string { return filepath.Join(c.DataDir, "settings") }

// SnapshotFile is the last snapshot of the office, in Settings. The edge writes it; a listener that begins while no office
// answers reads it.
const SnapshotFile = "snapshot.json"

// Snapshot gives where it is.
func (c Config) Snapshot() string { return filepath.Join(c.Settings(), SnapshotFile) }

// Models is where models and library of the engines are.
func (c Config) Models() string { return filepath.Join(c.DataDir, "models") }

// Run is where locks and the bus endpoint are.
func (c Config) Run() string { return filepath.Join(c.DataDir, "run") }

// BusFile is where serve writes how to reach the bus.
func (c Config) BusFile() string { return filepath.Join(c.Run(), "bus.json") }

// Prepare makes the directories. keys and run are for the owner only.
func (c Config) Prepare() error {
	if err := os.MkdirAll(c.DataDir, 0o750); err != nil {
		return fmt.Errorf("data_dir: %w", err)
	}
	for dir, mode := range map[string]os.FileMode{"calls": 0o750, "db": 0o750, "blobs": 0o750, "models": 0o750, "settings": 0o750, "run": 0o700, "keys": 0o700} {
		if err := os.MkdirAll(filepath.Join(c.DataDir, dir), mode); err != nil {
			return fmt.Errorf("data_dir: %w", err)
		}
	}
	return nil
}
