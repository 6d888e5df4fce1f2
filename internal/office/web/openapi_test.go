package web

import (
	"bytes"
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
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("console/openapi.json is not what the routes say (%v); run: commusafe openapi > console/openapi.json", err)
	}
}
