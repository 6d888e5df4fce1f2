package edge

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/folder"
)

// A folder that the disk does not let be recovered at the start is recovered as soon as it does, and health says that it waits.
func TestAFolderThatCantBeRecoveredAtTheStart(t *testing.T) {
	inWay := ""
	h := newHouse(t, func(e *Edge) {
		w, err := folder.Create(e.cfg.Calls(), call.NewID(), time.Now(), folder.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Append(5, time.Now(), folder.KindCall, map[string]string{"what": "began"}); err != nil {
			t.Fatal(err)
		}
		inWay = filepath.Join(w.Dir, folder.SealFile+".part")
		if err := os.Mkdir(inWay, 0o700); err != nil { // no seal can be written
			t.Fatal(err)
		}
	})
	defer h.stop()
	h.serveOffers()
	ctx := limited(t)
	waits := make(chan bus.Health, 100)
	sub, err := h.office.SubscribeHealth(func(b bus.Health) {
		if b.Role == "edge" && b.Why == "recovery" {
			waits <- b
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Stop()
	select {
	case b := <-waits:
		if b.OK || b.Counts["folders_unrecovered"] != 1 {
			t.Errorf("%+v", b)
		}
	case <-ctx.Done():
		t.Fatal("health does not say that a folder waits")
	}
	if err := os.Remove(inWay); err != nil {
		t.Fatal(err)
	}
	select {
	case offer := <-h.offers:
		if s, err := folder.Verify(offer.Dir); err != nil || s.State != folder.Recovered || s.Lines != 2 {
			t.Errorf("%+v %v", s, err)
		}
	case <-ctx.Done():
		t.Error("it is not tried again")
	}
}
