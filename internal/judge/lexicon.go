package judge

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"commusafe/internal/text"
	"commusafe/internal/yamlfile"
)

// An Entry is one expression that the judge knows, with its readings for the spotter and its forms for text.
type Entry struct {
	ID      string `json:"id" yaml:"id"`
	Surface string `json:"surface" yaml:"surface"`
	// Reading is the kana that the phrase spotter listens for; empty for entries that only text can show.
	Reading string `json:"reading,omitempty" yaml:"reading,omitempty"`
	// Forms are further ways to write it. " " stands for up to three letters in between, "…" for up to eight, "……" for
	// up to 24; (a|b) for either; <class> and <class:form> for the words of a class; ^ and $ for the ends of a phrase.
	Forms   []string `json:"forms,omitempty" yaml:"forms,omitempty"`
	Dialect string   `json:"dialect,omitempty" yaml:"dialect,omitempty"`
	Target  string   `json:"target,omitempty" yaml:"target,omitempty"` // agent (default), company, any
	// Weight says how much the entry is worth by itself, above 0 to 1 (0 means 1). The lower it is, the more the
	// statistics of the utterance must agree; see needs and full, and of a crisis hintAt and alarmAt.
	Weight float64 `json:"weight,omitempty" yaml:"weight,omitempty"`
	// Heard marks what only the spotter listens for, where rules and statistics find the written words.
	Heard bool `json:"heard,omitempty" yaml:"heard,omitempty"`
	// Off keeps an entry of the centre's own without its being in force.
	Off bool `json:"off,omitempty" yaml:"off,omitempty"`
	// Level is None for guards; of a shipped crisis S2 says that people are told of it without an alarm.
	Level Level  `json:"level" yaml:"level"`
	Style string `json:"style,omitempty" yaml:"style,omitempty"` // plain, polite
	// Negations are forms in whose presence the entry does not count.
	Negations []string `json:"negations,omitempty" yaml:"negations,omitempty"`
	Guards    []string `json:"guards,omitempty" yaml:"guards,omitempty"` // guard codes that put it aside in the same utterance
	// From names the lines of the seed that the entry was taken from. It is left out where those are the test.
	From []string `json:"from,omitempty" yaml:"from,omitempty"`
	Note string   `json:"note,omitempty" yaml:"note,omitempty"`
}

// Spoken gives the kana that is listened for: the reading, or the entry itself where it is written in kana; empty for an
// entry that only text can show.
func (e Entry) Spoken() string {
	if e.Reading == "" && text.InKana(e.Surface) {
		return e.Surface
	}
	return e.Reading
}

// A Sheet is all entries of one category: one file of the lexicon.
type Sheet struct {
	Category Category `json:"category" yaml:"category"`
	// Unless are forms in whose presence no entry of the sheet counts.
	Unless  []string `json:"unless,omitempty" yaml:"unless,omitempty"`
	Entries []Entry  `json:"entries" yaml:"entries"`
}

// A Lexicon is all the expressions the judge knows: the shipped sheets, the packs of trades with those that the centre has
// chosen, and what the centre has added.
type Lexicon struct {
	Version string  `json:"version"` // of the shipped sheets
	Classes []Class `json:"classes,omitempty"`
	Cues    []Cue   `json:"cues,omitempty"`
	Sheets  []Sheet `json:"sheets"`
	// Packs are all that come with the sheets; Trade are the names of those in force, in order.
	Packs []Pack   `json:"packs,omitempty"`
	Trade []string `json:"trade,omitempty"`
	Own   Own      `json:"own,omitzero"`
}

// An Own is what a centre has added to the shipped lexicon, as far as it is in force. Version grows with each change.
type Own struct {
	Version int64   `json:"version,omitempty"`
	Sheets  []Sheet `json:"sheets,omitempty"`
}

// With gives the lexicon with what a centre has added. What is switched off is left out, and so is what is for people
// only: the rest goes to every edge and into every call's journal.
func (l Lexicon) With(own Own) Lexicon {
	l.Own = Own{}
	for _, s := range own.Sheets {
		in := Sheet{Category: s.Category, Unless: s.Unless}
		for _, e := range s.Entries {
			if !e.Off {
				e.Note, e.From = "", nil
				in.Entries = append(in.Entries, e)
			}
		}
		if len(in.Entries) > 0 {
			l.Own.Version, l.Own.Sheets = own.Version, append(l.Own.Sheets, in)
		}
	}
	return l
}

// All gives the shipped sheets, then those of the packs in force, then the centre's own.
func (l Lexicon) All() []Sheet { return slices.Concat(l.Sheets, l.chosen(), l.Own.Sheets) }

