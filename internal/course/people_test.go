package course

import (
	"strings"
	"testing"

	"commusafe/internal/call"
	"commusafe/internal/evidence"
	"commusafe/internal/judge"
	"commusafe/internal/policy"
)

// What is for people alone, the gist of unknown words and phrases of which the spotter was not sure, do not lift two signs to the level
// on which the machine speaks.
func TestWhatIsForPeopleLiftsNothing(t *testing.T) {
	r := policy.ShippedRules(policy.PresetAuto)
	rules, err := judge.ShippedRules()
	if err != nil {
		t.Fatal(err)
	}
	head := func(at call.Millis) evidence.Head {
		return evidence.Head{Party: call.Caller, FromMS: at - 1000, ToMS: at, Source: "builtin/1"}
	}
	signs := []evidence.Item{evidence.Phrase{Head: head(20000), ID: "ABUSE-02", Confidence: 0.9}, evidence.Phrase{Head: head(40000), ID: "DEMAND-H01", Confidence: 0.9}}
	for name, c := range map[string]struct {
		more []evidence.Item
		want string
	}{
		"two signs in two channels":        {nil, ""},
		"and a gist":                       {[]evidence.Item{evidence.Gist{Head: head(46000), Category: "THREAT", Harm: 1}}, "notify:auto"},
		"and gists":                        {[]evidence.Item{evidence.Gist{Head: head(42000), Category: "ABUSE", Harm: 0.95}, evidence.Gist{Head: head(48000), Category: "ABUSE", Harm: 0.95}}, "notify:auto"},
		"and a grave phrase, hardly heard": {[]evidence.Item{evidence.Phrase{Head: head(46000), ID: "DOGEZA-01", Confidence: 0.5}}, ""},
		"… in an angry voice, where it is a little like it": {[]evidence.Item{evidence.Phrase{Head: head(46000), ID: "DOGEZA-01", Confidence: 0.5}, evidence.Gist{Head: head(46200), Category: "HOLD", Harm: 0.4},
			evidence.Emotion{Head: head(46500), Anger: 0.9, Confidence: 0.7, WindowMS: 3000}}, "notify:auto"},
		"and a grave phrase, heard for sure": {[]evidence.Item{evidence.Phrase{Head: head(46000), ID: "MONEY-H01", Confidence: 0.9}}, "notify:auto warn1:auto"},
	} {
		var tl evidence.Timeline
		for _, it := range append(append([]evidence.Item{}, signs...), c.more...) {
			tl.Add(it)
		}
		_, acts := r.Plan(policy.Begin(0), rules.Consider(&tl, 49000))
		var got []string
		for _, a := range acts {
			got = append(got, string(a.Do)+":"+string(a.Mode))
		}
		if does := strings.Join(got, " "); does != c.want {
			t.Errorf("%s: %q, want %q", name, does, c.want)
		}
	}
}
