package edge

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// A slowLog takes nothing until it is opened.
type slowLog struct {
	open chan struct{}
	mu   sync.Mutex
	bytes.Buffer
}

func (s *slowLog) Write(b []byte) (int, error) {
	<-s.open
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Buffer.Write(b)
}

// A log that nobody takes holds nobody who logs. What there was room for comes in its order, and how much is lost.
func TestALogThatHangsHoldsNobody(t *testing.T) {
	out := &slowLog{open: make(chan struct{})}
	l := NewLogWriter(out)
	line := make([]byte, 0, 20)
	for i := range logRoom + 100 {
		line = fmt.Appendf(line[:0], "line %d\n", i) // the same memory, as slog does
		if n, err := l.Write(line); n != len(line) || err != nil {
			t.Fatal(n, err)
		}
	}
	l.Close() // nobody waits for long
	close(out.open)
	<-l.ended
	got := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(got) < logRoom+1 || got[0] != "line 0" || got[logRoom] != fmt.Sprintf("line %d", logRoom-1) || !strings.Contains(out.String(), "lines of the log are lost") {
		t.Errorf("%d lines, the first %q, the last %q", len(got), got[0], got[len(got)-1])
	}
	if _, err := l.Write(line); err != nil {
		t.Error("after the end")
	}
}
