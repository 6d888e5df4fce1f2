package policy

import (
	"fmt"
	"strings"
	"testing"

	"commusafe/internal/call"
	"commusafe/internal/judge"
)

func criterion(when string) Criterion {
	return Criterion{Name: "長い通話", When: when, Category: judge.Hold, Level: judge.Warning}
}

func compiled(t *testing.T, all ...Criterion) *Criteria {
	t.Helper()
	c, bad := CompileCriteria(all)
	if len(bad) > 0 {
		t.Fatal(bad)
	}
	return c
}

// Everything that is wrong with criteria is told at once, with its place and a key of the catalogue.
func TestEveryProblemOfACriterionIsTold(t *testing.T) {
	for when, want := range map[string]string{
		`minuts > 5 && strikes > "a" && strokes == 2`: "1:1 unknown minuts, 1:23 types >, 1:32 unknown strokes",
		"minutes >":                          "1:10 syntax_end",
		"minutes > > 5":                      "1:11 syntax_at >",
		"minutes ; 5":                        "1:9 syntax_at ;",
		"minutes + 1":                        "1:1 bool int",
		"":                                   "0:0 empty",
		strings.Repeat("1==1 && ", 200):      "0:0 long 1000",
		"\n  minutes > 5 && \n nobody":       "3:2 unknown nobody",
		`categories.exists(c, c == "HOLD")`:  "unknown c", // no macros, so no loops
		`categories.map(c, c).size() > 0`:    "unknown c",
		`minutes > 5`:                        "",
		`"HOLD" in categories && minutes>20`: "",
	} {
		_, bad := CompileCriteria([]Criterion{criterion(when)})
		var got []string
		for _, p := range bad {
			if e := p.Error(); strings.HasSuffix(e, ": ") || strings.Contains(e, "%!") {
				t.Errorf("no sentence: %+v %q", p, e)
			}
			got = append(got, fmt.Sprintf("%d:%d %s %s", p.Line, p.Column, strings.TrimPrefix(p.Key, "error."+"criterion_"), p.What))
		}
		all := strings.Join(got, ", ")
		for part := range strings.SplitSeq(want, ", ") {
			if !strings.Contains(all, part) || want == "" && all != "" {
				t.Errorf("%q: %s, want %s", when, all, want)
			}
		}
	}
	bad := []Criterion{{Name: " ", When: "1 == 1", Category: "X", Level: judge.Severe}, criterion("quiet"), criterion("quiet")}
	_, got := CompileCriteria(bad)
	if len(got) != 4 || got[0].Key != "error.criterion_name" || got[3].Key != "error.criterion_twice" || got[3].Criterion != 2 {
		t.Errorf("%+v", got)
	}
	if _, got := CompileCriteria(make([]Criterion, 1000)); len(got) > 4*mostCriteria+1 || got[len(got)-1].Key != "error.criterion_many" {
		t.Errorf("%d problems of a thousand criteria", len(got))
	}
	r := ShippedRules(PresetAsk)
	r.Criteria = []Criterion{criterion("minuts > 1"), criterion("strokes > 1")}
	if err := r.Check(); err == nil || !strings.Contains(err.Error(), "minuts") || !strings.Contains(err.Error(), "strokes") {
		t.Errorf("%v", err)
	}
}

// A criterion that holds is a finding of its own, from when it began to hold, and names the next minute if time is in it.
func TestACriterionThatHolds(t *testing.T) {
	c := compiled(t, criterion(`stalemate_minutes >= 20 && "HOLD" in categories`), Criterion{Name: "off", When: "1 == 1", Category: judge.Hold, Level: judge.Caution, Off: true},
		Criterion{Name: "三度目", When: "on_matter >= 3 || matter_today > 1 || calls_today > 9 || refused_end > 1 || again > 4 || strikes > 5 || level > 3 || quiet", Category: judge.Repeat, Level: judge.Caution})
	since := map[int]call.Millis{}
	hold := judge.Judgement{AtMS: 90000, Level: judge.Caution, Findings: []judge.Finding{{Category: judge.Hold, Level: judge.Caution, Because: "because.stalemate"}}}
	if j := c.Apply(hold, judge.Facts{StalemateMinutes: 19}, since, 120000); j.Level != judge.Caution || len(j.Findings) != 1 || j.NextMS != 120000 {
		t.Errorf("%+v", j)
	}
	for _, at := range []call.Millis{100000, 130000} {
		hold.AtMS = at
		j := c.Apply(hold, judge.Facts{StalemateMinutes: 20, OnMatter: 3}, since, 120000)
		if j.Level != judge.Warning || len(j.Findings) != 3 || j.Findings[0].Words != "長い通話" || j.Findings[0].ToMS != 100000 || j.Findings[0].Because != becauseCriterion || j.Findings[2].Words != "三度目" {
			t.Errorf("%+v", j)
		}
	}
	if len(hold.Findings) != 1 {
		t.Error("the judgement that was given has changed")
	}
	guarded, asked := hold, hold
	guarded.Counter = []judge.Finding{{Category: judge.GRights, ToMS: hold.AtMS}}
	asked.Accommodation = true
	for _, j := range []judge.Judgement{guarded, asked} {
		if got := c.Apply(j, judge.Facts{StalemateMinutes: 60}, since, 120000); got.Level != judge.Caution || len(got.Findings) != 1 {
			t.Errorf("it counts in spite of a reason not to: %+v", got)
		}
	}
}

