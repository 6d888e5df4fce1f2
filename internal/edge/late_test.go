package edge

import (
	"os"
	"slices"
	"testing"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/folder"
)

// A call that comes while the disk gives no folder has one as soon as the disk does: its journal is whole, and the seal says what
// sound is missing.
func TestACallThatCameWhileTheDiskRefused(t *testing.T) {
	h := newHouse(t, nil)
	defer h.stop()
	h.serveOffers()
	ctx := limited(t)
	calls := h.cfg.Calls()
	if err := os.RemoveAll(calls); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(calls, nil, 0o600); err != nil { // no folder can be made below a file
		t.Fatal(err)
	}
	caller, _ := h.talk(ctx)
	h.until(ctx, "the loss", func(v bus.CallView) bool {
		return v.Line == bus.LineWatching && slices.Contains(v.Lost, "folder") && slices.Contains(v.Lost, "recording")
	})
	if err := os.Remove(calls); err != nil {
		t.Fatal(err)
	}
	h.until(ctx, "two seconds more", func(v bus.CallView) bool { return v.AtMS > 4000 })
	if err := caller.Hangup(ctx); err != nil {
		t.Fatal(err)
	}
	select {
	case offer := <-h.offers:
		s, err := folder.Verify(offer.Dir)
		if err != nil || s.State != folder.Sealed || len(s.Lost) == 0 || s.Lines < 5 || s.Files[0].Bytes < 8000 {
			t.Errorf("%+v %v", s, err)
		}
	case <-time.After(10 * time.Second):
		t.Error("no folder is offered")
	}
}
