package bench

import (
	"context"
	"io"
	"strings"
	"testing"
)

func TestRatiosAreOfNeighbours(t *testing.T) {
	n := 0.0
	run := func(factor float64) func(context.Context) (RelayResult, error) {
		return func(context.Context) (RelayResult, error) {
			n++ // the machine becomes slower all the time
			return RelayResult{Load: Load{Calls: 4, P50MS: n * factor, P99MS: factor}, CPUPer100: factor, BytesPerCall: 10}, nil
		}
	}
	c, err := Compare(t.Context(), 3, []Condition{{"without", run(1)}, {"with", run(10)}}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	r := c.Ratios[0]
	if r.Name != "with/without" || r.CPU != (Range{10, 10, 10}) || r.P50 != (Range{40.0 / 3, 12, 20}) || r.Memory.Median != 1 {
		t.Errorf("%+v", r)
	}
	if c.Rows[0].P50MS != 3 || c.Rows[1].P50MS != 40 {
		t.Errorf("medians %v and %v", c.Rows[0].P50MS, c.Rows[1].P50MS)
	}
	var b strings.Builder
	if err := c.Text(&b); err != nil || !strings.Contains(b.String(), "with/without") {
		t.Errorf("%v %s", err, b.String())
	}
}

func TestAStampIsNotHeard(t *testing.T) {
	g := &Generator{Sound: [2][]byte{make([]byte, 3*frameOctets), nil}}
	for i := range g.Sound[0] {
		g.Sound[0][i] = byte(i)
	}
	b := make([]byte, frameOctets)
	g.speak(b, 2, 1) // the second call's caller, second packet: 38 packets on, the third of three
	const when = 0xFEDCBA9876543210
	stamp(b, when)
	if stamped(b) != when {
		t.Errorf("%x", stamped(b))
	}
	for i, o := range b {
		if o>>1 != byte(2*frameOctets+i)>>1 {
			t.Fatalf("octet %d is %#x", i, o)
		}
	}
	if g.speak(b, 1, 0); b[0] != 0xFF {
		t.Error("an agent without sound is not silent")
	}
}
