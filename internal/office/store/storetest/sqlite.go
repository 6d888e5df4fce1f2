package storetest

import (
	"context"
	"path/filepath"
	"testing"

	"commusafe/internal/office/store"
)

// SQLite gives an empty store of the test's own.
func SQLite(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(context.Background(), filepath.Join(t.TempDir(), "office.sqlite"))
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
