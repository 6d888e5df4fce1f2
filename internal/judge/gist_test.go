package judge

import (
	"slices"
	"testing"

	"commusafe/internal/call"
	"commusafe/internal/evidence"
)

func like(at call.Millis, c Category, harm float64) evidence.Gist {
	return evidence.Gist{Head: evidence.Head{Party: call.Caller, FromMS: at - 3000, ToMS: at, Source: "test"}, Category: string(c), Harm: harm}
}

func ofAgent(g evidence.Gist) evidence.Gist {
	g.Party = call.Agent
	return g
}

// What unknown words are like is a sign; people are told when it goes on, or is hardly anything else; the ladder counts none of it.
func TestGistsTellPeople(t *testing.T) {
	r := shippedRules(t)
	for name, c := range map[string]struct {
		items   []evidence.Item
		level   Level
		counted int // strikes that the ladder counts
		because []string
	}{
		"one":                                {[]evidence.Item{like(20000, Abuse, 0.8)}, Caution, 0, []string{becauseGist}},
		"too little":                         {[]evidence.Item{like(20000, Abuse, 0.79)}, None, 0, nil},
		"a strong one":                       {[]evidence.Item{like(20000, Abuse, 0.99)}, Caution, 0, []string{becauseGist}},
		"one that is nothing else":           {[]evidence.Item{like(20000, Abuse, 1)}, Warning, 0, []string{becauseGists}},
		"one of a grave kind":                {[]evidence.Item{like(20000, Threat, 1)}, Warning, 0, []string{becauseGists}},
		"again":                              {[]evidence.Item{like(20000, Abuse, 0.9), like(30000, Insult, 0.91)}, Warning, 0, []string{becauseGists, becauseGist}},
		"again at once":                      {[]evidence.Item{like(20000, Abuse, 0.9), like(24000, Insult, 0.9)}, Warning, 0, []string{becauseGists, becauseGist}},
		"again, too late":                    {[]evidence.Item{like(20000, Abuse, 0.95), like(81000, Insult, 0.95)}, Caution, 0, []string{becauseGist, becauseGist}},
		"again, too weak together":           {[]evidence.Item{like(20000, Abuse, 0.87), like(30000, Insult, 0.88)}, Caution, 0, []string{becauseGist, becauseGist}},
		"again, with a third one":            {[]evidence.Item{like(20000, Abuse, 0.87), like(30000, Insult, 0.88), like(40000, Insult, 0.5)}, Warning, 0, []string{becauseGist, becauseGists}},
		"again, with less than is counted":   {[]evidence.Item{like(20000, Abuse, 0.87), like(30000, Insult, 0.88), like(40000, Insult, 0.34)}, Caution, 0, []string{becauseGist, becauseGist}},
		"thrice, none a sign":                {[]evidence.Item{like(20000, Abuse, 0.78), like(30000, Insult, 0.79), like(40000, Hold, 0.78)}, Warning, 0, []string{becauseGists}},
		"five times, the best four count":    {[]evidence.Item{like(20000, Abuse, 0.67), like(30000, Insult, 0.67), like(40000, Hold, 0.67), like(50000, Hold, 0.67), like(60000, Hold, 0.67)}, None, 0, nil},
		"many":                               {[]evidence.Item{like(20000, Abuse, 0.99), like(40000, Dogeza, 0.99), like(60000, Sexual, 0.99), like(80000, Threat, 0.99)}, Warning, 0, []string{becauseGist, becauseGists, becauseGists, becauseGists}},
		"of the agent":                       {[]evidence.Item{ofAgent(like(20000, Abuse, 0.99))}, None, 0, nil},
		"a guard":                            {[]evidence.Item{like(20000, GDis, 0.99)}, None, 0, nil},
		"in need, perhaps":                   {[]evidence.Item{like(20000, GCrisis, 1)}, Caution, 0, []string{becauseGist}},
		"in need, again":                     {[]evidence.Item{like(20000, GCrisis, 0.95), like(30000, GCrisis, 0.96)}, Warning, 0, []string{becauseGists, becauseGist}},
		"in need, again, too weak together":  {[]evidence.Item{like(20000, GCrisis, 0.82), like(30000, GCrisis, 0.87)}, Caution, 0, []string{becauseGist, becauseGist}},
		"in need, with a third one":          {[]evidence.Item{like(20000, GCrisis, 0.82), like(30000, GCrisis, 0.87), like(40000, GCrisis, 0.4)}, Warning, 0, []string{becauseGist, becauseGists}},
		"in need, with less than is counted": {[]evidence.Item{like(20000, GCrisis, 0.82), like(30000, GCrisis, 0.87), like(40000, GCrisis, 0.09)}, Caution, 0, []string{becauseGist, becauseGist}},
		"in need, and rude":                  {[]evidence.Item{like(20000, GCrisis, 0.97), like(30000, Abuse, 0.97)}, Caution, 0, []string{becauseGist, becauseGist}},
		"an unsure phrase in need":           {[]evidence.Item{like(20000, GCrisis, 0.85), spotted(19000, "ABUSE-01", 0.4)}, Caution, 0, []string{becauseGist}},
		"an unknown category":                {[]evidence.Item{like(20000, "RUDE", 0.99)}, None, 0, nil},
		"words are recognised":               {[]evidence.Item{like(20000, Abuse, 0.99), said(19000, "住所を変えたいのですが")}, None, 0, nil},
		"words are recognised a little off":  {[]evidence.Item{like(20000, Abuse, 0.99), said(22500, "住所を変えたいのですが")}, None, 0, nil},
		"words are recognised elsewhere":     {[]evidence.Item{like(20000, Abuse, 1), said(40000, "住所を変えたいのですが")}, Warning, 0, []string{becauseGists}},
		"a sure phrase in it":                {[]evidence.Item{like(20000, Threat, 0.99), spotted(19000, "ABUSE-01", 0.9)}, Caution, 1, []string{becausePhrase}},
		"an unsure phrase in it":             {[]evidence.Item{like(20000, Threat, 0.85), spotted(19000, "ABUSE-01", 0.4)}, Caution, 0, []string{becauseGist, becauseHardly}},
		"an unsure phrase beside it":         {[]evidence.Item{like(20000, Threat, 0.85), spotted(30000, "ABUSE-01", 0.4)}, Caution, 0, []string{becauseGist}},
		"an unsure phrase far from it":       {[]evidence.Item{like(20000, Threat, 0.85), spotted(50000, "ABUSE-01", 0.4)}, Caution, 0, []string{becauseGist}},
		"an unsure crisis in it":             {[]evidence.Item{like(20000, Threat, 0.85), spotted(19000, "G-CRISIS-01", 0.5)}, Caution, 0, []string{becauseGist, becauseMurmur}},
	} {
		j := r.Consider(timeline(c.items...), max(c.items[len(c.items)-1].Span().ToMS+10000, 25000))
		counted := counting(j)
		var because []string
		for _, f := range j.Findings {
			because = append(because, f.Because)
			if f.Unworded() && (f.Words != "" || f.Entry != "" || f.Score == 0) {
				t.Errorf("%s: %+v", name, f)
			}
		}
		slices.Sort(because)
		slices.Sort(c.because)
		if j.Level != c.level || counted != c.counted || !slices.Equal(because, c.because) {
			t.Errorf("%s: %s with %d strikes that count, %v; want %s, %d, %v", name, j.Level, counted, because, c.level, c.counted, c.because)
		}
		if j.Struck(0) && c.counted == 0 {
			t.Errorf("%s: counts as struck", name)
		}
	}
}

