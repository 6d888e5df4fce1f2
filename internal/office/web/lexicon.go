package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"

	"commusafe/internal/judge"
	"commusafe/internal/office/lexicon"
	"commusafe/internal/text"
)

func wordView(w lexicon.Word) LexiconWord {
	v := LexiconWord{ID: w.ID, Category: w.Category, Surface: w.Surface, Reading: w.Reading, Level: w.Level, Forms: w.Forms, Negations: w.Negations,
		Weight: w.Weight, Dialect: w.Dialect, Target: w.Target, Style: w.Style, Guards: w.Guards, Note: w.Note, Off: w.Off}
	if s, err := text.Sounds(w.Spoken()); err == nil {
		v.Phonemes = text.Phonemes(s)
	}
	return v
}

func (w LexiconWord) word() lexicon.Word {
	return lexicon.Word{Category: w.Category, Entry: judge.Entry{ID: w.ID, Surface: w.Surface, Reading: w.Reading, Level: w.Level, Forms: w.Forms,
		Negations: w.Negations, Weight: w.Weight, Dialect: w.Dialect, Target: w.Target, Style: w.Style, Guards: w.Guards, Note: w.Note, Off: w.Off}}
}

func wordViews(words []lexicon.Word) []LexiconWord {
	out := []LexiconWord{}
	for _, w := range words {
		out = append(out, wordView(w))
	}
	return out
}

func (c LexiconChange) change() lexicon.Change {
	out := lexicon.Change{Version: c.Version, Remove: c.Remove, Trade: c.Trade}
	for _, w := range c.Put {
		out.Put = append(out.Put, w.word())
	}
	return out
}

func previewView(p lexicon.Preview) LexiconPreview {
	v := LexiconPreview{Added: wordViews(p.Added), Changed: []LexiconChanged{}, Removed: wordViews(p.Removed), Trade: filled(p.Trade), Issues: []LexiconIssue{}, Wrong: p.Wrong()}
	for _, before := range p.Changed {
		for _, w := range p.Words {
			if w.ID == before.ID {
				v.Changed = append(v.Changed, LexiconChanged{wordView(before), wordView(w)})
			}
		}
	}
	for _, i := range p.Issues {
		v.Issues = append(v.Issues, LexiconIssue(i))
	}
	return v
}

func (s *Server) getLexicon(ctx context.Context, _ *none) (*body[LexiconView], error) {
	v, err := s.Lexicon.Current(ctx)
	if err != nil {
		return nil, err
	}
	return s.lexiconAnswer(ctx, v)
}

func (s *Server) lexiconAnswer(ctx context.Context, v lexicon.Version) (*body[LexiconView], error) {
	n, err := s.Staff.Names(ctx)
	if err != nil {
		return nil, err
	}
	in := s.Settings.Snapshot().Lexicon
	out := LexiconView{Version: v.Version, Author: n[v.Author], At: v.At, InForce: in.Name(), Trouble: s.Settings.LexiconTrouble(), Own: wordViews(v.Words), Shipped: []ShippedWord{}, Trade: []TradePack{}}
	for _, sheet := range in.Sheets {
		for _, e := range sheet.Entries {
			out.Shipped = append(out.Shipped, ShippedWord{e.ID, sheet.Category, cmp.Or(e.Surface, e.Note), e.Reading, e.Level})
		}
	}
	for _, p := range s.Lexicon.Shipped.Packs {
		out.Trade = append(out.Trade, packView(p, slices.Contains(v.Trade, p.Name)))
	}
	return &body[LexiconView]{out}, nil
}

func packView(p judge.Pack, chosen bool) TradePack {
	v := TradePack{Name: p.Name, Chosen: chosen, Words: []TradeWord{}}
	for _, e := range p.Entries {
		v.Words = append(v.Words, TradeWord{e.ID, e.Surface, e.Note, filled(e.Forms)})
	}
	return v
}

func (s *Server) checkLexicon(ctx context.Context, in *body[LexiconChange]) (*body[LexiconPreview], error) {
	p, err := s.Lexicon.Try(ctx, in.Body.change())
	return &body[LexiconPreview]{previewView(p)}, err
}

func (s *Server) putLexicon(ctx context.Context, in *body[LexiconChange]) (*body[LexiconView], error) {
	v, err := s.Lexicon.Change(ctx, who(ctx), in.Body.change())
	if wrong, ok := errors.AsType[lexicon.ErrIssues](err); ok {
		return nil, lexiconProblem(wrong.Issues)
	}
	if err != nil {
		return nil, err
	}
	return s.lexiconAnswer(ctx, v)
}

// lexiconProblem says where words can't be used.
func lexiconProblem(issues []lexicon.Issue) *Problem {
	p := problem(http.StatusUnprocessableEntity, "error.lexicon", "")
	for _, i := range issues {
		if !i.Warning {
			p.Fields = append(p.Fields, ProblemField{Path: i.ID + "." + i.Field, MessageKey: i.Key})
		}
	}
	return p
}

func (s *Server) importLexicon(ctx context.Context, in *body[LexiconTable]) (*body[LexiconImport], error) {
	c, p, err := s.Lexicon.Import(ctx, in.Body.Table, in.Body.Replace)
	return &body[LexiconImport]{LexiconImport{LexiconChange{Version: c.Version, Put: wordViews(c.Put), Remove: c.Remove}, previewView(p)}}, err
}

func (s *Server) exportLexicon(ctx context.Context, _ *none) (func(http.ResponseWriter, *http.Request), error) {
	table, err := s.Lexicon.Export(ctx)
	if err != nil {
		return nil, err
	}
	return csvFile("lexicon.csv", table), nil
}

// csvFile answers with a table to be saved.
func csvFile(name string, table []byte) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
		_, _ = w.Write(table) // a browser that is gone needs none
	}
}
