package judge

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"commusafe/internal/evidence"
)

// A shop is the rules that the tests of packs share: making them takes longest.
type shop struct {
	without, all *Rules
	packs        []string
	with         map[string]*Rules // by pack
}

// Every test of what packs explain, with the same rules.
func TestPacks(t *testing.T) {
	s := shop{without: shippedRules(t), with: map[string]*Rules{}}
	with := func(names ...string) *Rules {
		r, err := s.without.With(Own{}, names)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	for _, p := range s.without.lexicon.Packs {
		s.packs, s.with[p.Name] = append(s.packs, p.Name), with(p.Name)
	}
	s.all = with(s.packs...)
	for name, test := range map[string]func(*testing.T, shop){"explain their trade and nothing else": packsExplainTheirTrade, "explain what they were not written for": packsExplainTheUnseen,
		"never put a threat aside": packsPutNoThreatAside, "never accuse": packsNeverAccuse, "leave the rest": packsLeaveTheRest, "are shown": packsAreShown, "are named": packsAreNamed} {
		t.Run(name, func(t *testing.T) { test(t, s) })
	}
}

// alone judges one utterance in an otherwise calm call.
func alone(r *Rules, text string) Judgement {
	var tl evidence.Timeline
	r.Add(&tl, said(20000, text))
	return r.Consider(&tl, 20000)
}

// sentences gives the sentences of a pack by what they are: innocent, unseen, harassment.
func sentences(t *testing.T, pack string) map[string][]string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "trade", pack+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		kind, text, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok {
			t.Fatalf("%s: %q", pack, line)
		}
		out[kind] = append(out[kind], text)
	}
	return out
}

// Innocent sentences of each trade are nothing with its pack, also those that are something without it; harassment in the
// same words stays what it is.
func packsExplainTheirTrade(t *testing.T, shop shop) {
	without := shop.without
	for _, pack := range shop.packs {
		with, of := shop.with[pack], sentences(t, pack)
		helped := 0
		for _, s := range of["innocent"] {
			if j := alone(with, s); j.Level != None {
				t.Errorf("%s: %q is %s: %+v", pack, s, j.Level, j.Findings)
			} else if alone(without, s).Level > None {
				helped++
			}
		}
		if helped < 1 || len(of["innocent"]) < 10 {
			t.Errorf("%s: %d innocent sentences, of which the pack helps %d", pack, len(of["innocent"]), helped)
		}
		for _, s := range of["harassment"] {
			if was, is := alone(without, s).Level, alone(with, s).Level; is != was {
				t.Errorf("%s: %q was %s and is %s", pack, s, was, is)
			}
		}
	}
}

// What was not looked at while the forms were first written: the floor is what the first run gave, 54 of 55. Of what was
// written later the first run left 9 of 66 as something, of 29 without any pack.
func packsExplainTheUnseen(t *testing.T, shop shop) {
	for kind, most := range map[string]int{"unseen": 1, "later": 4} {
		n, left := 0, 0
		for _, pack := range shop.packs {
			for _, s := range sentences(t, pack)[kind] {
				if n++; alone(shop.with[pack], s).Level > None {
					left++
				}
			}
		}
		if n < 50 || left > most {
			t.Errorf("%s: of %d, %d are something; at most %d were", kind, n, left, most)
		}
	}
}

// accused is the level of what speaks against the caller, a crisis left out.
func accused(j Judgement) (most Level) {
	for _, f := range j.Findings {
		if !f.Category.IsGuard() {
			most = max(most, f.Level)
		}
	}
	return most
}

// A threat in the same breath as words of a trade counts as it does without the pack, wherever it stands.
func packsPutNoThreatAside(t *testing.T, shop shop) {
	without, all := shop.without, shop.all
	if was, is := alone(without, "駆除してやるぞ、お前を殺す").Level, alone(all, "駆除してやるぞ、お前を殺す").Level; was < Severe || is != was {
		t.Errorf("was %s, is %s", was, is)
	}
	for _, pack := range shop.packs {
		for i, s := range sentences(t, pack)["innocent"] {
			for _, threat := range []string{"お前を殺すぞ", "ぶっ殺してやるからな", "会社に火をつけてやるからな", "死ね、クソ野郎", "夜道に気をつけろよ"} {
				both := []string{s + "、" + threat, threat + "。" + s, s + threat}[i%3]
				least := min(alone(without, threat).Level, accused(alone(without, both)))
				if is := alone(all, both).Level; is < least {
					t.Errorf("%s: %q is %s, want %s", pack, both, is, least)
				}
			}
		}
	}
}

