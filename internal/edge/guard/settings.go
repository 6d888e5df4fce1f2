package guard

import (
	"time"

	"commusafe/internal/course"
	"commusafe/internal/folder"
)

// WriteSettings writes the settings line; it must come before any evidence.
func (g *Guard) WriteSettings(program string) error {
	_, err := g.Journal.Append(g.now(), time.Now(), folder.KindSettings, course.SettingsLine{Program: program, Rules: g.Policy.Around(g.Began),
		Thresholds: g.Judge.Thresholds, Lexicon: g.Judge.Version(), Own: g.Judge.Own(), Trade: g.Judge.Trade(), Can: g.Line.Can(), CutsToday: g.CutsToday, Desk: g.Policy.DeskFrom(g.Began)})
	return err
}
