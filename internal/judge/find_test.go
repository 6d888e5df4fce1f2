package judge

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"commusafe/internal/evidence"
	"commusafe/internal/text"
)

// unsparing gives rules that try every pattern at every place, whatever letters a text has.
func unsparing(t *testing.T, packs []string) *Rules {
	t.Helper()
	r, err := shippedRules(t).With(Own{}, packs)
	if err != nil {
		t.Fatal(err)
	}
	free := func(ps []pattern) {
		for i := range ps {
			ps[i].needs = 0
		}
	}
	for i := range r.entries {
		free(r.entries[i].negations)
		free(r.entries[i].unless)
	}
	for _, ps := range r.unless {
		free(ps)
	}
	for i := range r.cues {
		free(r.cues[i].forms)
		free(r.cues[i].unless)
	}
	for _, starts := range r.finder.byFirst {
		for i := range starts {
			starts[i].needs = 0
		}
	}
	for i := range r.finder.trie.nodes {
		r.finder.trie.nodes[i].among = ^letterSet(0)
	}
	return r
}

// What is not even tried because letters are missing would not have been found.
func TestWhatIsSkippedIsNotThere(t *testing.T) {
	packs := []string{"finance", "medical"}
	all := unsparing(t, packs)
	quick, err := shippedRules(t).With(Own{}, packs)
	if err != nil {
		t.Fatal(err)
	}
	seed, err := os.ReadFile("../proof/eval/testdata/seed.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(seed)) {
		var l struct{ Text string }
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, l.Text)
	}
	rng, whole := rand.New(rand.NewPCG(3, 4)), len(lines)
	for range 500 { // pieces of them, so that words of forms stand where they never do
		a, b := []rune(lines[rng.IntN(whole)]), []rune(lines[rng.IntN(whole)])
		lines = append(lines, string(a[rng.IntN(len(a)):])+string(b[:rng.IntN(len(b)+1)]))
	}
	found, cued := 0, 0
	for _, l := range lines {
		u := said(3000, l)
		want, got := all.read(u), quick.read(u)
		if len(want)+len(got) > 0 && !reflect.DeepEqual(want, got) {
			t.Fatalf("%q: %+v, not %+v", l, got, want)
		}
		names := func(r *Rules) []string {
			s := r.finder.look(text.Fold(u.Text))
			defer s.done()
			var out []string
			for i := range r.cues {
				if s.any(r.cues[i].forms) && !s.any(r.cues[i].unless) {
					out = append(out, r.cues[i].Name+r.cues[i].What)
				}
			}
			return out
		}
		if a, b := names(all), names(quick); !slices.Equal(a, b) {
			t.Fatalf("%q: cues %v, not %v", l, b, a)
		} else {
			cued += len(a)
		}
		found += len(got)
	}
	if found < 500 || cued < 20 {
		t.Errorf("%d hits and %d cues in %d lines: nothing was compared", found, cued, len(lines))
	}
}

// What was said is not kept with the memory that is used again.
func TestWhatWasSaidIsNotKept(t *testing.T) {
	r := shippedRules(t)
	s := r.finder.look(text.Fold("お前を殺すぞ"))
	if len(r.readWords(s, said(3000, "お前を殺すぞ"))) == 0 {
		t.Fatal("nothing was read")
	}
	s.done()
	for _, h := range s.hits[:cap(s.hits)] {
		if h.Words != "" || h.Entry != "" {
			t.Errorf("%+v is left", h)
		}
	}
	room := &[]reason{}
	tl := timeline(said(3000, "お前を殺すぞ"), evidence.Mark{Head: evidence.Head{FromMS: 4000, ToMS: 4000}, Mark: evidence.MarkAccommodation})
	for tries := 0; cap(*room) == 0; tries++ { // a pool may lose what is put into it
		if tries == 100 {
			t.Fatal("the memory was never used")
		}
		r.finder.reasons.Put(room)
		if j := r.Consider(tl, 5000); len(j.Findings) == 0 {
			t.Fatal("nothing was found")
		}
	}
	for _, f := range (*room)[:cap(*room)] {
		if f.hit != nil {
			t.Errorf("%+v is left", f.hit)
		}
	}
}
