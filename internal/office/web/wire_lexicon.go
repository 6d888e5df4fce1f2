package web

import (
	"time"

	"commusafe/internal/judge"
)

// A LexiconWord is an entry of the centre's own.
type LexiconWord struct {
	ID        string         `json:"id,omitempty" maxLength:"40" doc:"Empty for a new one."`
	Category  judge.Category `json:"category"`
	Surface   string         `json:"surface" maxLength:"400" doc:"As it is written; kana, or kanji with a reading."`
	Reading   string         `json:"reading,omitempty" maxLength:"400" doc:"Kana that the built-in engine listens for."`
	Level     judge.Level    `json:"level" doc:"S0 for what holds actions back."`
	Forms     []string       `json:"forms,omitempty" maxItems:"50" doc:"Further ways to write it."`
	Negations []string       `json:"negations,omitempty" maxItems:"50" doc:"Forms in whose presence it doesn't count."`
	Weight    float64        `json:"weight,omitempty" doc:"Above 0 to 1; 0 means 1."`
	Dialect   string         `json:"dialect,omitempty" maxLength:"400"`
	Target    string         `json:"target,omitempty" maxLength:"400"`
	Style     string         `json:"style,omitempty" maxLength:"400"`
	Guards    []string       `json:"guards,omitempty" maxItems:"50"`
	Note      string         `json:"note,omitempty" maxLength:"400"`
	Off       bool           `json:"off,omitempty" doc:"Kept, but not in force."`
	// Phonemes is how much there is to be heard.
	Phonemes int `json:"phonemes,omitempty" readOnly:"true" doc:"Of the reading; 0 is not listened for, under 9 it needs a second cue."`
}

// A ShippedWord is an entry that comes with the product. Surface is its note where it has forms only.
type ShippedWord struct {
	ID       string         `json:"id"`
	Category judge.Category `json:"category"`
	Surface  string         `json:"surface"`
	Reading  string         `json:"reading,omitempty"`
	Level    judge.Level    `json:"level"`
}

// A LexiconView is all expressions: the centre's own, and the shipped ones, which can't be changed.
type LexiconView struct {
	Version int64         `json:"version"`
	Author  string        `json:"author,omitempty" doc:"Name; empty while nobody has added a word."`
	At      time.Time     `json:"at,omitzero"`
	InForce string        `json:"in_force" doc:"Version of the expressions in force."`
	Trouble string        `json:"trouble,omitempty" doc:"Why the newest words are not in force, and where; those before them are."`
	Own     []LexiconWord `json:"own"`
	Shipped []ShippedWord `json:"shipped"`
	Trade   []TradePack   `json:"trade" doc:"The packs of trades: all that there are."`
}

// A TradePack is the words of one trade that sound like harassment elsewhere. They come with the product and can't be changed.
type TradePack struct {
	Name   string      `json:"name" doc:"Its words for people are in the text catalogue below trade."`
	Chosen bool        `json:"chosen" doc:"By the centre, in the newest version."`
	Words  []TradeWord `json:"words"`
}

// A TradeWord is an entry of a pack.
type TradeWord struct {
	ID      string   `json:"id"`
	Surface string   `json:"surface"`
	Note    string   `json:"note,omitempty"`
	Forms   []string `json:"forms" doc:"Further ways in which it is found."`
}

// A LexiconChange adds words, puts them in the place of those with the same ID, and removes words.
type LexiconChange struct {
	Version int64         `json:"version" doc:"The one that was read."`
	Put     []LexiconWord `json:"put,omitempty" maxItems:"1000"`
	Remove  []string      `json:"remove,omitempty" maxItems:"1000"`
	Trade   *[]string     `json:"trade,omitempty" maxItems:"50" doc:"Names of the packs of trades to be in force, in the place of those that are; absent: those."`
}

// A LexiconIssue is something wrong with a word, or that a person should know of it.
type LexiconIssue struct {
	ID      string            `json:"id,omitempty"`
	Line    int               `json:"line,omitempty" doc:"Of an imported table."`
	Field   string            `json:"field,omitempty"`
	Key     string            `json:"key" doc:"Key of the text catalogue."`
	Args    map[string]string `json:"args,omitempty"`
	Warning bool              `json:"warning" doc:"It may be saved all the same."`
}

// A LexiconChanged is a word as it was and as it would be.
type LexiconChanged struct {
	Before LexiconWord `json:"before"`
	After  LexiconWord `json:"after"`
}

// A LexiconPreview is what would come of a change. Nothing has been changed.
type LexiconPreview struct {
	Added   []LexiconWord    `json:"added"`
	Changed []LexiconChanged `json:"changed"`
	Removed []LexiconWord    `json:"removed"`
	Trade   []string         `json:"trade" doc:"The packs of trades that would be in force."`
	Issues  []LexiconIssue   `json:"issues"`
	Wrong   bool             `json:"wrong" doc:"It can't be saved like this."`
}

// A LexiconTable is a table of words (CSV, UTF-8) to be looked at.
type LexiconTable struct {
	Table   []byte `json:"table" maxLength:"900000" doc:"The file."`
	Replace bool   `json:"replace,omitempty" doc:"Words that the table lacks are removed."`
}

// A LexiconImport is the change that a table makes, to be put when a person agrees.
type LexiconImport struct {
	Change  LexiconChange  `json:"change"`
	Preview LexiconPreview `json:"preview"`
}
