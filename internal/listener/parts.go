package listener

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"commusafe/internal/listener/builtin"
	"commusafe/internal/listener/hear"
)

// engines are the spotters by the name they have in the configuration.
func engines() map[string]func() (hear.PhraseSpotter, error) {
	return map[string]func() (hear.PhraseSpotter, error){
		"builtin": openBuiltin,
	}
}

func openBuiltin() (hear.PhraseSpotter, error) {
	n, err := builtin.Load()
	if err != nil {
		return nil, fmt.Errorf("built-in net: %w", err)
	}
	g, err := builtin.LoadGist()
	if err != nil {
		return nil, fmt.Errorf("built-in gist: %w", err)
	}
	return builtin.NewSpotter(n).WithGist(g)
}

// openEngine opens the engine with a name of the configuration.
func openEngine(name string) (hear.PhraseSpotter, error) {
	open, ok := engines()[name]
	if !ok {
		known := slices.Sorted(maps.Keys(engines()))
		return nil, fmt.Errorf("hearing engine %q is not known (known: %s)", name, strings.Join(known, ", "))
	}
	return open()
}
