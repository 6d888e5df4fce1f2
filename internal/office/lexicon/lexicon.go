// Package lexicon keeps what the centre has added to the shipped lexicon, in versions, and says what is wrong with it
// before it is in force.
//
// Owns: the centre's own words and their versions, the checks before saving, tables in and out.
// Never: judging, SQL, HTTP; changing what is shipped.
// Goroutines: none.
//
// Flow: a supervisor puts a change → Try shows what comes of it and all that is wrong → Change makes a version →
// settings.Keeper publishes the snapshot → edges judge their next calls by it, listeners listen for it.
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
	"time"

	"commusafe/internal/judge"
	"commusafe/internal/office/staff"
)

// A Word is an entry of the centre's own with its category.
type Word struct {
	Category judge.Category `json:"category"`
	judge.Entry
}

// A Version is one state of the centre's own words and of the packs of trades that it has chosen. The zero one is what is
// shipped: none.
type Version struct {
	Version int64
	Author  staff.ID
	At      time.Time
	Words   []Word
	Trade   []string // names of packs, in order
}

// Own gives the words as the judge wants them, switched off or not.
func (v Version) Own() judge.Own {
	own := judge.Own{Version: v.Version}
	for _, w := range v.Words {
		i := slices.IndexFunc(own.Sheets, func(s judge.Sheet) bool { return s.Category == w.Category })
		if i < 0 {
			own.Sheets, i = append(own.Sheets, judge.Sheet{Category: w.Category}), len(own.Sheets)
		}
		own.Sheets[i].Entries = append(own.Sheets[i].Entries, w.Entry)
	}
	return own
}

// A Store keeps versions. PutLexicon gives false when somebody else has put that version meanwhile.
type Store interface {
	PutLexicon(ctx context.Context, v Version, d staff.Deed) (bool, error)
	LastLexicon(ctx context.Context) (Version, error)
}

// ErrVersion says that somebody else has changed the lexicon.
var ErrVersion = errors.New("somebody else has changed the lexicon")

// An ErrIssues says why a change can't be put in force.
type ErrIssues struct{ Issues []Issue }

// Error names the first one.
func (e ErrIssues) Error() string {
	for _, i := range e.Issues {
		if !i.Warning {
			return fmt.Sprintf("the lexicon can't be saved: entry %q, %s", i.ID, i.Key)
		}
	}
	return "the lexicon can't be saved"
}

// A Book is the centre's own words.
type Book struct {
	Store   Store
	Shipped judge.Lexicon
	Changed func() // called after each change
}

// Current gives the words of the newest version.
func (b *Book) Current(ctx context.Context) (Version, error) {
	v, err := b.Store.LastLexicon(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return Version{}, nil
	}
	return v, err
}

// InForce gives the shipped lexicon with the centre's own words and the packs that it has chosen.
func (b *Book) InForce(ctx context.Context) (judge.Lexicon, error) {
	v, err := b.Current(ctx)
	return b.Shipped.With(v.Own()).Trading(v.Trade), err
}

// A Change is what somebody wants to be otherwise. Version is the one that was read.
type Change struct {
	Version int64
	Put     []Word    // added, or in the place of the word with the same ID; an empty ID gets one
	Remove  []string  // IDs
	Trade   *[]string // names of the packs to be in force; nil: those that are
}

// A Preview is what comes of a change.
type Preview struct {
	Words                   []Word // all, as they would be
	Added, Changed, Removed []Word // Removed and Changed as they were
	Trade, TradeBefore      []string
	Issues                  []Issue
}

// Wrong tells whether something stands in the way of saving.
func (p Preview) Wrong() bool {
	return slices.ContainsFunc(p.Issues, func(i Issue) bool { return !i.Warning })
}

// Try tells what would come of a change. Nothing is changed.
func (b *Book) Try(ctx context.Context, c Change) (Preview, error) {
	old, err := b.Current(ctx)
	if err != nil {
		return Preview{}, err
	}
	if c.Version != old.Version {
		return Preview{}, ErrVersion
	}
	return b.preview(old, c), nil
}

func (b *Book) preview(old Version, c Change) Preview {
	p := Preview{Words: slices.Clone(old.Words), Trade: old.Trade, TradeBefore: old.Trade}
	if c.Trade != nil {
		p.Trade = slices.Compact(slices.Sorted(slices.Values(*c.Trade)))
	}
	for _, name := range p.Trade {
		if _, ok := b.Shipped.Pack(name); !ok {
			p.Issues = append(p.Issues, Issue{Field: "trade", Key: "lexicon.issue.trade", Args: map[string]string{"name": name}})
		}
	}
	for _, id := range c.Remove {
		i := slices.IndexFunc(p.Words, func(w Word) bool { return w.ID == id })
		if i < 0 {
			p.Issues = append(p.Issues, Issue{ID: id, Key: "lexicon.issue.unknown"})
			continue
		}
		p.Removed = append(p.Removed, p.Words[i])
		p.Words = slices.Delete(p.Words, i, i+1)
	}
	var put []string
	for n, w := range c.Put {
		w = tidy(w)
		if w.ID == "" {
			w.ID = fmt.Sprintf("OWN-%d", old.Version+1)
			if len(c.Put) > 1 {
				w.ID = fmt.Sprintf("OWN-%d-%d", old.Version+1, n+1)
			}
		}
		i := slices.IndexFunc(p.Words, func(o Word) bool { return o.ID == w.ID })
		switch {
		case slices.Contains(put, w.ID):
			p.Issues = append(p.Issues, Issue{ID: w.ID, Field: "id", Key: "lexicon.issue.id_twice"})
		case i < 0:
			p.Added, p.Words = append(p.Added, w), append(p.Words, w)
		case !reflect.DeepEqual(p.Words[i], w):
			p.Changed = append(p.Changed, p.Words[i])
			p.Words[i] = w
		}
		put = append(put, w.ID)
	}
	p.Issues = append(p.Issues, b.check(p.Words, put)...)
	return p
}

