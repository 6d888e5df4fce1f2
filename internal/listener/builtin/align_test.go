package builtin

import "testing"

// Giving up hopeless ways loses nothing: whenever the best alignment reaches the threshold, score and beginning are those
// of the full search, and otherwise no score reaches it.
func TestGivingUpLosesNothing(t *testing.T) {
	n := shippedNet(t)
	v, err := n.compile(phrases(), nil)
	if err != nil {
		t.Fatal(err)
	}
	pcm := demo(t, "abuse-caller.wav")
	if raced {
		pcm = pcm[19*8000 : 24*8000]
	}
	front, run := frontEnd{bank: n.bank}, newStream(n)
	steps := run.close(run.feed(front.feed(pcm, nil), nil))
	hits := 0
	for i := range v.phrases {
		p := &v.phrases[i]
		all, few := newAligner(p.pattern, noScore), newAligner(p.pattern, p.threshold)
		for k, e := range steps {
			want, begin := all.feed(e)
			got, at := few.feed(e)
			if want >= p.threshold {
				hits++
				if got != want || at != begin {
					t.Fatalf("%s, step %d: %v from %d, full search %v from %d", p.ID, k, got, at, want, begin)
				}
			} else if got >= p.threshold {
				t.Fatalf("%s, step %d: %v, full search %v", p.ID, k, got, want)
			}
		}
	}
	if hits < 5 {
		t.Errorf("only %d steps with a hit", hits)
	}
}