// A criterion alone never does more than tell people: in no preset, at no stage, with no evidence beside it does anything
// else come out of a plan than without it.
func TestACriterionOnlyTells(t *testing.T) {
	for _, category := range judge.Categories() {
		c := compiled(t, Criterion{Name: "always", When: "1 == 1", Category: category, Level: judge.Warning})
		for _, preset := range []Preset{PresetWatch, PresetAsk, PresetAuto} {
			r := ShippedRules(preset)
			for _, s := range []State{Begin(0), {Stage: StageWatch}, {Stage: StageWarn1, SinceMS: 1000}, {Stage: StageWarn2, SinceMS: 1000, Warn2Heard: true},
				{Stage: StageFinal, SinceMS: 1000, Warn2Heard: true, FinalHeard: true}, {Stage: StageWatch, Asked: 2}} {
				for _, j := range []judge.Judgement{judgement(100000, judge.None), judgement(100000, judge.Caution, 80000, 99000), judgement(100000, judge.Warning, 80000, 99000), {AtMS: 100000, Quiet: true}} {
					_, without := r.Plan(s, j)
					_, with := r.Plan(s, c.Apply(j, judge.Facts{}, map[int]call.Millis{}, r.Guard))
					got, want := "", ""
					for _, a := range with {
						if a.Do != Notify {
							got += fmt.Sprint(a.Do, a.Mode, a.Prompt, " ")
						}
					}
					for _, a := range without {
						if a.Do != Notify {
							want += fmt.Sprint(a.Do, a.Mode, a.Prompt, " ")
						}
					}
					// A threat holds the machine back; that a criterion may do.
					if got != want && (category != judge.Threat || strings.Contains(got, string(Auto))) {
						t.Errorf("%s %s %s: %q, without it %q", category, preset, s.Stage, got, want)
					}
				}
			}
		}
	}
}

// Whatever is written, checking ends, and what was checked can be evaluated.
func FuzzCriterion(f *testing.F) {
	for _, s := range []string{`minutes > 5 && "HOLD" in categories`, "((((", `"a".matches("(a+)+$")`, "categories[3] == 'x'", "1/0 == 1", "level"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, when string) {
		c, bad := CompileCriteria([]Criterion{criterion(when)})
		for _, p := range bad {
			if p.Key == "" || p.Column < 0 {
				t.Errorf("%+v", p)
			}
		}
		if j := c.Apply(judge.Judgement{AtMS: 1}, judge.Facts{}, map[int]call.Millis{}, 0); j.Level > judge.Warning {
			t.Errorf("%s", j.Level)
		}
	})
}

// A condition of lists in lists, whose checking takes seconds, is refused; brackets as people write them are not.
func TestNestedConditions(t *testing.T) {
	nested := func(n int, open, end string) string {
		return strings.Repeat(open, n) + "1" + strings.Repeat(end, n) + " == "
	}
	for when, want := range map[string]bool{nested(200, "[", "]") + "[]": false, nested(150, "{1:", "}") + "{}": false, nested(200, "(", ")") + "1": false,
		nested(20, "(", ")") + "1": true, nested(1, "[", "]") + "[1]": true, strings.Repeat("quiet || ", 100) + "quiet": true} {
		_, bad := CompileCriteria([]Criterion{{Name: "n", When: when, Category: judge.Abuse, Level: judge.Caution}})
		if (len(bad) == 0) != want {
			t.Errorf("%.20s… of %d letters: %v", when, len(when), bad)
		}
	}
}
