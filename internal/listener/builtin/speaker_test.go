package builtin

import (
	"testing"

	"commusafe/internal/listener/hear/heartest"
)

func TestEmbedderConforms(t *testing.T) {
	if raced {
		t.Skip("one goroutine only, and much arithmetic")
	}
	e, err := LoadEmbedder()
	if err != nil {
		t.Fatal(err)
	}
	a := demo(t, "complaint-caller.wav")
	heartest.Embedder(t, e, [2][]int16{a[:len(a)/2], a[len(a)/2:]}, demo(t, "threat-caller.wav"))
}

// A truncated or foreign voice map is refused.
func FuzzParseEmbedder(f *testing.F) {
	f.Add(speakerWeights[:100])
	f.Add(speakerWeights)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if e, err := parseEmbedder(b); err == nil && len(e.w) != e.to*speakerInputCount {
			t.Errorf("%d outputs, %d weights", e.to, len(e.w))
		}
	})
}
