package judge

import (
	"slices"
	"testing"

	"commusafe/internal/call"
	"commusafe/internal/evidence"
)

func loud(at call.Millis, db float64) evidence.Sound {
	return evidence.Sound{Head: evidence.Head{Party: call.Caller, FromMS: at - 1500, ToMS: at, Source: "test"}, LoudnessDB: db, TalkShare: 1}
}

func angry(at call.Millis, anger float64) evidence.Emotion {
	return evidence.Emotion{Head: evidence.Head{Party: call.Caller, FromMS: at - 3000, ToMS: at, Source: "test"}, Anger: anger, Confidence: 0.7, WindowMS: 3000}
}

// In an hour of ordinary talk the spotter finds some thirty phrases of which it is not sure. Together they say nothing; what an angry voice
// speaks for, and what is said around them, is for people; the machine acts by what it is sure of, or by what a loud voice speaks for.
func TestUnsurePhrasesAreForPeople(t *testing.T) {
	r := shippedRules(t)
	for name, c := range map[string]struct {
		items   []evidence.Item
		level   Level
		counted int // strikes that the ladder counts
		shown   int // strikes in all
	}{
		"two beside each other":                {[]evidence.Item{spotted(20000, "ABUSE-01", 0.5), spotted(30000, "ABUSE-04", 0.5)}, None, 0, 0},
		"two of which it is hardly sure":       {[]evidence.Item{spotted(20000, "ABUSE-01", 0.4), spotted(30000, "ABUSE-04", 0.4)}, None, 0, 0},
		"two over each other":                  {[]evidence.Item{spotted(20000, "ABUSE-01", 0.5), spotted(20500, "ABUSE-04", 0.5)}, None, 0, 0},
		"two too far apart":                    {[]evidence.Item{spotted(20000, "ABUSE-01", 0.5), spotted(45000, "ABUSE-04", 0.5)}, None, 0, 0},
		"a grave one beside another":           {[]evidence.Item{spotted(20000, "DOGEZA-01", 0.5), spotted(30000, "ABUSE-04", 0.5)}, None, 0, 0},
		"a grave one beside a sure one":        {[]evidence.Item{spotted(20000, "DOGEZA-01", 0.4), spotted(30000, "ABUSE-04", 0.9)}, Caution, 1, 1},
		"sure ones":                            {[]evidence.Item{spotted(20000, "ABUSE-01", 0.9), spotted(30000, "ABUSE-04", 0.9)}, Warning, 2, 2},
		"one in a raised voice":                {[]evidence.Item{spotted(20000, "ABUSE-01", 0.4), loud(20500, 9)}, Caution, 1, 1},
		"one beside a voice that is no louder": {[]evidence.Item{spotted(20000, "ABUSE-01", 0.4), loud(20500, 5)}, None, 0, 0},
		"one in an angry voice":                {[]evidence.Item{spotted(20000, "ABUSE-01", 0.4), angry(21000, 0.9)}, None, 0, 0},
		"… where it is a little like it":       {[]evidence.Item{spotted(20000, "ABUSE-01", 0.4), angry(21000, 0.9), like(20500, Hold, 0.35)}, Caution, 0, 1},
		"a grave one in an angry voice":        {[]evidence.Item{spotted(20000, "DOGEZA-01", 0.4), angry(21000, 0.9), like(20500, Hold, 0.35)}, Warning, 0, 1},
		"one in a voice that may be glad":      {[]evidence.Item{spotted(20000, "ABUSE-01", 0.4), angry(21000, 0.6), like(20500, Hold, 0.35)}, None, 0, 0},
	} {
		j := r.Consider(timeline(c.items...), 50000)
		counted := counting(j)
		if j.Level != c.level || counted != c.counted || len(j.Strikes) != c.shown {
			t.Errorf("%s: %s, %d of %d strikes count, not %s, %d of %d", name, j.Level, counted, len(j.Strikes), c.level, c.counted, c.shown)
		}
		why := 0 // findings that say that they are for people
		for _, f := range j.Findings {
			if f.Because == becauseHardly {
				why++
			}
		}
		if why != c.shown-c.counted {
			t.Errorf("%s: %d findings say that nothing is done by them, not %d: %+v", name, why, c.shown-c.counted, j.Findings)
		}
	}
}

