package replaytest

import "commusafe/internal/judge"

// Lexicon is a small lexicon with packs of two trades: rules of it are made in no time.
func Lexicon() judge.Lexicon {
	pack := func(name, surface string) judge.Pack {
		return judge.Pack{Name: name, Sheet: judge.Sheet{Category: judge.GBus, Entries: []judge.Entry{{ID: "TRADE-" + name, Surface: surface}}}}
	}
	return judge.Lexicon{Version: "small/1", Sheets: []judge.Sheet{
		{Category: judge.Threat, Entries: []judge.Entry{{ID: "T-1", Surface: "殺す", Level: judge.Emergency}}},
		{Category: judge.Disrupt, Entries: []judge.Entry{{ID: "D-1", Surface: "サーバーを落と", Level: judge.Warning}}}},
		Packs: []judge.Pack{pack("home", "ハチを殺す"), pack("it", "サーバーを落と")}}
}
