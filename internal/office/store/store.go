// Package store keeps the office's data in SQL: SQLite on one machine, PostgreSQL on several, with one portable schema
// and one query set for both.
//
// Owns: the schema and its migrations, transactions, ErrNotFound.
// Never: rules of the domain; being imported by a domain package (each declares the few methods it needs).
// Goroutines: those of database/sql.
//
// Flow: domain service → its small Store port → one file here a domain word → sqlgen → database. What changes something
// writes the trail in the same transaction. SQLite has one writer and a pool of readers; PostgreSQL one pool for both.
package store

//go:generate go tool -modfile=../../../tools/go.mod sqlc generate

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver named pgx
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	_ "modernc.org/sqlite" // the driver named sqlite

	"commusafe/internal/office/store/sqlgen"
)

// ErrNotFound says that what was asked for isn't there. It is fs.ErrNotExist too, so that domain packages can tell.
var ErrNotFound = fmt.Errorf("not found in the store: %w", fs.ErrNotExist)

// ErrAway says that the database takes nothing in: it is gone, locked or full. Trying again later may help.
var ErrAway = errors.New("the database takes nothing in")

// ErrText says that a text can't be kept or looked for: it has the octet 0, which PostgreSQL has in none.
var ErrText = errors.New("a text has signs that the database can't hold")

//go:embed migrations/*.sql
var migrations embed.FS

// A Store is an open database. It may be used by many goroutines.
type Store struct {
	write   *sql.DB
	read    *sql.DB
	queries *sqlgen.Queries // on read
}

// Open opens the database, postgres://… or the path of a SQLite file, and brings its schema up to date.
func Open(ctx context.Context, where string) (*Store, error) {
	s, dialect, err := connect(where)
	if err != nil {
		return nil, err
	}
	if err := s.migrate(ctx, dialect); err != nil {
		return nil, errors.Join(fmt.Errorf("database %s: %w", shown(where), err), s.Close())
	}
	s.queries = sqlgen.New(s.read)
	return s, nil
}

func postgres(where string) bool {
	return strings.HasPrefix(where, "postgres://") || strings.HasPrefix(where, "postgresql://")
}

// shown is how a database is named to people: without a password.
func shown(where string) string {
	u, err := url.Parse(where)
	if !postgres(where) {
		return where
	}
	if err != nil {
		return "postgres"
	}
	return u.Redacted()
}

func connect(where string) (*Store, database.Dialect, error) {
	if postgres(where) {
		db, err := sql.Open("pgx", where)
		if err != nil {
			return nil, "", fmt.Errorf("database: the address can't be read (postgres://user@host/name)")
		}
		db.SetMaxOpenConns(16)
		db.SetConnMaxIdleTime(5 * time.Minute)
		return &Store{write: db, read: db}, database.DialectPostgres, nil
	}
	if err := os.MkdirAll(filepath.Dir(where), 0o750); err != nil {
		return nil, "", fmt.Errorf("database: %w", err)
	}
	if err := private(where); err != nil {
		return nil, "", fmt.Errorf("database: %w", err)
	}
	write, err := sql.Open("sqlite", sqliteName(where, true))
	if err != nil {
		return nil, "", fmt.Errorf("database %s: %w", where, err)
	}
	write.SetMaxOpenConns(1)
	read, err := sql.Open("sqlite", sqliteName(where, false))
	if err != nil {
		return nil, "", errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(4)
	return &Store{write: write, read: read}, database.DialectSQLite3, nil
}

// private makes the file of a new database, for its owner and group only: SQLite makes one that everybody may read. Its other files
// take the permissions of this one.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// sqliteName gives the data source name. The writer takes its lock at the beginning of a transaction, so that two never
// meet in the middle; full synchronisation keeps the trail through a power cut; what is erased is overwritten.
func sqliteName(path string, writer bool) string {
	v := url.Values{"_pragma": {"journal_mode(WAL)", "busy_timeout(5000)", "foreign_keys(1)", "synchronous(FULL)"}}
	if writer {
		v.Set("_txlock", "immediate")
		v["_pragma"] = append(v["_pragma"], "secure_delete(1)")
	} else {
		v["_pragma"] = append(v["_pragma"], "query_only(1)")
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: v.Encode()}).String()
}

func (s *Store) migrate(ctx context.Context, dialect database.Dialect) error {
	if err := s.write.PingContext(ctx); err != nil {
		return fmt.Errorf("can't be opened: %s", strings.Join(strings.Fields(err.Error()), " "))
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(dialect, s.write, files)
	if err != nil {
		return fmt.Errorf("can't be opened: %w", err)
	}
	now, newest, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("can't be read: %w", err)
	}
	if now > newest {
		return fmt.Errorf("is of a newer program (schema %d, this program knows %d); use that program or restore a backup", now, newest)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("the schema can't be brought up to date: %w", err)
	}
	return nil
}

// Ping tells whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	if _, err := s.queries.LastTrail(ctx); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("the database does not answer: %w", err)
	}
	return nil
}

// Close closes the database.
func (s *Store) Close() error {
	if s.read == s.write {
		return s.write.Close()
	}
	return errors.Join(s.read.Close(), s.write.Close())
}

// change runs f in one transaction.
func (s *Store) change(ctx context.Context, f func(q *sqlgen.Queries) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w: %w", ErrAway, err)
	}
	if err := f(sqlgen.New(tx)); err != nil {
		return errors.Join(textual(err), tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w: %w", ErrAway, err)
	}
	return nil
}

// found names what was looked for and turns the driver's word for nothing into ours.
func found(what string, err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("%s: %w", what, textual(err))
	}
	return nil
}

// textual names the driver's refusal of a text; PostgreSQL's word for it is character_not_in_repertoire.
func textual(err error) error {
	if p, ok := errors.AsType[*pgconn.PgError](err); ok && p.Code == "22021" && !errors.Is(err, ErrText) {
		return fmt.Errorf("%w: %w", ErrText, err)
	}
	return err
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// list writes a list as JSON; none is [].
func list[T any](v []T) (string, error) {
	if v == nil {
		v = []T{}
	}
	b, err := json.Marshal(v)
	return string(b), err
}

func unlist[T any](s string) (v []T, err error) {
	err = json.Unmarshal([]byte(s), &v)
	if len(v) == 0 {
		v = nil
	}
	return v, err
}