// What is said around a phrase says whether the spotter heard it at all: it is sure of none where the stretch is like nothing.
func TestWhatIsAroundAPhrase(t *testing.T) {
	r := shippedRules(t)
	around := func(id string, likely float64) evidence.Item {
		p := spotted(20000, id, 0.9)
		p.Around = likely
		return p
	}
	for name, c := range map[string]struct {
		items []evidence.Item
		level Level
	}{
		"not known":                      {[]evidence.Item{around("DOGEZA-01", 0)}, Severe},
		"like it":                        {[]evidence.Item{around("DOGEZA-01", 0.2)}, Severe},
		"like nothing":                   {[]evidence.Item{around("DOGEZA-01", 0.19)}, None},
		"like nothing, in a loud voice":  {[]evidence.Item{around("DOGEZA-01", 0.19), loud(20500, 9)}, Severe},
		"a crisis, not known":            {[]evidence.Item{around("G-CRISIS-01", 0)}, Emergency},
		"a crisis, and like nothing":     {[]evidence.Item{around("G-CRISIS-01", 0.19)}, Caution},
		"a crisis, and again in a while": {[]evidence.Item{around("G-CRISIS-01", 0.19), spotted(32000, "G-CRISIS-01", 0.5)}, Emergency},
	} {
		if j := r.Consider(timeline(c.items...), 40000); j.Level != c.level {
			t.Errorf("%s: %s, not %s: %+v", name, j.Level, c.level, j.Findings)
		}
	}
}

// A crisis of which the spotter was not sure holds the machine and shows; it alarms nobody until it is heard again.
func TestAnUnsureCrisisAlarmsNobody(t *testing.T) {
	r := shippedRules(t)
	for name, c := range map[string]struct {
		items []evidence.Item
		level Level
	}{
		"unsure":                {[]evidence.Item{spotted(20000, "G-CRISIS-01", 0.5)}, Caution},
		"heard again":           {[]evidence.Item{spotted(20000, "G-CRISIS-01", 0.5), spotted(32000, "G-CRISIS-01", 0.5)}, Emergency},
		"hardly heard, twice":   {[]evidence.Item{spotted(20000, "G-CRISIS-01", 0.4), spotted(32000, "G-CRISIS-01", 0.4)}, Caution},
		"sure":                  {[]evidence.Item{spotted(20000, "G-CRISIS-01", 0.7)}, Emergency},
		"unsure, and abuse":     {[]evidence.Item{spotted(20000, "G-CRISIS-01", 0.5), spotted(32000, "ABUSE-01", 0.9)}, Caution},
		"unsure, loud, angry":   {[]evidence.Item{spotted(20000, "G-CRISIS-01", 0.5), loud(20500, 12), angry(21000, 1)}, Caution},
		"in recognised words":   {[]evidence.Item{said(20000, "もう死にたいんです")}, Emergency},
		"unsure, then in words": {[]evidence.Item{spotted(20000, "G-CRISIS-01", 0.5), said(32000, "もう死にたいんです")}, Emergency},
	} {
		j := r.Consider(timeline(c.items...), 40000)
		if j.Level != c.level {
			t.Errorf("%s: %s, not %s", name, j.Level, c.level)
		}
		murmur := func(f Finding) bool { return f.Because == becauseMurmur }
		if slices.ContainsFunc(j.Findings, murmur) != (c.level == Caution) || slices.ContainsFunc(j.Counter, murmur) != (c.level == Caution) {
			t.Errorf("%s: the reason does not say whether it alarms: %+v %+v", name, j.Findings, j.Counter)
		}
		guards := func(f Finding) bool { return f.Category == GCrisis }
		if !slices.ContainsFunc(j.Counter, guards) {
			t.Errorf("%s: the machine is not held: %+v", name, j.Counter)
		}
		if _, held := j.GuardedSince(10000); !held {
			t.Errorf("%s: no guard", name)
		}
	}
}

