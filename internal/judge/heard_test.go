package judge

import (
	"slices"
	"strings"
	"testing"

	"commusafe/internal/evidence"
	"commusafe/internal/text"
)

func heardEntries(t *testing.T) (l Lexicon, of map[string]Category, all []Entry) {
	t.Helper()
	l, err := ShippedLexicon()
	if err != nil {
		t.Fatal(err)
	}
	of = map[string]Category{}
	for _, s := range l.Sheets {
		for _, e := range s.Entries {
			if e.Heard {
				of[e.ID], all = s.Category, append(all, e)
			}
		}
	}
	if len(all) < 100 {
		t.Fatalf("%d entries are heard only", len(all))
	}
	return l, of, all
}

// What is heard weighs no more than the same words do where they are recognised, and is long enough to be told from others.
func TestHeardEntriesWeighWhatTheirWordsDo(t *testing.T) {
	r := shippedRules(t)
	_, of, all := heardEntries(t)
	readings := map[string]string{}
	for _, e := range all {
		j := r.Consider(timeline(said(20000, e.Surface)), 21000)
		if !slices.ContainsFunc(j.Findings, func(f Finding) bool { return f.Category == of[e.ID] && f.Level >= e.Level && f.Because == becauseWords }) {
			t.Errorf("%s 「%s」 is %s when heard; in words: %+v", e.ID, e.Surface, e.Level, j.Findings)
		}
		s, err := text.Sounds(e.Reading)
		if err != nil || text.Phonemes(s) < text.ShortReading {
			t.Errorf("%s %s: %d phonemes, %v", e.ID, e.Reading, text.Phonemes(s), err)
		}
		if o, ok := readings[e.Reading]; ok {
			t.Errorf("%s and %s have the same reading", o, e.ID)
		}
		readings[e.Reading] = e.ID
	}
}

// What the screen shows is what was listened for: its words can be read so.
func TestHeardEntriesShowWhatIsListenedFor(t *testing.T) {
	voiced := []string{"派遣", "人間", "下着"} // read with a sound that the table of kanji has not
	_, of, all := heardEntries(t)
	for _, e := range all {
		e.Heard, e.Surface = false, ""
		readings, err := newEar([]known{{Entry: e, category: of[e.ID]}})
		if err != nil {
			t.Fatal(err)
		}
		shown := all[slices.IndexFunc(all, func(o Entry) bool { return o.ID == e.ID })].Surface
		if slices.ContainsFunc(voiced, func(w string) bool { return strings.HasPrefix(shown, w) }) {
			continue
		}
		if got := readings.listen(text.Fold(shown).Runes, false, func(int32) bool { return true }); len(got) != 1 {
			t.Errorf("%s 「%s」 is not read %s", e.ID, shown, e.Reading)
		}
	}
}

// Written words are judged as if they were not there.
func TestHeardEntriesChangeNoText(t *testing.T) {
	l, _, all := heardEntries(t)
	without := l
	without.Sheets = nil
	for _, s := range l.Sheets {
		s.Entries = slices.DeleteFunc(slices.Clone(s.Entries), func(e Entry) bool { return e.Heard })
		without.Sheets = append(without.Sheets, s)
	}
	r, err := NewRules(without, ShippedThresholds())
	if err != nil {
		t.Fatal(err)
	}
	with := shippedRules(t)
	lines := []string{"どげざしてわびろ", "つべこべゆうな"} // misheard ones too
	for _, l := range devPhrases(t) {
		lines = append(lines, l.Text)
	}
	for _, e := range all {
		lines = append(lines, e.Surface, e.Reading)
	}
	for _, s := range lines {
		tl := timeline(said(20000, s))
		if got, want := bytesOf(t, with.Consider(tl, 21000)), bytesOf(t, r.Consider(timeline(said(20000, s)), 21000)); got != want {
			t.Errorf("%s: %s, without them %s", s, got, want)
		}
	}
}

// There are many of them: one that lies badly needs a loud voice, is a sign where the stretch is like harassment, and no other stands by it.
func TestHeardEntriesNeedToLieWell(t *testing.T) {
	r := shippedRules(t)
	at := func(p evidence.Phrase, score float64) evidence.Phrase {
		p.Score = score
		return p
	}
	for name, c := range map[string]struct {
		items   []evidence.Item
		level   Level
		counted int
	}{
		"one that lies well":                      {[]evidence.Item{at(spotted(20000, "DOGEZA-H01", 0.7), -1)}, Severe, 1},
		"… and is not sure":                       {[]evidence.Item{at(spotted(20000, "DOGEZA-H01", 0.55), -1)}, None, 0},
		"… and is hardly there":                   {[]evidence.Item{at(spotted(20000, "DOGEZA-H01", 0.45), -1), like(20000, Dogeza, 0.85)}, Caution, 0},
		"one that lies badly":                     {[]evidence.Item{at(spotted(20000, "DOGEZA-H01", 0.7), -1.8)}, None, 0},
		"… in a stretch that is like it":          {[]evidence.Item{at(spotted(20000, "DOGEZA-H01", 0.7), -1.8), like(20000, Insult, 0.85)}, Caution, 0},
		"… in a raised voice":                     {[]evidence.Item{at(spotted(20000, "DOGEZA-H01", 0.7), -1.8), loud(20500, 9)}, Severe, 1},
		"two that lie badly":                      {[]evidence.Item{at(spotted(20000, "DOGEZA-H01", 0.7), -1.8), at(spotted(30000, "MONEY-H01", 0.7), -1.8)}, None, 0},
		"one that lies badly beside an entry":     {[]evidence.Item{at(spotted(20000, "MONEY-H01", 0.7), -1.8), at(spotted(30000, "ABUSE-01", 0.45), -1.8)}, None, 0},
		"one that lies badly beside a sure entry": {[]evidence.Item{at(spotted(20000, "MONEY-H01", 0.7), -1.8), at(spotted(30000, "ABUSE-01", 0.9), -1)}, Caution, 1},
		"an entry may lie a little worse":         {[]evidence.Item{at(spotted(20000, "DOGEZA-01", 0.7), -1.45)}, Severe, 1},
		"an entry that lies badly is not sure":    {[]evidence.Item{at(spotted(20000, "DOGEZA-01", 0.7), -1.8)}, None, 0},
		"… and others are no cue for it":          {[]evidence.Item{at(spotted(20000, "DOGEZA-01", 0.7), -1.8), at(spotted(30000, "ABUSE-01", 0.9), -1.2)}, Caution, 1},
	} {
		j := r.Consider(timeline(c.items...), 40000)
		counted := 0
		for _, k := range j.Strikes {
			if !k.Statistical {
				counted++
			}
		}
		if j.Level != c.level || counted != c.counted {
			t.Errorf("%s: %s, %d strikes count; want %s, %d: %+v", name, j.Level, counted, c.level, c.counted, j)
		}
	}
}

func TestHeardEntriesAreChecked(t *testing.T) {
	for _, e := range []Entry{{ID: "X", Surface: "何か", Level: Caution, Heard: true}, {ID: "X", Surface: "何か", Reading: "なにか", Forms: []string{"何か"}, Level: Caution, Heard: true}} {
		l := Lexicon{Sheets: []Sheet{{Category: Abuse, Entries: []Entry{e}}}}
		if err := l.Check(); err == nil || !strings.Contains(err.Error(), "heard only") {
			t.Errorf("%+v: %v", e, err)
		}
	}
}