// What is struck is the same with gists and without: neither a strike of theirs nor a graver level or another channel of one that is near.
func TestGistsChangeNoStrike(t *testing.T) {
	r := shippedRules(t)
	phrases := []evidence.Item{spotted(20000, "HOLD-02", 0.9), spotted(40000, "ABUSE-02", 0.9), spotted(60000, "ABUSE-01", 0.5), spotted(66000, "ABUSE-04", 0.5), spotted(90000, "MONEY-H01", 0.9)}
	for shift := call.Millis(-12000); shift <= 12000; shift += 500 {
		with := slices.Clone(phrases)
		for _, it := range phrases {
			with = append(with, like(it.Span().ToMS+shift, Threat, 0.99))
		}
		before, after := r.Consider(timeline(phrases...), 120000), r.Consider(timeline(with...), 120000)
		if len(before.Strikes) != 3 || !slices.Equal(before.Strikes, after.Strikes) {
			t.Errorf("gists %d ms after the phrases: %+v, without them %+v", shift, after.Strikes, before.Strikes)
		}
	}
	// Nor does a grave phrase that was hardly heard make a strike graver that counts, or one of another channel.
	j := r.Consider(timeline(spotted(20000, "HOLD-02", 0.9), spotted(23000, "DOGEZA-01", 0.5), like(23000, Dogeza, 0.5), angry(23500, 0.9)), 30000)
	if want := []Strike{{AtMS: 20000, Category: Hold, Channel: Persistence, Level: Caution}}; !slices.Equal(j.Strikes, want) || j.Level != Warning {
		t.Errorf("%s %+v", j.Level, j.Strikes)
	}
}

