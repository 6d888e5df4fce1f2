package lexicon

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"commusafe/internal/judge"
	"commusafe/internal/text"
)

// An Issue is something wrong with a word, or that a person should know of it. Key is one of the text catalogue.
type Issue struct {
	ID      string            // of the word; empty for all of them together
	Line    int               // of an imported table; 0 elsewhere
	Field   string            // of the word
	Key     string            // lexicon.issue.…
	Args    map[string]string // for the sentence
	Warning bool              // it may be saved all the same
}

// Bounds of the centre's own words: what one message on the bus and a line of a journal carry, and what a listener can
// follow beside the shipped ones.
const (
	mostWords   = 300
	mostRows    = 1000 // of a table that is looked at
	mostBytes   = 200 << 10
	mostForms   = 20
	longestText = 60  // letters of a surface, a form
	longestNote = 200 // letters
)

// check gives all that is wrong with words, of those with the given IDs everything, of the others what concerns all.
func (b *Book) check(words []Word, ids []string) []Issue {
	c := checker{forms: b.Shipped.FormChecker(), words: words, ordinary: ordinaryHeard()}
	if len(words) > mostWords {
		c.tell(tooMany())
		return c.issues // each is compared with all others
	}
	if size(words) > mostBytes {
		c.tell(Issue{Key: "lexicon.issue.too_large"})
	}
	for _, s := range b.Shipped.Sheets {
		for _, e := range s.Entries {
			c.shipped = append(c.shipped, heardAs(e))
		}
	}
	for _, w := range words {
		c.own = append(c.own, heardAs(w.Entry))
	}
	for i, w := range words {
		if slices.Contains(ids, w.ID) {
			c.word(i, w)
		}
	}
	if !slices.ContainsFunc(c.issues, func(i Issue) bool { return !i.Warning }) {
		// What no check here has foreseen: the judge has the last word.
		if _, err := judge.NewRules(b.Shipped.With(Version{Version: 1, Words: words}.Own()), judge.ShippedThresholds()); err != nil {
			c.tell(Issue{Key: "lexicon.issue.judge", Args: map[string]string{"why": err.Error()}})
		}
	}
	return c.issues
}

func tooMany() Issue {
	return Issue{Key: "lexicon.issue.too_many", Args: map[string]string{"n": fmt.Sprint(mostWords)}}
}

// A heard is how an entry sounds and is written, to be compared.
type heard struct {
	id, surface string
	sounds      []text.Sound
	key         string
}

func heardAs(e judge.Entry) heard {
	s, err := text.Sounds(e.Spoken())
	if err != nil {
		s = nil
	}
	return heard{e.ID, e.Surface, s, text.Key(e.Surface)}
}

// alike tells whether two entries are the same to the ear or to the eye.
func (h heard) alike(o heard) bool {
	return h.sounds != nil && o.sounds != nil && text.SoundAlike(h.sounds, o.sounds) || h.key != "" && h.key == o.key
}

// A checker collects issues.
type checker struct {
	forms        judge.FormChecker
	words        []Word
	own, shipped []heard
	ordinary     []heard
	issues       []Issue
}

func (c *checker) tell(i Issue) { c.issues = append(c.issues, i) }

