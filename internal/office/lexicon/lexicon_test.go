package lexicon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"testing"

	"commusafe/internal/judge"
	"commusafe/internal/office/staff"
	"commusafe/internal/text"
)

// memory is a store in memory that keeps what it is given as the database does: as JSON.
type memory struct {
	versions []string
	deeds    []staff.Deed
}

func (m *memory) PutLexicon(_ context.Context, v Version, d staff.Deed) (bool, error) {
	b, err := json.Marshal(v)
	m.versions, m.deeds = append(m.versions, string(b)), append(m.deeds, d)
	return true, err
}

func (m *memory) LastLexicon(context.Context) (v Version, err error) {
	if len(m.versions) == 0 {
		return v, fs.ErrNotExist
	}
	return v, json.Unmarshal([]byte(m.versions[len(m.versions)-1]), &v)
}

func book(t *testing.T) (*Book, *memory) {
	t.Helper()
	shipped, err := judge.ShippedLexicon()
	if err != nil {
		t.Fatal(err)
	}
	shipped.Sheets = slices.DeleteFunc(shipped.Sheets, func(s judge.Sheet) bool { // the rest says nothing more here
		return !slices.ContainsFunc(s.Entries, func(e judge.Entry) bool { return e.ID == "ABUSE-01" })
	})
	m := &memory{}
	return &Book{Store: m, Shipped: shipped, Changed: func() {}}, m
}

func word(id, surface, reading string) Word {
	return Word{Category: judge.Threat, Entry: judge.Entry{ID: id, Surface: surface, Reading: reading, Level: judge.Warning}}
}

// keys gives "id field key" of the issues, warnings with a question mark.
func keys(issues []Issue) (out []string) {
	for _, i := range issues {
		s := strings.TrimSpace(i.ID + " " + i.Field + " " + strings.TrimPrefix(i.Key, "lexicon.issue."))
		if i.Warning {
			s += "?"
		}
		out = append(out, s)
	}
	return out
}

