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

// In an hour of ordinary talk the spotter finds some thirty phrases of which it is not sure. What they say together is for people; the machine
// acts by what it is sure of, or by what the voice speaks for.
func TestUnsurePhrasesAreForPeople(t *testing.T) {
	r := shippedRules(t)
	for name, c := range map[string]struct {
		items   []evidence.Item
		level   Level
		counted int // strikes that the ladder counts
		shown   int // strikes in all
	}{
		"two beside each other":                {[]evidence.Item{spotted(20000, "ABUSE-01", 0.5), spotted(30000, "ABUSE-04", 0.5)}, Warning, 0, 2},
		"two of which it is hardly sure":       {[]evidence.Item{spotted(20000, "ABUSE-01", 0.4), spotted(30000, "ABUSE-04", 0.4)}, None, 0, 0},
		"two over each other":                  {[]evidence.Item{spotted(20000, "ABUSE-01", 0.5), spotted(20500, "ABUSE-04", 0.5)}, None, 0, 0},
		"two too far apart":                    {[]evidence.Item{spotted(20000, "ABUSE-01", 0.5), spotted(45000, "ABUSE-04", 0.5)}, None, 0, 0},
		"a grave one beside another":           {[]evidence.Item{spotted(20000, "DOGEZA-01", 0.5), spotted(30000, "ABUSE-04", 0.5)}, Warning, 0, 2},
		"a grave one beside a sure one":        {[]evidence.Item{spotted(20000, "DOGEZA-01", 0.4), spotted(30000, "ABUSE-04", 0.9)}, Warning, 1, 2},
		"sure ones":                            {[]evidence.Item{spotted(20000, "ABUSE-01", 0.9), spotted(30000, "ABUSE-04", 0.9)}, Warning, 2, 2},
		"one in a raised voice":                {[]evidence.Item{spotted(20000, "ABUSE-01", 0.4), loud(20500, 9)}, Caution, 1, 1},
		"one beside a voice that is no louder": {[]evidence.Item{spotted(20000, "ABUSE-01", 0.4), loud(20500, 5)}, None, 0, 0},
		"one in an angry voice":                {[]evidence.Item{spotted(20000, "ABUSE-01", 0.4), angry(21000, 0.9)}, Caution, 0, 1},
		"a grave one in an angry voice":        {[]evidence.Item{spotted(20000, "DOGEZA-01", 0.4), angry(21000, 0.9)}, Warning, 0, 1},
		"one in a voice that may be glad":      {[]evidence.Item{spotted(20000, "ABUSE-01", 0.4), angry(21000, 0.6)}, None, 0, 0},
	} {
		j := r.Consider(timeline(c.items...), 50000)
		counted := 0
		for _, k := range j.Strikes {
			if !k.Statistical {
				counted++
			}
		}
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
