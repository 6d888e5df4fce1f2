package media

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAnEngineOpensAndCloses(t *testing.T) {
	e := engine(t, Config{})
	p := open(t, e)
	if got, want := p.String(), "caller(no media) -> relay -> agent(no media) | agent(no media) -> relay -> caller(no media)"; got != want {
		t.Errorf("chain\n got %s\nwant %s", got, want)
	}
	if s := e.Stats(); s.Calls != 1 || s.Resting != 0 {
		t.Errorf("stats %+v", s)
	}
	p.Close()
	p.Close()
	if s := e.Stats(); s.Calls != 0 || s.Resting != 4 {
		t.Errorf("stats after close %+v", s)
	}
}
