package edge

import (
	"testing"
	"testing/synctest"
	"time"
)

// A folder that is broken is not proved anew every three seconds for ever; one that the office could not take in for a moment is offered as
// soon as it can be.
func TestHowOftenAFolderIsOffered(t *testing.T) {
	for why, c := range map[string]struct{ least, most int }{"error.folder_broken": {20, 40}, "error.folder_other": {20, 40}, "error.unavailable": {28000, 28800}} {
		synctest.Test(t, func(t *testing.T) {
			o := newOfferer(keeper(t))
			o.add("dir")
			offers := 0
			for began := time.Now(); time.Since(began) < 24*time.Hour; time.Sleep(3 * time.Second) {
				for _, dir := range o.due() {
					offers++
					o.later(dir, why)
				}
			}
			if offers < c.least || offers > c.most || o.waiting() != 1 {
				t.Errorf("%s: %d offers a day, %d folders wait", why, offers, o.waiting())
			}
			o.forget("dir")
			if o.waiting() != 0 || len(o.refused) != 0 {
				t.Errorf("%s: %d folders wait, %d refusals are remembered", why, o.waiting(), len(o.refused))
			}
		})
	}
}
