package judge

import "testing"

// Whatever is in a file of a pack and whatever is said, the pack can be used or is an error, and it only takes away.
func FuzzPack(f *testing.F) {
	f.Add("name: it\ncategory: G-BUS\nunless: ['お前']\nentries:\n  - {id: T-1, surface: プロセスを殺す, forms: ['(親|子) (殺|死)……(か|ね)$']}\n", "親プロセスを殺すぞ、殺してやる。お前を殺す")
	f.Add("name: it\ncategory: ABUSE\nentries: []\n", "")
	f.Add("name: it\ncategory: G-BUS\nentries:\n  - {id: ABUSE-1, surface: 殺す}\n", "殺す")
	sheets := []Sheet{{Category: Threat, Entries: []Entry{{ID: "ABUSE-1", Surface: "殺す", Forms: []string{"殺…(ぞ|やる)$"}, Level: Emergency}}},
		{Category: GCrisis, Entries: []Entry{{ID: "CRISIS-1", Surface: "死にたい"}}}}
	without, err := NewRules(Lexicon{Version: "v", Sheets: sheets}, ShippedThresholds())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, file, text string) {
		p, err := ParsePack([]byte(file))
		if err != nil {
			return
		}
		with, err := NewRules(Lexicon{Version: "v", Sheets: sheets, Packs: []Pack{p}, Trade: []string{p.Name}}, ShippedThresholds())
		if err != nil {
			return
		}
		if was, is := alone(without, text), alone(with, text); is.Level > was.Level {
			t.Errorf("was %s and is %s: %+v", was.Level, is.Level, is)
		}
	})
}
