package bus

import (
	"testing"
	"time"
)

func TestOvertakenSettingsAreNotTaken(t *testing.T) {
	var n Newest
	start := time.Now()
	for _, c := range []struct {
		version int64
		after   time.Duration
		want    bool
	}{
		{7, 0, true},
		{6, time.Second, false}, // overtaken on its way
		{7, 2 * time.Second, true},
		{9, 3 * time.Second, true},
		{8, 4 * time.Second, false},
		{8, time.Minute, false},
		{9, 2 * time.Minute, true}, // another office answers in turn with the one that lags
		{8, 4 * time.Minute, false},
		{2, 2*time.Minute + BackAfter, true}, // nothing newer for long: the store was put back
		{3, 2*time.Minute + BackAfter + time.Second, true},
		{2, 2*time.Minute + BackAfter + 2*time.Second, false},
	} {
		if got := n.Takes(c.version, start.Add(c.after)); got != c.want {
			t.Errorf("version %d after %s: taken %t", c.version, c.after, got)
		}
	}
}
