package web

import (
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// A Problem is an error as the client sees it (RFC 9457). Title is a key of the text catalogue; what caused it stands
// in the log under ErrorID.
type Problem struct {
	Type    string         `json:"type" doc:"about:blank"`
	Title   string         `json:"title" doc:"Key of the text catalogue, error.…"`
	Status  int            `json:"status"`
	Detail  string         `json:"detail,omitempty"`
	ErrorID string         `json:"error_id"`
	Fields  []ProblemField `json:"fields,omitempty"`
}

// A ProblemField says which field of a request is wrong.
type ProblemField struct {
	Path       string `json:"path"`
	MessageKey string `json:"message_key"`
	Detail     string `json:"detail,omitempty"`
}

var _ huma.StatusError = (*Problem)(nil)

// Error gives the key.
func (p *Problem) Error() string { return p.Title }

// GetStatus gives the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is RFC 9457's.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// problem makes one with a fresh ID.
func problem(status int, key, detail string) *Problem {
	return &Problem{Type: "about:blank", Title: key, Status: status, Detail: detail, ErrorID: newErrorID()}
}

func newErrorID() string {
	b := make([]byte, 5)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return hex.EncodeToString(b)
}

// transform turns huma's own errors, of validation, into problems. They are the client's mistakes and no reason to act.
func transform(log *slog.Logger) huma.Transformer {
	return func(ctx huma.Context, _ string, v any) (any, error) {
		m, ok := v.(*huma.ErrorModel)
		if !ok {
			return v, nil
		}
		p := problem(m.Status, keyOf(m.Status), "")
		for _, d := range m.Errors {
			p.Fields = append(p.Fields, ProblemField{Path: d.Location, MessageKey: "error.field", Detail: d.Message})
		}
		log.Info("request refused", slog.String("operation", ctx.Operation().OperationID), slog.Int("status", m.Status), slog.String("error_id", p.ErrorID))
		return p, nil
	}
}

func keyOf(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "error.log_in"
	case http.StatusForbidden:
		return "error.forbidden"
	case http.StatusNotFound:
		return "error.not_found"
	case http.StatusRequestEntityTooLarge:
		return "error.too_large"
	case http.StatusServiceUnavailable:
		return "error.unavailable"
	}
	if status >= 500 {
		return "error.internal"
	}
	return "error.input"
}
