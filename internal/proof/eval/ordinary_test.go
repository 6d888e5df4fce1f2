package eval

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"commusafe/internal/judge"
)

// No ordinary call is cut by itself. The full number, 10,000, is run by the command: eval dialogue --ordinary 10000.
func TestOrdinaryCallsAreNotCut(t *testing.T) {
	shared := os.Getenv("COMMUSAFE_SHARED")
	if shared == "" {
		shared = filepath.Join("..", "..", "..", "..", "shared")
	}
	set := filepath.Join(shared, "data", "text", "train.tsv")
	if _, err := os.Stat(set); err != nil {
		t.Skipf("the shared text is not there (COMMUSAFE_SHARED): %v", err)
	}
	m, err := RunOrdinary([]string{set}, 300, 7)
	if err != nil {
		t.Fatal(err)
	}
	if m.Cuts != 0 || m.Utterances < 300*8 {
		t.Errorf("%+v", m)
	}
}

// The generator's own calls would be noticed if they weren't ordinary: the cheapest way to no cuts is to hear nothing.
func TestTheGeneratorPlaysWhatItIsGiven(t *testing.T) {
	rules, err := judge.ShippedRules()
	if err != nil {
		t.Fatal(err)
	}
	m := &Ordinary{}
	rude := []string{"ふざけんな、てめえ", "この役立たずが、黙れ", "切るなよ、まだ終わってねえ", "何回言わせんだ、ばか野郎"}
	rng := rand.New(rand.NewPCG(1, 1))
	for range 20 {
		m.one(rules, rng, rude, []rune("あいうえお"))
	}
	if m.Cuts < 10 || m.Warned < 19 {
		t.Errorf("%d of 20 rude calls cut, %d warned", m.Cuts, m.Warned)
	}
}