// On a line on which everything is taken for some phrase, what is not clear says nothing.
func TestACrowdOfPhrasesSaysNothing(t *testing.T) {
	r := shippedRules(t)
	crowd := func(n int, rest ...evidence.Item) []evidence.Item {
		var out []evidence.Item
		for i := range n { // none is sure enough to be a cue of another one
			out = append(out, spotted(20000+call.Millis(i)*5500, "INTIM-07", 0.35))
		}
		return append(out, rest...)
	}
	at := 20000 + call.Millis(crowdLeast-1)*5500 + 21000 // too late to be a cue of theirs
	for name, c := range map[string]struct {
		items   []evidence.Item
		level   Level
		counted int
		because []string
	}{
		"a sure one":                           {crowd(crowdLeast, spotted(at, "DOGEZA-01", 0.74)), None, 0, nil},
		"a sure one beside a clear one":        {crowd(crowdLeast, spotted(at, "DOGEZA-01", 0.74), spotted(at+6000, "ABUSE-01", 0.75)), Caution, 1, []string{becausePhrase}},
		"a clear one":                          {crowd(crowdLeast, spotted(at, "DOGEZA-01", 0.75)), Severe, 1, []string{becausePhrase}},
		"a sure one in a raised voice":         {crowd(crowdLeast, spotted(at, "DOGEZA-01", 0.74), loud(at+500, 9)), Severe, 1, []string{becausePhrase}},
		"a sure one without a crowd":           {crowd(crowdLeast-1, spotted(at, "DOGEZA-01", 0.74)), Severe, 1, []string{becausePhrase}},
		"a sure one after the crowd":           {crowd(crowdLeast, spotted(at+crowdTime, "DOGEZA-01", 0.74)), Severe, 1, []string{becausePhrase}},
		"two unsure ones":                      {crowd(crowdLeast, spotted(at, "ABUSE-01", 0.5), spotted(at+6000, "ABUSE-04", 0.5)), None, 0, nil},
		"two unsure ones without a crowd":      {crowd(crowdLeast-2, spotted(at, "ABUSE-01", 0.5), spotted(at+6000, "ABUSE-04", 0.5)), None, 0, nil},
		"two unsure ones that the gist bears":  {crowd(crowdLeast, spotted(at, "ABUSE-01", 0.5), like(at+1000, Abuse, 0.8)), Caution, 0, []string{becauseGist, becauseHardly}},
		"an unsure crisis":                     {crowd(crowdLeast, spotted(at, "G-CRISIS-01", 0.7)), Caution, 0, []string{becauseMurmur}},
		"an unsure crisis again":               {crowd(crowdLeast, spotted(at, "G-CRISIS-01", 0.5), spotted(at+6000, "G-CRISIS-02", 0.5)), Emergency, 0, []string{becausePhrase, becausePhrase}},
		"recognised words":                     {crowd(crowdLeast, said(at, "土下座しろ")), Severe, 1, []string{becauseWords}},
		"what overlaps the phrase is no crowd": {append(over(crowdLeast, at), spotted(at, "DOGEZA-01", 0.74)), Severe, 1, []string{becausePhrase}},
		"phrases of which it is sure are none": {append(sureOnes(crowdLeast), spotted(at, "DOGEZA-01", 0.74)), Severe, crowdLeast + 1, nil},
	} {
		j := r.Consider(timeline(c.items...), at+65000)
		counted := counting(j)
		var because []string
		for _, f := range j.Findings {
			because = append(because, f.Because)
		}
		slices.Sort(because)
		if j.Level != c.level || counted != c.counted || c.because != nil && !slices.Equal(because, c.because) {
			t.Errorf("%s: %s, %d strikes count, %v; want %s, %d, %v", name, j.Level, counted, because, c.level, c.counted, c.because)
		}
	}
}

// over gives phrases that lie over the end of one that ends at a time.
func over(n int, at call.Millis) (out []evidence.Item) {
	for i := range n {
		out = append(out, spotted(at-call.Millis(i)*10, "INTIM-07", 0.35))
	}
	slices.Reverse(out)
	return out
}

func sureOnes(n int) (out []evidence.Item) {
	for i := range n {
		out = append(out, spotted(20000+call.Millis(i)*5500, "INTIM-07", 0.9))
	}
	return out
}