// What is less than a sign is no reason, for nor against, and none that was put aside; what was put aside counts with nothing later.
func TestFaintStretchesAreNoReason(t *testing.T) {
	r := shippedRules(t)
	wrong := evidence.Mark{Head: evidence.Head{FromMS: 25000, ToMS: 25000}, Mark: evidence.MarkWrongFlag}
	if j := r.Consider(timeline(like(20000, Abuse, 0.79), like(22000, GCrisis, 0.3)), 30000); j.Level != None || len(j.Findings)+len(j.Counter)+len(j.Strikes) > 0 {
		t.Errorf("%+v", j)
	}
	if j := r.Consider(timeline(like(10000, Abuse, 0.79), like(20000, Abuse, 0.9), wrong, like(30000, Abuse, 0.79)), 35000); j.Level != None || len(j.Findings) > 0 || len(j.Counter) != 1 || j.Counter[0].Because != becauseWrong {
		t.Errorf("%+v", j)
	}
}

// Only what a recogniser or the spotter knows names a kind, and comes first of what weighs the same.
func TestAGistNamesNoKind(t *testing.T) {
	r := shippedRules(t)
	j := r.Consider(timeline(spotted(20000, "MONEY-H01", 0.9), like(40000, Threat, 1)), 45000)
	if len(j.Findings) != 2 || j.Findings[0].Because != becausePhrase || j.Findings[0].Level != j.Findings[1].Level {
		t.Fatalf("%+v", j.Findings)
	}
	if known, guessed := j.Findings[0], j.Findings[1]; known.Known() != Money || known.ForPeople() || guessed.Known() != "" || !guessed.ForPeople() {
		t.Errorf("%+v", j.Findings)
	}
	if hardly := r.Consider(timeline(spotted(20000, "ABUSE-01", 0.5), like(20500, Threat, 0.85)), 35000).Findings; len(hardly) == 0 || !hardly[0].ForPeople() || hardly[0].Known() != Abuse {
		t.Errorf("%+v", hardly)
	}
}

// What is only like somebody in need neither alarms nor holds the machine.
func TestAGistOfNeedHoldsNothing(t *testing.T) {
	j := shippedRules(t).Consider(timeline(like(20000, GCrisis, 0.99), like(40000, GCrisis, 0.99)), 45000)
	if _, held := j.GuardedSince(0); held || j.Protects(GCrisis, 30000) || j.Level != Warning || len(j.Counter) != 0 {
		t.Errorf("%+v", j)
	}
	for _, f := range j.Findings {
		if f.Category != GCrisis || !f.ForPeople() || !f.Statistical() || f.Known() != "" {
			t.Errorf("%+v", f)
		}
	}
}

// A person who says that it was wrong is believed here too.
func TestAGistCanBeWrong(t *testing.T) {
	r := shippedRules(t)
	j := r.Consider(timeline(like(20000, Abuse, 0.95), evidence.Mark{Head: evidence.Head{FromMS: 25000, ToMS: 25000}, Mark: evidence.MarkWrongFlag}), 30000)
	if j.Level != None || len(j.Counter) != 1 || j.Counter[0].Because != becauseWrong {
		t.Errorf("%+v", j)
	}
	if j := r.Consider(timeline(like(20000, Abuse, 0.92), evidence.Mark{Head: evidence.Head{FromMS: 25000, ToMS: 25000}, Mark: evidence.MarkWrongFlag}, like(40000, Abuse, 0.92)), 50000); j.Level != Caution {
		t.Errorf("%+v", j)
	}
}
