package store_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/pressly/goose/v3/database"

	"commusafe/internal/judge"
	"commusafe/internal/office/incident"
	"commusafe/internal/office/staff"
	"commusafe/internal/office/store"
	"commusafe/internal/office/store/storetest"
	"commusafe/internal/policy"
)

func open(t *testing.T, where string) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), where)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestSQLite(t *testing.T) {
	storetest.Run(t, open(t, filepath.Join(t.TempDir(), "db", "office.sqlite")))
}

func TestPostgreSQL(t *testing.T) {
	where := storetest.Postgres(t)
	storetest.Run(t, open(t, where))
}

// A database that takes nothing in is told from a fault of ours.
func TestADatabaseThatIsAway(t *testing.T) {
	for name, where := range map[string]func(*testing.T) string{"SQLite": func(t *testing.T) string { return filepath.Join(t.TempDir(), "office.sqlite") }, "PostgreSQL": storetest.Postgres} {
		t.Run(name, func(t *testing.T) {
			s, err := store.Open(t.Context(), where(t))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if err := s.AppendTrail(t.Context(), staff.Deed{What: "trail.log_in", At: time.Now()}); !errors.Is(err, store.ErrAway) {
				t.Errorf("%v", err)
			}
		})
	}
}

// Whoever changes an entry of the trail in the database is found out.
func TestAChangedTrailIsFound(t *testing.T) {
	path := filepath.Join(t.TempDir(), "office.sqlite")
	s := open(t, path)
	for range 3 {
		if err := s.AppendTrail(t.Context(), staff.Deed{What: "trail.log_in", At: time.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("UPDATE trail SET detail = 'nothing' WHERE seq = 2"); err != nil {
		t.Fatal(err)
	}
	if broken, err := s.ProveTrail(t.Context()); err != nil || broken != 2 {
		t.Errorf("broken at %d (%v), want 2", broken, err)
	}
}

// A database that lies where everybody may look, as office.database can, is read by its owner and group only.
func TestNobodyElseReadsTheDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "office.sqlite")
	s := open(t, path)
	if err := s.AppendTrail(t.Context(), staff.Deed{What: "trail.log_in", At: time.Now()}); err != nil {
		t.Fatal(err)
	}
	for _, end := range []string{"", "-wal", "-shm"} {
		if i, err := os.Stat(path + end); err != nil || i.Mode().Perm()&0o007 != 0 {
			t.Errorf("%s: %v %v", end, i.Mode(), err)
		}
	}
}

// A database of a newer program is left alone, and a broken one is told in one sentence.
func TestOtherDatabases(t *testing.T) {
	path := filepath.Join(t.TempDir(), "office.sqlite")
	if err := open(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)"); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(t.Context(), path); err == nil || !strings.Contains(err.Error(), "newer program") {
		t.Errorf("%v", err)
	}
	if _, err := store.Open(t.Context(), "postgres://nobody:secret@127.0.0.1:1/none"); err == nil || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v", err)
	}
}

// A database of an earlier version, with data in it, is brought up to date and keeps what it has.
func TestAnOlderDatabaseIsBroughtUpToDate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "office.sqlite")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, os.DirFS("migrations"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(t.Context(), 36); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("INSERT INTO lexicon VALUES (4, 'p1', 5, '[]')"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("INSERT INTO staff (id, login, name, role, rights, password, disabled, must_change, created) VALUES ('p1', 'yamada', '山田', 'supervisor', '[]', 'x', false, false, 0)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s := open(t, path)
	if who, err := s.StaffByLogin(t.Context(), "yamada"); err != nil || who.Name != "山田" {
		t.Errorf("%+v %v", who, err)
	}
	if v, err := s.LastLexicon(t.Context()); err != nil || v.Version != 4 || v.Trade != nil {
		t.Errorf("%+v %v", v, err)
	}
	if all, err := s.ListTrials(t.Context(), 1); err != nil || len(all) != 0 {
		t.Errorf("the new tables are not there: %v", err)
	}
}

// A database of the first version, with a settings version, a call and a case of that time in it, is brought up to date:
// what was decided stays, and what is new has its default.
func TestADatabaseOfTheFirstVersion(t *testing.T) {
	for name, open1 := range map[string]func(t *testing.T) (where, driver string, dialect database.Dialect){
		"SQLite": func(t *testing.T) (string, string, database.Dialect) {
			return filepath.Join(t.TempDir(), "office.sqlite"), "sqlite", database.DialectSQLite3
		},
		"PostgreSQL": func(t *testing.T) (string, string, database.Dialect) {
			return storetest.Postgres(t), "pgx", database.DialectPostgres
		},
	} {
		t.Run(name, func(t *testing.T) {
			where, driver, dialect := open1(t)
			db, err := sql.Open(driver, where)
			if err != nil {
				t.Fatal(err)
			}
			p, err := goose.NewProvider(dialect, db, os.DirFS("migrations"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := p.UpTo(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			for _, q := range []string{
				`INSERT INTO setting VALUES (1, 'p', 5, 'why', '{"rules":{"preset":"watch","gap_ms":16000},"thresholds":{"apart_ms":6000}}')`,
				`INSERT INTO call VALUES ('c', 5, 10, 'inbound', 't', '', '+81312345678', '', '', '', 3, '["ABUSE"]', 'closed', '["cut"]', 'policy', 'cut', 'auto', 'l', 'p', 'd', 'sealed', '', 6, 7, 'h', '[]')`,
				`INSERT INTO incident VALUES ('c', 'c', 'ABUSE', 3, 'open', 5, 'p', 6)`,
				`INSERT INTO incident VALUES ('d', 'd', 'ABUSE', 3, 'closed', 5, 'p', 6)`,
			} {
				if _, err := db.Exec(q); err != nil {
					t.Fatal(err)
				}
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			s := open(t, where)
			v, err := s.LastSettings(t.Context())
			want := judge.ShippedThresholds()
			want.Apart = 6000
			if err != nil || v.Data.Thresholds != want || v.Data.Rules.Preset != policy.PresetWatch || v.Data.Rules.Gap != 16000 {
				t.Errorf("%+v %v", v.Data, err)
			}
			if i, err := s.Incident(t.Context(), "c"); err != nil || i.Status != incident.Open || i.Outcome != "" || i.Review != (incident.Review{}) || i.Stated != nil || i.Proposed != nil {
				t.Errorf("%+v %v", i, err)
			}
			if closed, err := s.ClosedIncidents(t.Context(), time.Time{}, time.Time{}); err != nil || len(closed) != 1 || closed[0].Stated != nil {
				t.Errorf("%+v %v", closed, err)
			}
			if c, err := s.Call(t.Context(), "c"); err != nil || len(c.Marks) != 0 || len(c.Actions) != 1 {
				t.Errorf("%+v %v", c, err)
			}
		})
	}
}
