package main

import (
	"fmt"
	"strings"

	"commusafe/internal/judge"
)

// packsNamed gives the packs of trades that somebody has named: all for every one, none for none.
func packsNamed(names []string) ([]string, error) {
	l, err := judge.ShippedLexicon()
	if err != nil {
		return nil, err
	}
	var all []string
	for _, p := range l.Packs {
		all = append(all, p.Name)
	}
	switch {
	case len(names) == 1 && names[0] == "all":
		return all, nil
	case len(names) == 1 && names[0] == "none":
		return []string{}, nil
	}
	for _, name := range names {
		if _, ok := l.Pack(name); !ok {
			return nil, fmt.Errorf("%w: no pack of a trade is called %q; there are %s", errUsage, name, strings.Join(all, ", "))
		}
	}
	return names, nil
}
