package bench

import (
	"commusafe/internal/judge"
	"commusafe/internal/listener/builtin"
)

// Versions names what the results depend on beside the program.
func Versions() (map[string]string, error) {
	l, err := judge.ShippedLexicon()
	return map[string]string{"lexicon": l.Version, "thresholds": "shipped", "rules": "shipped", "net": builtin.Source}, err
}
