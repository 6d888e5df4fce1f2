package guard

import (
	"encoding/json"
	"testing"

	"commusafe/internal/bus"
	"commusafe/internal/call"
	"commusafe/internal/evidence"
)

// A view goes to the consoles with each change: in a call of eight hours whose recogniser comes and goes it must not outgrow a message of the bus.
func TestAViewDoesNotGrowWithItsGaps(t *testing.T) {
	v := &view{CallView: bus.CallView{Meter: map[call.Party]int{}}}
	for i := range call.Millis(10000) {
		v.item(evidence.Gap{Head: evidence.Head{Party: call.Caller, FromMS: 1000 * i, ToMS: 1000*i + 500, Source: "remote/amivoice"}, What: "words", Why: "gap.engine_away"}, nil)
	}
	b, err := json.Marshal(v.CallView)
	if err != nil || len(b) > 100_000 {
		t.Errorf("%d octets, %v", len(b), err)
	}
	if g := v.Gaps[len(v.Gaps)-1]; g.FromMS != 9999000 {
		t.Errorf("the newest is not there: %+v", g)
	}
}
