package judge

import (
	"errors"
	"fmt"
	"io/fs"
)

// ReadLexicon reads a directory of a lexicon: one YAML file a category, classes.yaml, cues.yaml, trade/ with the packs.
// Classes, cues or packs that are not there are the shipped ones. An error names the file.
func ReadLexicon(dir fs.FS, version string) (Lexicon, error) {
	l := Lexicon{Version: version}
	for name, parse := range map[string]func([]byte) error{
		"classes.yaml": func(b []byte) (err error) { l.Classes, err = ParseClasses(b); return err },
		"cues.yaml":    func(b []byte) (err error) { l.Cues, err = ParseCues(b); return err },
	} {
		b, err := fs.ReadFile(dir, name)
		if errors.Is(err, fs.ErrNotExist) {
			b, err = shipped.ReadFile("lexicon/" + name)
		}
		if err == nil {
			err = parse(b)
		}
		if err != nil {
			return l, fmt.Errorf("%s: %w", name, err)
		}
	}
	var err error
	if l.Packs, err = readPacks(dir); err != nil {
		return l, err
	}
	files, err := fs.Glob(dir, "*.yaml")
	if err != nil {
		return l, err
	}
	for _, f := range files {
		if f == "classes.yaml" || f == "cues.yaml" {
			continue
		}
		b, err := fs.ReadFile(dir, f)
		if err != nil {
			return l, err
		}
		s, err := ParseSheet(b)
		if err != nil {
			return l, fmt.Errorf("%s: %w", f, err)
		}
		l.Sheets = append(l.Sheets, s)
	}
	if len(l.Sheets) == 0 {
		return l, errors.New("no YAML file of a category is in it")
	}
	return l, l.Check()
}
