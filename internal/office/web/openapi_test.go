package web

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// The console's client is generated from console/openapi.json, so it must be what the routes say.
// To renew it: commusafe openapi > console/openapi.json.
func TestTheDescriptionIsInStepWithTheRoutes(t *testing.T) {
	got, err := OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("..", "..", "..", "console", "openapi.json")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(compact(t, got), compact(t, want)) {
		t.Errorf("console/openapi.json is not what the routes say (%v); run: commusafe openapi > console/openapi.json", err)
	}
}

// compact takes the white space out: a formatter of the console's may have put in its own.
func compact(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := json.Compact(&out, b); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
