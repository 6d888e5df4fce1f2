package judge

import (
	"slices"
	"testing"

	"commusafe/internal/call"
)

// What somebody says not to ask for is not asked for; what is asked for beside it is, and so is what only sounds like a denial.
func TestWhatIsDeniedIsNotAskedFor(t *testing.T) {
	r := shippedRules(t)
	for say, want := range map[string]Level{
		"土下座をしろと言っているんじゃありません":               None,
		"土下座しろと言っているわけではありません、説明してほしいだけです":   None,
		"土下座しろとまでは言いませんけど、きちんと謝ってほしいんです":     None,
		"別に土下座しろとは言わない":                      None,
		"土下座しろなんて言ってません":                     None,
		"土下座しろって言ってるわけじゃないんですよ":              None,
		"全額返せと言っているんじゃなくて、理由を聞きたいんです":        None,
		"家まで来いと言っているんじゃないんです":                None,
		"今すぐ社長を出せとまでは言いませんが":                 Caution, // a rough order to somebody
		"慰謝料を払えと言った覚えはありませんよ":                None,
		"土下座しろとかお金を積めとかそういうことを言うつもりは一切ありません": None,
		"無料にしろとは言いませんただ知ってほしいんです":            None,
		"謝れいうんじゃのうて、何を運んだか見てほしいんよ":           None,

		"土下座しろって言ってるんだよ":             Severe,
		"土下座しろって言ってるんじゃないか":          Severe,
		"土下座しろと言っているんじゃないですか":        Severe,
		"土下座しろって言ってるのがわからないのか":       Severe,
		"土下座しろって言ってるのに、なんでしないんだよ":    Severe,
		"土下座しろとまでは言わない、手をついて謝れ":      Severe,
		"金を払えとは言わない、土下座しろ":           Severe,
		"殺すぞと言ったわけじゃない":              Emergency,
		"土下座しろって言わないとわからないのか":        Severe,
		"土下座しろと言ってませんか私は":            Severe,
		"金を払えと言うんじゃなくて土下座しろと言ってるんだ":  Severe,
		"土下座しろと何度言えばわかるんだ、言わせるんじゃない": Severe,
	} {
		if j := r.Consider(timeline(said(5000, say)), 10000); j.Level != want {
			t.Errorf("%s: %s, not %s: %+v", say, j.Level, want, j.Findings)
		}
	}
}

// A denial only takes away: whatever is denied, and whatever stands beside it, nothing counts for more than without.
func TestDenialsOnlyTakeAway(t *testing.T) {
	l, err := ShippedLexicon()
	if err != nil {
		t.Fatal(err)
	}
	with := shippedRules(t)
	l.Cues = slices.DeleteFunc(slices.Clone(l.Cues), func(c Cue) bool { return c.Name == cueDenial })
	without, err := NewRules(l, ShippedThresholds())
	if err != nil {
		t.Fatal(err)
	}
	freed, kept := 0, 0
	for i, k := range with.entries {
		beside := with.entries[(i*7+3)%len(with.entries)]
		if k.Surface == "" || k.Heard || beside.Heard {
			continue
		}
		for _, say := range []string{k.Surface + "とまでは言いません", k.Surface + "って言ってるんじゃないですよ、" + beside.Surface, beside.Surface + "、" + k.Surface + "なんて言ってません"} {
			u := said(5000, say)
			a, b := with.Consider(timeline(u), 10000), without.Consider(timeline(u), 10000)
			if a.Level > b.Level {
				t.Errorf("%s: %s with denials, %s without", say, a.Level, b.Level)
			}
			for _, f := range a.Findings {
				if !slices.ContainsFunc(b.Findings, func(g Finding) bool { return g.Category == f.Category && g.Level >= f.Level }) {
					t.Errorf("%s: %s %s is found with denials only", say, f.Category, f.Level)
				}
			}
			if x, y := struck(a), struck(b); x > y {
				t.Errorf("%s: the gravest strike that counts is %s with denials, %s without", say, x, y)
			}
			if a.Level < b.Level {
				freed++
			} else {
				kept++
			}
		}
	}
	if freed < 100 || kept < 100 {
		t.Errorf("%d freed, %d as they were", freed, kept)
	}
}

// struck gives the level of the gravest strike that does not rest on statistics alone.
func struck(j Judgement) (most Level) {
	for _, s := range j.Strikes {
		if !s.Statistical {
			most = max(most, s.Level)
		}
	}
	return most
}

// Only what the caller says is denied: a cue of the agent frees no caller.
func TestADenialIsTheCallers(t *testing.T) {
	l, err := ShippedLexicon()
	if err != nil {
		t.Fatal(err)
	}
	l.Cues = slices.Clone(l.Cues)
	for i := range l.Cues {
		if l.Cues[i].Name == cueDenial {
			l.Cues[i].Party = call.Agent
		}
	}
	r, err := NewRules(l, ShippedThresholds())
	if err != nil {
		t.Fatal(err)
	}
	if j := r.Consider(timeline(said(5000, "土下座しろとまでは言いません")), 10000); j.Level != Severe {
		t.Errorf("%s", j.Level)
	}
}