// Name names what is in force: shipped/16, or shipped/16 own/7 trade/finance+medical with entries of the centre and packs.
func (l Lexicon) Name() string {
	name := l.Version
	if l.Own.Version != 0 {
		name += fmt.Sprintf(" own/%d", l.Own.Version)
	}
	if len(l.Trade) > 0 {
		name += " trade/" + strings.Join(l.Trade, "+")
	}
	return name
}

// Without gives the lexicon that would be there if some lines of the seed had never been seen.
func (l Lexicon) Without(lines map[string]bool) Lexicon {
	seen := func(from []string) bool { return slices.ContainsFunc(from, func(id string) bool { return lines[id] }) }
	out := Lexicon{Version: l.Version, Cues: l.Cues, Packs: l.Packs, Trade: l.Trade}
	for _, c := range l.Classes {
		if seen(c.From) {
			c.Words, c.Verbs = nil, nil // the name stays, since patterns may use it
		}
		out.Classes = append(out.Classes, c)
	}
	for _, s := range l.Sheets {
		s.Entries = slices.DeleteFunc(slices.Clone(s.Entries), func(e Entry) bool { return seen(e.From) })
		out.Sheets = append(out.Sheets, s)
	}
	return out
}

//go:embed lexicon/*.yaml lexicon/trade/*.yaml
var shipped embed.FS

// ShippedLexicon is the lexicon that comes with the product.
func ShippedLexicon() (Lexicon, error) {
	dir, err := fs.Sub(shipped, "lexicon")
	if err != nil {
		return Lexicon{}, err
	}
	l, err := ReadLexicon(dir, "shipped/16")
	if err != nil {
		return l, fmt.Errorf("lexicon: %w", err)
	}
	return l, nil
}

// ParseSheet reads one category's file. An unknown key is an error with its line.
func ParseSheet(b []byte) (Sheet, error) {
	var s Sheet
	err := yamlfile.Decode(b, &s)
	return s, err
}

// ParseClasses reads the file of classes. An unknown key is an error with its line.
func ParseClasses(b []byte) ([]Class, error) {
	var c struct {
		Classes []Class `yaml:"classes"`
	}
	err := yamlfile.Decode(b, &c)
	return c.Classes, err
}

// Check tells the first thing that is wrong with a lexicon, by entry.
func (l Lexicon) Check() error {
	if err := l.checkPacks(); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, s := range l.All() {
		if !slices.Contains(Categories(), s.Category) && !slices.Contains(Guards(), s.Category) {
			return fmt.Errorf("lexicon: category %q is not known", s.Category)
		}
		for i, e := range s.Entries {
			switch {
			case e.ID == "":
				return fmt.Errorf("lexicon %s: entry %d has no id", s.Category, i+1)
			case seen[e.ID]:
				return fmt.Errorf("lexicon %s: id %s is used twice", s.Category, e.ID)
			case e.Surface == "" && len(e.Forms) == 0 && e.Reading == "":
				return fmt.Errorf("lexicon %s: entry %s has neither surface, forms nor reading", s.Category, e.ID)
			case e.Heard && (e.Reading == "" || len(e.Forms) > 0):
				return fmt.Errorf("lexicon %s: entry %s is heard only: it needs a reading and can have no forms", s.Category, e.ID)
			case e.Weight < 0 || e.Weight > 1:
				return fmt.Errorf("lexicon %s: entry %s: weight %v is not between 0 and 1", s.Category, e.ID, e.Weight)
			case !s.Category.IsGuard() && (e.Level < Caution || e.Level > Emergency):
				return fmt.Errorf("lexicon %s: entry %s needs a level from S1 to S4", s.Category, e.ID)
			case s.Category == GCrisis && e.Level != None && e.Level != Warning && e.Level != Emergency:
				return fmt.Errorf("lexicon %s: entry %s: its level is S4, an alarm, which is so without being written, or S2, by which people are told", s.Category, e.ID)
			}
			for _, f := range append([]string{e.Surface}, e.Forms...) {
				if n := len(text.Fold(f).Runes); f != "" && n < 2 && !strings.Contains(f, "<") {
					return fmt.Errorf("lexicon %s: entry %s: %q is too short to be told from other words", s.Category, e.ID, f)
				}
			}
			seen[e.ID] = true
		}
	}
	return nil
}

// Readings gives what a phrase spotter listens for: entry IDs with their kana, in the lexicon's order.
func (l Lexicon) Readings() []Reading {
	var out []Reading
	for _, s := range l.All() {
		for _, e := range s.Entries {
			kana := e.Spoken()
			if kana == "" {
				continue
			}
			r := Reading{ID: e.ID, Kana: kana}
			if e.Heard {
				r.Least = heardFloor
			}
			out = append(out, r)
		}
	}
	return out
}

// A Reading is one phrase for the spotter.
type Reading struct {
	ID    string
	Kana  string
	Least float64 // confidence from which it is worth telling, 0–1
}