// tidy brings a word into the form in which it is kept.
func tidy(w Word) Word {
	trim := func(list []string) []string {
		var out []string
		for _, s := range list {
			if s = strings.TrimSpace(s); s != "" {
				out = append(out, s)
			}
		}
		return out
	}
	w.ID, w.Surface, w.Reading, w.Note = strings.TrimSpace(w.ID), strings.TrimSpace(w.Surface), strings.TrimSpace(w.Reading), strings.TrimSpace(w.Note)
	w.Forms, w.Negations, w.From = trim(w.Forms), trim(w.Negations), nil
	if w.Category.IsGuard() {
		w.Level = judge.None
	}
	return w
}

// Change puts a change in force. What is wrong with it comes as ErrIssues; then nothing changes.
func (b *Book) Change(ctx context.Context, by staff.Person, c Change) (Version, error) {
	old, err := b.Current(ctx)
	if err != nil {
		return old, err
	}
	if c.Version != old.Version {
		return old, ErrVersion
	}
	p := b.preview(old, c)
	if p.Wrong() {
		return old, ErrIssues{p.Issues}
	}
	if len(p.Added)+len(p.Changed)+len(p.Removed) == 0 && slices.Equal(p.Trade, old.Trade) {
		return old, nil
	}
	next := Version{Version: old.Version + 1, Author: by.ID, At: time.Now().UTC().Truncate(time.Millisecond), Words: p.Words, Trade: p.Trade}
	ok, err := b.Store.PutLexicon(ctx, next, by.By("trail.lexicon", fmt.Sprint(next.Version), p.summary()))
	if err == nil && !ok {
		err = ErrVersion
	}
	if err != nil {
		return old, err
	}
	b.Changed()
	return next, nil
}

// longestSummary bounds what the trail says of a change, in letters; every version is kept whole beside it.
const longestSummary = 2000

// summary says what was changed: + added, ~ changed (as it is now), - removed.
func (p Preview) summary() string {
	var out []string
	tell := func(sign string, words []Word) {
		for _, w := range words {
			if i := slices.IndexFunc(p.Words, func(o Word) bool { return o.ID == w.ID }); i >= 0 {
				w = p.Words[i]
			}
			off := ""
			if w.Off {
				off = " off"
			}
			out = append(out, strings.TrimSpace(fmt.Sprintf("%s%s %s %s %s %s%s", sign, w.ID, w.Category, w.Level, w.Surface, w.Reading, off)))
		}
	}
	tell("+", p.Added)
	tell("~", p.Changed)
	tell("-", p.Removed)
	for _, name := range p.Trade {
		if !slices.Contains(p.TradeBefore, name) {
			out = append(out, "+trade "+name)
		}
	}
	for _, name := range p.TradeBefore {
		if !slices.Contains(p.Trade, name) {
			out = append(out, "-trade "+name)
		}
	}
	s := []rune(strings.Join(out, "; "))
	if len(s) > longestSummary {
		s = append(s[:longestSummary], '…')
	}
	return string(s)
}

// Import reads a table and gives the change that it makes of the newest version, with all that is wrong by its line.
// With replace, words that the table lacks are removed.
func (b *Book) Import(ctx context.Context, table []byte, replace bool) (Change, Preview, error) {
	old, err := b.Current(ctx)
	if err != nil {
		return Change{}, Preview{}, err
	}
	c := Change{Version: old.Version}
	rows, bad := judge.ReadCSV(table)
	if len(rows) > mostRows {
		return c, Preview{Words: old.Words, Issues: []Issue{tooMany()}}, nil
	}
	lines := map[string]int{}
	var issues []Issue
	for _, e := range bad {
		issues = append(issues, Issue{Line: e.Line, Key: "lexicon.issue." + "csv_" + e.Why, Args: map[string]string{"cell": e.Cell}})
	}
	for _, r := range rows {
		if first, ok := lines[r.Entry.ID]; ok {
			issues = append(issues, Issue{ID: r.Entry.ID, Line: r.Line, Field: "id", Key: "lexicon.issue.id_twice_line", Args: map[string]string{"line": fmt.Sprint(first)}})
			continue
		}
		lines[r.Entry.ID] = r.Line
		c.Put = append(c.Put, Word{Category: r.Category, Entry: r.Entry})
	}
	if replace {
		for _, w := range old.Words {
			if _, there := lines[w.ID]; !there {
				c.Remove = append(c.Remove, w.ID)
			}
		}
	}
	p := b.preview(old, c)
	for i := range p.Issues {
		p.Issues[i].Line = lines[p.Issues[i].ID]
	}
	p.Issues = append(issues, p.Issues...)
	slices.SortStableFunc(p.Issues, func(a, b Issue) int { return a.Line - b.Line })
	return c, p, nil
}

// Export gives the words as a table that Import reads back.
func (b *Book) Export(ctx context.Context) ([]byte, error) {
	v, err := b.Current(ctx)
	return judge.WriteCSV(v.Own().Sheets), err
}

// size is how much the words are in the snapshot for edges and listeners, in bytes.
func size(words []Word) int {
	j, err := json.Marshal(words)
	if err != nil {
		return mostBytes + 1
	}
	return len(j)
}