// word checks one word.
func (c *checker) word(i int, w Word) {
	wrong := func(field, key string, args ...string) { c.tell(issue(w.ID, field, key, false, args)) }
	note := func(field, key string, args ...string) { c.tell(issue(w.ID, field, key, true, args)) }
	if !regexp.MustCompile(`^[A-Za-z0-9_.-]{1,40}$`).MatchString(w.ID) {
		wrong("id", "lexicon.issue.id")
	}
	if slices.ContainsFunc(c.shipped, func(h heard) bool { return h.id == w.ID }) {
		wrong("id", "lexicon.issue.id_shipped")
	}
	if slices.IndexFunc(c.words, func(o Word) bool { return o.ID == w.ID }) != i {
		wrong("id", "lexicon.issue.id_twice")
	}
	guard := slices.Contains(judge.Guards(), w.Category)
	switch {
	case guard:
		note("category", "lexicon.issue.guard")
	case !slices.Contains(judge.Categories(), w.Category):
		wrong("category", "lexicon.issue.category", "category", string(w.Category))
	case w.Level < judge.Caution || w.Level > judge.Emergency:
		wrong("level", "lexicon.issue.level")
	}
	if w.Weight < 0 || w.Weight > 1 {
		wrong("weight", "lexicon.issue.weight")
	}
	c.texts(w, wrong)
	if w.Off {
		return // whatever else is wrong, it can be switched off
	}
	if err := c.forms.Check(w.Entry); err != nil {
		wrong("forms", "lexicon.issue.pattern", "why", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	c.sound(w, wrong, note)
	c.twins(i, w, wrong, note)
	if !w.Category.IsGuard() { // a reason not to act may well be something ordinary
		innocent(c.ordinary, c.own[i], w, wrong)
	}
}

func issue(id, field, key string, warning bool, args []string) Issue {
	x := Issue{ID: id, Field: field, Key: key, Warning: warning}
	for k := 0; k+1 < len(args); k += 2 {
		if x.Args == nil {
			x.Args = map[string]string{}
		}
		x.Args[args[k]] = args[k+1]
	}
	return x
}

// texts checks how a word is written.
func (c *checker) texts(w Word, wrong func(field, key string, args ...string)) {
	if w.Surface == "" && w.Reading == "" {
		wrong("surface", "lexicon.issue.empty")
	}
	for _, f := range []struct {
		field string
		texts []string
		most  int
	}{
		{"surface", []string{w.Surface}, longestText}, {"reading", []string{w.Reading}, 4 * longestText}, {"forms", w.Forms, longestText},
		{"negations", w.Negations, longestText}, {"note", []string{w.Note, w.Dialect, w.Style, w.Target}, longestNote}, {"guards", w.Guards, longestText},
	} {
		if len(f.texts) > mostForms {
			wrong(f.field, "lexicon.issue.many_forms", "n", fmt.Sprint(mostForms))
		}
		for _, s := range f.texts {
			n := utf8.RuneCountInString(s)
			switch {
			case n > f.most:
				wrong(f.field, "lexicon.issue.long", "n", fmt.Sprint(f.most))
			case strings.ContainsFunc(s, unicode.IsControl), strings.ContainsAny(s, "、;；") && f.field != "note", s != "" && strings.ContainsRune("=+-@", rune(s[0])):
				wrong(f.field, "lexicon.issue.characters", "text", s)
			case s != "" && (f.field == "surface" || f.field == "forms") && len(text.Fold(s).Runes) < 2 && !strings.Contains(s, "<"):
				wrong(f.field, "lexicon.issue.letters", "text", s)
			}
		}
	}
}

// sound checks how a word is heard.
func (c *checker) sound(w Word, wrong, note func(field, key string, args ...string)) {
	field, spoken := "reading", w.Spoken()
	if w.Reading == "" {
		field = "surface"
	}
	if spoken == "" {
		if w.Surface != "" {
			note("reading", "lexicon.issue.unheard")
		}
		return
	}
	s, err := text.Sounds(spoken)
	switch {
	case errors.Is(err, text.ErrNoKana):
		wrong(field, "lexicon.issue.kana", "text", spoken)
	case errors.Is(err, text.ErrLong):
		wrong(field, "lexicon.issue.reading_long", "n", fmt.Sprint(text.MaxReading))
	case err != nil:
		wrong(field, "lexicon.issue.silent", "text", spoken)
	case text.Phonemes(s) < text.ShortReading:
		note(field, "lexicon.issue.short", "n", fmt.Sprint(text.Phonemes(s)), "least", fmt.Sprint(text.ShortReading))
	}
}

// twins looks for the same word elsewhere.
func (c *checker) twins(i int, w Word, wrong, note func(field, key string, args ...string)) {
	me := c.own[i]
	for k, o := range c.own {
		if k != i && !c.words[k].Off && o.id != w.ID && me.alike(o) {
			wrong("surface", "lexicon.issue.twin", "id", o.id, "text", o.surface)
			break
		}
	}
	for _, o := range c.shipped {
		if me.alike(o) {
			note("surface", "lexicon.issue.shipped", "id", o.id, "text", o.surface)
			break
		}
	}
}

// innocent looks for a word in what everybody says.
func innocent(ordinary []heard, me heard, w Word, wrong func(field, key string, args ...string)) {
	keys := []string{me.key}
	for _, f := range w.Forms {
		keys = append(keys, text.Key(f))
	}
	for _, p := range ordinary {
		if me.sounds != nil && text.Contains(p.sounds, me.sounds) {
			wrong("reading", "lexicon.issue.innocent", "text", p.surface)
			return
		}
		for _, k := range keys {
			if utf8.RuneCountInString(k) > 1 && strings.Contains(p.key, k) {
				wrong("surface", "lexicon.issue.innocent", "text", p.surface)
				return
			}
		}
	}
}
