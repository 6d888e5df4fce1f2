package judge

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/goccy/go-yaml"
)

// DecodeYAML reads a file of the centre. An unknown key is an error with its line; a file on which the parser breaks is an
// error too.
func DecodeYAML(b []byte, v any) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("not a YAML file that can be read: %v", p)
		}
	}()
	if err := yaml.NewDecoder(bytes.NewReader(b), yaml.Strict()).Decode(v); err != nil {
		return errors.New(yaml.FormatError(err, false, true))
	}
	return nil
}
