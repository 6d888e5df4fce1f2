package web

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
)

// OpenAPI gives the description of the API (OpenAPI 3.1, JSON), from the routes themselves.
func OpenAPI() ([]byte, error) {
	s := &Server{Config: Config{Log: slog.New(slog.DiscardHandler)}}
	s.build(http.NewServeMux())
	b, err := json.Marshal(s.api.OpenAPI())
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, b, "", "  "); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}