// A pack only takes away: nothing is worse with it, and nothing that speaks against the caller is new.
func packsNeverAccuse(t *testing.T, shop shop) {
	without, all := shop.without, shop.all
	check := func(s string) {
		was, is := alone(without, s), alone(all, s)
		crisis := len(was.Findings) > 0 && was.Findings[0].Category == GCrisis // it holds back what is said beside it
		if is.Level > was.Level || len(is.Strikes) > len(was.Strikes) && !crisis {
			t.Errorf("%q was %s and is %s", s, was.Level, is.Level)
		}
	}
	for _, pack := range shop.packs {
		for _, list := range sentences(t, pack) {
			for i, s := range list {
				check(s)
				check(list[(i+1)%len(list)] + s)
			}
		}
	}
	for _, s := range without.lexicon.Sheets {
		for _, e := range s.Entries {
			check("だから、" + e.Surface + "、と言っているんです。")
		}
	}
}

// The caller's own life comes before every trade, and harassment in its words is what it was.
func packsLeaveTheRest(t *testing.T, shop shop) {
	every := sentences(t, "every")
	if len(every["crisis"]) < 20 || len(every["harassment"]) < 40 {
		t.Fatalf("%d, %d", len(every["crisis"]), len(every["harassment"]))
	}
	for kind, list := range every {
		for _, s := range list {
			was, is := alone(shop.without, s), alone(shop.all, s)
			if is.Level != was.Level || kind == "crisis" && was.Level == Emergency && is.Findings[0].Category != GCrisis {
				t.Errorf("%q was %s and is %s: %+v", s, was.Level, is.Level, is.Counter)
			}
		}
	}
}

// What a pack explains is shown as put aside, by the pack's entry, and holds nothing back.
func packsAreShown(t *testing.T, shop shop) {
	j := alone(shop.with["it"], "プロセスを殺すぞっていう確認が出るんですけど押していいですか")
	shown := map[Category]string{}
	for _, f := range j.Counter {
		shown[f.Category] = f.Because + " " + f.Entry
	}
	if !strings.HasPrefix(shown[Threat], becauseBusiness) || !strings.HasPrefix(shown[GBus], becauseGuard+" TRADE-IT-") {
		t.Errorf("%+v", j.Counter)
	}
	if c, held := alone(shop.with["finance"], "自殺した場合の免責期間は三年でしたっけ").GuardedSince(0); held {
		t.Errorf("held back by %s, which the pack explains", c)
	}
}

// The packs in force are named and can be left out again; one that is not known is refused.
func packsAreNamed(t *testing.T, shop shop) {
	r, err := shop.without.With(Own{}, []string{"medical", "finance", "medical"})
	if err != nil {
		t.Fatal(err)
	}
	if v := r.Version(); !strings.HasPrefix(v, "shipped/16 trade/finance+medical ") {
		t.Error(v)
	}
	own := Own{Version: 7, Sheets: []Sheet{{Category: Threat, Entries: []Entry{{ID: "OWN-1", Surface: "看板に味噌を塗る", Level: Warning}}}}}
	with, err := r.With(own, []string{"it"})
	if err != nil || !strings.HasPrefix(with.Version(), "shipped/16 own/7 trade/it ") {
		t.Errorf("%v %v", with, err)
	}
	none, err := with.With(Own{}, nil)
	if err != nil || none.Version() != shop.without.Version() {
		t.Errorf("%v %v", none.Version(), err)
	}
	if surface, c, ok := none.Surface("TRADE-IT-01"); !ok || c != GBus || surface == "" {
		t.Error("an entry of a pack that is not in force has no name")
	}
	if _, err := r.With(Own{}, []string{"none"}); err == nil {
		t.Error("a pack that is not known")
	}
}