func TestAWordIsAddedChangedSwitchedOffAndRemoved(t *testing.T) {
	b, m := book(t)
	ctx, by := t.Context(), staff.Person{ID: "p1"}
	change := func(c Change) Version {
		t.Helper()
		v, err := b.Change(ctx, by, c)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	inForce := func() judge.Own {
		t.Helper()
		l, err := b.InForce(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return l.Own
	}
	if own := inForce(); own.Version != 0 || own.Sheets != nil {
		t.Errorf("before anything: %+v", own)
	}
	v := change(Change{Put: []Word{word("", " 看板に味噌を塗ってやる ", "かんばんにみそをぬってやる")}})
	if v.Version != 1 || v.Author != "p1" || v.Words[0].ID != "OWN-1" || v.Words[0].Surface != "看板に味噌を塗ってやる" {
		t.Fatalf("%+v", v)
	}
	if own := inForce(); own.Version != 1 || own.Sheets[0].Category != judge.Threat || own.Sheets[0].Entries[0].ID != "OWN-1" {
		t.Errorf("added: %+v", own)
	}
	w := v.Words[0]
	w.Level, w.Off = judge.Severe, true
	v = change(Change{Version: 1, Put: []Word{w}})
	if own := inForce(); own.Version != 0 {
		t.Errorf("switched off: %+v", own)
	}
	if _, err := b.Change(ctx, by, Change{Version: 1, Remove: []string{"OWN-1"}}); !errors.Is(err, ErrVersion) {
		t.Errorf("an old version was changed: %v", err)
	}
	if same := change(Change{Version: 2, Put: []Word{w}}); same.Version != 2 || len(m.versions) != 2 {
		t.Error("a change that changes nothing made a version")
	}
	if v = change(Change{Version: 2, Remove: []string{"OWN-1"}}); v.Version != 3 || len(v.Words) != 0 {
		t.Errorf("removed: %+v", v)
	}
	// An ID never comes again: a call that is under way still judges by the old word.
	if v = change(Change{Version: 3, Put: []Word{word("", "門に砂糖をまく", "もんにさとうをまく")}}); v.Words[0].ID != "OWN-4" {
		t.Errorf("%+v", v)
	}
	var said []string
	for _, d := range m.deeds {
		if d.By != "p1" || d.What != "trail.lexicon" {
			t.Errorf("%+v", d)
		}
		said = append(said, d.Subject+" "+d.Detail)
	}
	want := []string{"1 +OWN-1 THREAT S2 看板に味噌を塗ってやる かんばんにみそをぬってやる", "2 ~OWN-1 THREAT S3 看板に味噌を塗ってやる かんばんにみそをぬってやる off",
		"3 -OWN-1 THREAT S3 看板に味噌を塗ってやる かんばんにみそをぬってやる off", "4 +OWN-4 THREAT S2 門に砂糖をまく もんにさとうをまく"}
	if !slices.Equal(said, want) {
		t.Errorf("the trail says %q", said)
	}
}

func TestWhatIsWrongWithAWord(t *testing.T) {
	b, m := book(t)
	if _, err := b.Change(t.Context(), staff.Person{}, Change{Put: []Word{word("OWN-A", "看板に味噌を塗ってやる", "かんばんにみそをぬってやる"), {Category: judge.Abuse, Entry: judge.Entry{ID: "OWN-OFF", Surface: "もしもし", Level: judge.Caution, Off: true}}}}); err != nil {
		t.Fatal(err)
	}
	with := func(f func(*Word)) Word {
		w := word("X", "屋根に納豆を投げてやる", "やねになっとうをなげてやる")
		f(&w)
		return w
	}
	for name, c := range map[string]struct {
		word Word
		want string
	}{
		"as it should be":       {with(func(*Word) {}), ""},
		"ID":                    {with(func(w *Word) { w.ID = "a b" }), "a b id id"},
		"ID of a shipped one":   {with(func(w *Word) { w.ID = "ABUSE-01" }), "ABUSE-01 id id_shipped"},
		"category":              {with(func(w *Word) { w.Category = "RUDE" }), "X category category"},
		"guard":                 {with(func(w *Word) { w.Category, w.Level = judge.GBus, judge.None }), "X category guard?"},
		"level":                 {with(func(w *Word) { w.Level = judge.None }), "X level level"},
		"weight":                {with(func(w *Word) { w.Weight = 1.5 }), "X weight weight"},
		"nothing":               {with(func(w *Word) { w.Surface, w.Reading = "", "" }), "X surface empty"},
		"one letter":            {with(func(w *Word) { w.Forms = []string{"あ"} }), "X forms letters"},
		"too long":              {with(func(w *Word) { w.Surface = strings.Repeat("あい", 31) }), "X surface long"},
		"many forms":            {with(func(w *Word) { w.Forms = slices.Repeat([]string{"屋根に味噌汁"}, 21) }), "X forms many_forms"},
		"separator":             {with(func(w *Word) { w.Forms = []string{"納豆、味噌"} }), "X forms characters"},
		"formula":               {with(func(w *Word) { w.Note = "=1+1" }), "X note characters"},
		"kanji in the reading":  {with(func(w *Word) { w.Reading = "屋ねになっとう" }), "X reading kana"},
		"reading too long":      {with(func(w *Word) { w.Reading = strings.Repeat("なっ", 40) }), "X reading reading_long"},
		"reading without sound": {with(func(w *Word) { w.Reading = "。。" }), "X reading silent"},
		"pattern":               {with(func(w *Word) { w.Forms = []string{"納豆(を|に"} }), "X forms pattern"},
		"class":                 {with(func(w *Word) { w.Forms = []string{"<無い>に納豆"} }), "X forms pattern"},
		"known class":           {with(func(w *Word) { w.Forms = []string{"<会社>に納豆"} }), ""},
		"short":                 {with(func(w *Word) { w.Reading = "なっとう" }), "X reading short?"},
		"kana without reading":  {with(func(w *Word) { w.Surface, w.Reading = "なっとうなげるぞ", "" }), ""},
		"short kana":            {with(func(w *Word) { w.Surface, w.Reading = "なっとう", "" }), "X surface short?"},
		"kanji without reading": {with(func(w *Word) { w.Reading = "" }), "X reading unheard?"},
		"the same in katakana":  {with(func(w *Word) { w.Reading = "カンバンニミソオヌッテヤル" }), "X surface twin"},
		"the same sound":        {with(func(w *Word) { w.Reading = "かんばんにみそをぬってやるー" }), "X surface twin"},
		"same letters":          {with(func(w *Word) { w.Surface = "看板に、味噌を塗ってやる!" }), "X surface characters X surface twin"},
		"shipped":               {with(func(w *Word) { w.Reading = "ふざけんなてめー" }), "X surface shipped?"},
		"greeting by sound":     {with(func(w *Word) { w.Reading = "でんわありがとー" }), "X reading innocent"},
		"greeting by letters":   {with(func(w *Word) { w.Forms = []string{"少々お待ち"} }), "X surface innocent"},
		"greeting as a guard":   {with(func(w *Word) { w.Category, w.Forms = judge.GRights, []string{"返金してください"} }), "X category guard?"},
		"wrong but off":         {with(func(w *Word) { w.Reading, w.Off = "でんわありがとー", true }), ""},
		"twin of what is off":   {with(func(w *Word) { w.Surface, w.Reading = "もしもし屋の看板", "もしもしやのかんばん" }), ""},
	} {
		p, err := b.Try(t.Context(), Change{Version: 1, Put: []Word{c.word}})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(keys(p.Issues), " "); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		_, err = b.Change(t.Context(), staff.Person{}, Change{Version: 9, Put: []Word{c.word}})
		if !errors.Is(err, ErrVersion) {
			t.Errorf("%s: %v", name, err)
		}
		if wrong := c.want != "" && !strings.HasSuffix(c.want, "?"); wrong != p.Wrong() {
			t.Errorf("%s: wrong %v", name, p.Wrong())
		}
	}
	bad := Change{Version: 1, Put: []Word{with(func(w *Word) { w.Level = judge.None })}}
	_, err := b.Change(t.Context(), staff.Person{}, bad)
	if e, ok := errors.AsType[ErrIssues](err); !ok || len(e.Issues) != 1 || len(m.versions) != 1 {
		t.Errorf("a wrong word was saved: %v, %d versions", err, len(m.versions))
	}
	many := Change{Version: 1}
	for n := range mostWords {
		many.Put = append(many.Put, with(func(w *Word) {
			w.ID, w.Surface = "", "納豆"+strings.Repeat("あ", n%50)+strings.Repeat("い", n/50)+"をまく"
			w.Reading, w.Off = "", n > 20
		}))
	}
	if p, err := b.Try(t.Context(), many); err != nil || !slices.Contains(keys(p.Issues), "too_many") {
		t.Errorf("%d words are no too many: %v", mostWords+2, err)
	}
}

// A table from a spreadsheet shows what it would change, and everything that is wrong, each with its line.
func TestATableIsLookedAtFirst(t *testing.T) {
	b, m := book(t)
	if _, err := b.Change(t.Context(), staff.Person{}, Change{Put: []Word{word("OWN-A", "看板に味噌を塗ってやる", "かんばんにみそをぬってやる"), word("OWN-B", "門に砂糖をまく", "もんにさとうをまく"), word("OWN-C", "庭に塩をまく", "にわにしおをまいてやる")}}); err != nil {
		t.Fatal(err)
	}
	table := "\xef\xbb\xbfcategory，id，surface，reading，level\r\n" +
		"THREAT，OWN-A，看板に味噌を塗ってやる，かんばんにみそをぬってやる，S2\r\n" + // the same
		"THREAT，OWN-B，門に砂糖をまく，もんにさとうをまく，S3\r\n" + // another level
		"ABUSE，OWN-D，おたんこなすび野郎，おたんこなすびやろう，S1\r\n" // new
	c, p, err := b.Import(t.Context(), []byte(table), true)
	if err != nil || len(p.Issues) != 0 || len(p.Added) != 1 || p.Added[0].ID != "OWN-D" || len(p.Changed) != 1 || p.Changed[0].Level != judge.Warning || len(p.Removed) != 1 || p.Removed[0].ID != "OWN-C" {
		t.Fatalf("%+v %v", p, err)
	}
	if len(m.versions) != 1 {
		t.Error("looking at a table saved it")
	}
	if _, keep, err := b.Import(t.Context(), []byte(table), false); err != nil || len(keep.Removed) != 0 || len(keep.Words) != 4 {
		t.Errorf("without replacing: %+v %v", keep, err)
	}
	v, err := b.Change(t.Context(), staff.Person{}, c)
	if err != nil || v.Version != 2 || !reflect.DeepEqual(v.Words, p.Words) {
		t.Errorf("%+v %v", v, err)
	}
	out, err := b.Export(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, p, err := b.Import(t.Context(), out, true); err != nil || len(p.Issues)+len(p.Added)+len(p.Changed)+len(p.Removed) != 0 {
		t.Errorf("what is written out is no longer the same: %+v %v", p, err)
	}

	bad := "category,id,surface,reading,level\nTHREAT,E,屋根に納豆を投げる,屋ねに,S2\nTHREAT,,あれこれ,,S2\nTHREAT,E,もう一度,もういちど,S2\nRUDE,F,もしもし,もしもし,S9\nTHREAT,G,もしもし,もしもし,S2\n"
	_, p, err = b.Import(t.Context(), []byte(bad), false)
	var got []string
	for k, i := range p.Issues {
		got = append(got, strings.Join([]string{string(rune('0' + i.Line)), keys(p.Issues)[k]}, " "))
	}
	want := []string{"2 E reading kana", "3 csv_missing", "4 E id id_twice_line", "5 csv_level", "6 G reading short?", "6 G reading innocent"}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q %v", got, err)
	}
	if _, p, err := b.Import(t.Context(), []byte("\x83\x4a\x83\x65"), false); err != nil || !p.Wrong() || keys(p.Issues)[0] != "csv_not_utf8" {
		t.Errorf("%+v %v", p, err)
	}
}

// A table of ten thousand words is refused at once, not compared word by word.
func TestAHugeTable(t *testing.T) {
	b, _ := book(t)
	var table strings.Builder
	table.WriteString("category,id,surface,reading,level\n")
	for n := range 10_000 {
		fmt.Fprintf(&table, "THREAT,W-%d,納豆%d,なっとう,S2\n", n, n)
	}
	if _, p, err := b.Import(t.Context(), []byte(table.String()), true); err != nil || !slices.Equal(keys(p.Issues), []string{"too_many"}) {
		t.Errorf("%d issues %v", len(p.Issues), err)
	}
}

// All that a centre may add goes into one message on the bus (1 MB at most) beside what is shipped, and into one line of a
// journal.
func TestTheSnapshotHasRoom(t *testing.T) {
	shipped, err := judge.ShippedLexicon()
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(shipped)
	if err != nil || len(b)+mostBytes > 700_000 {
		t.Errorf("the shipped lexicon has %d bytes, the centre's own up to %d (%v): more than leaves room for limits and prompts", len(b), mostBytes, err)
	}
	w := word("", strings.Repeat("納豆", 30), "")
	w.Forms, w.Reading = slices.Repeat([]string{strings.Repeat("味噌", 30)}, mostForms), strings.Repeat("なっ", 30)
	bk, _ := book(t)
	c := Change{}
	for range 60 {
		c.Put = append(c.Put, w)
	}
	if p, err := bk.Try(t.Context(), c); err != nil || !slices.Contains(keys(p.Issues), "too_large") {
		t.Errorf("60 words with all their forms are not too large (%v)", err)
	}
}

func TestOrdinaryPhrasesCanBeRead(t *testing.T) {
	for _, p := range ordinary() {
		if _, err := text.Sounds(p.kana); err != nil {
			t.Error(err)
		}
	}
}

// No shipped entry would be refused for being innocent, or the rule would be wrong.
func TestTheShippedLexiconIsNotOrdinary(t *testing.T) {
	shipped, err := judge.ShippedLexicon()
	if err != nil {
		t.Fatal(err)
	}
	ordinary := ordinaryHeard()
	for _, s := range shipped.Sheets {
		if s.Category.IsGuard() {
			continue
		}
		for _, e := range s.Entries {
			innocent(ordinary, heardAs(e), Word{s.Category, e}, func(_, _ string, args ...string) { t.Errorf("%s: %v", e.ID, args) })
		}
	}
}

func FuzzImport(f *testing.F) {
	f.Add([]byte("category,id,surface,reading,level\nTHREAT,E,屋根,やね,S2\n"))
	shipped := judge.Lexicon{Version: "shipped/0", Classes: []judge.Class{{Name: "家", Words: []string{"屋根", "門"}}}}
	f.Fuzz(func(t *testing.T, table []byte) {
		b := &Book{Store: &memory{}, Shipped: shipped, Changed: func() {}}
		c, p, err := b.Import(t.Context(), table, true)
		if err != nil || p.Wrong() {
			return
		}
		v, err := b.Change(t.Context(), staff.Person{}, c)
		if err != nil {
			t.Fatalf("nothing was wrong with it, and it can't be saved: %v", err)
		}
		if _, err := judge.NewRules(b.Shipped.With(v.Own()), judge.ShippedThresholds()); err != nil {
			t.Errorf("saved, and the judge refuses it: %v", err)
		}
	})
}
