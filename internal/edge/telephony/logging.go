package telephony

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// A stackLog passes on what sipgo logs without what it quotes: sipgo writes whole packets, and so numbers and
// names, into its lines, one for each datagram that a scanner sends. Only attributes that are known to be harmless
// go through, the peer's mistakes are warnings, and of each message at most perSecond lines a second are written.
type stackLog struct {
	next    slog.Handler
	sampler *sampler
}

const perSecond = 2

// newStackLog gives the logger for sipgo that ends in log.
func newStackLog(log *slog.Logger) *slog.Logger {
	return slog.New(&stackLog{next: log.Handler(), sampler: &sampler{lines: map[string]int{}}})
}

// Enabled asks the handler below; sipgo's errors are warnings here.
func (l *stackLog) Enabled(ctx context.Context, level slog.Level) bool {
	return l.next.Enabled(ctx, min(level, slog.LevelWarn))
}

// Handle writes the record cleaned, or counts it.
func (l *stackLog) Handle(ctx context.Context, r slog.Record) error {
	suppressed, ok := l.sampler.take(r.Message, r.Time)
	if !ok {
		return nil
	}
	clean := slog.NewRecord(r.Time, min(r.Level, slog.LevelWarn), "sip stack: "+cleaned(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		if a = harmless(a); a.Key != "" {
			clean.AddAttrs(a)
		}
		return true
	})
	if suppressed > 0 {
		clean.AddAttrs(slog.Int("suppressed_lines", suppressed))
	}
	return l.next.Handle(ctx, clean)
}

// WithAttrs keeps the attributes that are harmless.
func (l *stackLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	var kept []slog.Attr
	for _, a := range attrs {
		if a = harmless(a); a.Key != "" {
			kept = append(kept, a)
		}
	}
	return &stackLog{next: l.next.WithAttrs(kept), sampler: l.sampler}
}

// WithGroup passes the group on.
func (l *stackLog) WithGroup(name string) slog.Handler {
	return &stackLog{next: l.next.WithGroup(name), sampler: l.sampler}
}

// harmless gives the attribute cleaned, or none.
func harmless(a slog.Attr) slog.Attr {
	switch a.Key {
	case "network", "laddr", "raddr", "caller", "method", "dur", "ref":
		return a
	case "error":
		return slog.String("error", cleaned(a.Value.String()))
	}
	return slog.Attr{}
}

// cleaned cuts a text of sipgo before it quotes anything and hides longer runs of digits.
func cleaned(s string) string {
	if i := strings.IndexAny(s, "\"'`<\r\n"); i >= 0 {
		s = s[:i]
	}
	s = s[:min(len(s), 120)]
	var b strings.Builder
	for i := 0; i < len(s); {
		n := i
		for n < len(s) && s[n] >= '0' && s[n] <= '9' {
			n++
		}
		switch {
		case n-i > 4:
			b.WriteString("***")
			i = n
		case n > i:
			b.WriteString(s[i:n])
			i = n
		default:
			b.WriteByte(s[i])
			i++
		}
	}
	return b.String()
}

// A sampler counts lines by message and second.
type sampler struct {
	mu         sync.Mutex // guards below
	second     int64
	lines      map[string]int
	suppressed int
}

// take tells whether a line may be written, and how many were not since the last one.
func (s *sampler) take(message string, at time.Time) (suppressed int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := at.Unix(); now != s.second {
		s.second = now
		clear(s.lines)
	}
	if s.lines[message]++; s.lines[message] > perSecond {
		s.suppressed++
		return 0, false
	}
	suppressed, s.suppressed = s.suppressed, 0
	return suppressed, true
}
