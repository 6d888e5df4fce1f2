package demo

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// Who interrupts a start is told so, and not that the product is slow.
func TestAnInterruptedStartSaysSo(t *testing.T) {
	enough := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(enough)
	p := &product{edge: "127.0.0.1:1", console: "127.0.0.1:1", dir: t.TempDir()}
	if err := p.ready(ctx); !errors.Is(err, enough) || strings.Contains(err.Error(), "minute") {
		t.Errorf("%v", err)
	}
}
